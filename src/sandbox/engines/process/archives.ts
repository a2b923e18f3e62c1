import { createReadStream, createWriteStream } from 'node:fs';
import { link, mkdir, readlink, rm, symlink } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import tar from 'tar-stream';
import { hasCode } from '../../../core/errors.js';
import type { FolderEntry } from './mergedFolder.js';

/**
 * Unpacks a .tar.gz into `folder`, which exists. Nothing is ever written outside of it: names that lead out are refused,
 * and symbolic links are made last, so that no entry can be written through one.
 *
 * @throws {Error} when the archive is damaged or refused.
 */
export async function extractTarGz(file: string, folder: string): Promise<void> {
  const links: { readonly target: string; readonly to: string }[] = [];
  const extract = tar.extract();
  const unpacked = pipeline(createReadStream(file), createGunzip(), extract);
  const handle = async () => {
    for await (const entry of extract) {
      const { name, type, linkname, mode = 0o644 } = entry.header;
      const target = inside(folder, name);
      await mkdir(type === 'directory' ? target : path.dirname(target), { recursive: true });
      if (type === 'file' || type === 'contiguous-file') {
        await rm(target, { force: true });
        await pipeline(entry, createWriteStream(target, { mode: (mode & 0o777) | 0o600 }));
        continue;
      }
      if (type === 'symlink') links.push({ target, to: linkname ?? '' });
      if (type === 'link') {
        await rm(target, { force: true });
        await link(inside(folder, linkname ?? ''), target);
      }
      entry.resume(); // Devices and pipes are left out.
    }
  };
  const [handled, read] = await Promise.allSettled([handle(), unpacked]);
  // Each one's failure ends the other, with a stream that closed too early: the first cause is told.
  const failures = [handled, read].flatMap((result) => (result.status === 'rejected' ? [asError(result.reason)] : []));
  const cause = failures.find((error) => !hasCode(error, 'ERR_STREAM_PREMATURE_CLOSE'));
  if (failures.length > 0) throw cause ?? new Error('The archive ends too early.');
  for (const { target, to } of links) {
    await rm(target, { force: true });
    await symlink(to, target);
  }
}

/** Leading slashes count for nothing, as for every tar: the SageMaker SDK's own archives have an entry `/` for their root. */
function inside(folder: string, name: string): string {
  const target = path.join(folder, name);
  if (target !== folder && !target.startsWith(folder + path.sep)) {
    throw new Error(`The archive has an entry that leads out of its folder: ${JSON.stringify(name)}`);
  }
  return target;
}

/**
 * A .tar.gz of what was found in folders (mergedFolder.ts), in that order; the same files give the same bytes.
 * Symbolic links stay links: their targets are not read.
 */
export function packTarGz(entries: readonly FolderEntry[]): Readable {
  const pack = tar.pack();
  // Weights hardly shrink: more than the fastest level costs seconds and gains nothing.
  const gzip = createGzip({ level: 1 });
  void pipeline(pack, gzip).catch((error: unknown) => gzip.destroy(asError(error)));
  void fill(pack, entries).then(
    () => pack.finalize(),
    (error: unknown) => pack.destroy(asError(error)),
  );
  return gzip;
}

async function fill(pack: tar.Pack, entries: readonly FolderEntry[]): Promise<void> {
  for (const { name, file, stats } of entries) {
    const header = { name, mtime: new Date(Math.floor(stats.mtimeMs / 1000) * 1000), mode: stats.mode & 0o777 };
    if (stats.isDirectory()) {
      pack.entry({ ...header, type: 'directory' });
    } else if (stats.isSymbolicLink()) {
      pack.entry({ ...header, type: 'symlink', linkname: await readlink(file) });
    } else if (stats.isFile()) {
      const sink = pack.entry({ ...header, type: 'file', size: stats.size });
      // A file that grows while it is read would break the archive: what was there at the start is packed.
      const source = stats.size === 0 ? Readable.from([]) : createReadStream(file, { end: stats.size - 1 });
      await pipeline(source, sink);
    }
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
