import { hasCode } from '../../core/errors.js';

/** SQLite's result code for a disk without space (https://sqlite.org/rescode.html#full). */
const sqliteFull = 13;

/** Whether a file or the database could not be written for want of space, or of quota: there may be room again later. */
export function isFullDisk(error: unknown): boolean {
  if (hasCode(error, 'ENOSPC', 'EDQUOT')) return true;
  return error instanceof Error && 'errcode' in error && error.errcode === sqliteFull;
}
