/** SQLite's result code for a disk without space (https://sqlite.org/rescode.html#full). */
const sqliteFull = 13;

/** Whether the database refused a write because the disk is full: it will take it when there is room again. */
export function isFullDisk(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === sqliteFull;
}
