import { zipSync, type Zippable } from 'fflate';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { isScript, withLineFeeds } from './lineEndings.js';
import type { SourceFile } from './sourceFiles.js';

export interface ZipArchive {
  readonly bytes: Uint8Array;
  /** SHA-256 of the zip in base64, Lambda's CodeSha256. */
  readonly sha256: string;
  /** Bytes of the files in it. */
  readonly unzipped: number;
  /** Path and SHA-256, in hex, of the files as they are shipped. */
  readonly contents: readonly { readonly path: string; readonly sha256: string }[];
}

/** A regular file that everyone may read: Lambda runs the code as a user of its own. */
const unixFile = { os: 3, attrs: 0o100_644 << 16 };

/**
 * A zip that depends on the paths and bytes of its files alone, scripts with LF line ends. It is deflated by fflate, not by
 * the zlib of the machine: Lambda names a zip by its compressed bytes, and the same files must have the same name everywhere.
 */
export async function packZip(files: readonly SourceFile[], signal: AbortSignal): Promise<ZipArchive> {
  // A zip's times have no time zone, so this one is 1980-01-01 00:00 wherever it is made.
  const mtime = new Date(1980, 0, 1);
  const entries: Zippable = {};
  const contents: { path: string; sha256: string }[] = [];
  let unzipped = 0;
  for (const { path, absolute } of files) {
    signal.throwIfAborted();
    const bytes = await readFile(absolute);
    const shipped = isScript(path) ? withLineFeeds(bytes) : bytes;
    entries[path] = [shipped, { level: 9, mtime, ...unixFile }];
    contents.push({ path, sha256: createHash('sha256').update(shipped).digest('hex') });
    unzipped += shipped.length;
  }
  const bytes = zipSync(entries);
  return { bytes, sha256: createHash('sha256').update(bytes).digest('base64'), unzipped, contents };
}
