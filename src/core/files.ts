import { stat } from 'node:fs/promises';
import { UserError } from './errors.js';

/** What a person can do when the system refuses a file. */
const remedies: Readonly<Record<string, string>> = {
  ENOENT: 'is not there, or is a link that leads nowhere: put it there, or remove the link',
  EACCES: 'is closed to you: change its permissions',
  EPERM: 'is closed to you: change its permissions',
  EROFS: 'is on a disk that cannot be written: use a folder that can',
  ENOSPC: 'has no room left on its disk: make some',
  ENOTDIR: 'is no folder, or lies in something that is none: move that away',
  EISDIR: 'is a folder where a file is needed: move it away',
  ELOOP: 'is a link that leads in a circle: remove it',
};

/**
 * What the system's refusal of a file means to a person: a UserError of `what`, the file and the remedy. Any other error
 * comes back as it is.
 * @param what a sentence without its end: `The ledger cannot be written`
 */
export function fileError(what: string, error: unknown): unknown {
  if (!(error instanceof Error && 'code' in error && typeof error.code === 'string')) return error;
  const remedy = remedies[error.code];
  if (remedy === undefined) return error;
  // A write has no path in its error, only an open file.
  const file = 'path' in error && typeof error.path === 'string' ? error.path : 'The file';
  return new UserError(`${what}. ${file} ${remedy}.`, { cause: error });
}

export async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (about) => about.isDirectory(),
    () => false,
  );
}
