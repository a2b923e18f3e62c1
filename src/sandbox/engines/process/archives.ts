import { createReadStream, createWriteStream } from 'node:fs';
import { link, lstat, mkdir, readdir, readlink, rm, symlink } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import tar from 'tar-stream';
import { hasCode } from '../../../core/errors.js';

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
 * The files of `folder` as a .tar.gz, at its root, in the order of their names; the same files give the same bytes.
 * Symbolic links stay links: their targets are not read.
 */
export function packTarGz(folder: string): Readable {
  const pack = tar.pack();
  // Weights hardly shrink: more than the fastest level costs seconds and gains nothing.
  const gzip = createGzip({ level: 1 });
  void pipeline(pack, gzip).catch((error: unknown) => gzip.destroy(asError(error)));
  void fill(pack, folder, '').then(
    () => pack.finalize(),
    (error: unknown) => pack.destroy(asError(error)),
  );
  return gzip;
}

async function fill(pack: tar.Pack, folder: string, below: string): Promise<void> {
  for (const name of (await readdir(path.join(folder, below))).sort()) {
    const relative = below === '' ? name : `${below}/${name}`;
    const file = path.join(folder, relative);
    const found = await lstat(file);
    const header = {
      name: relative,
      mtime: new Date(Math.floor(found.mtimeMs / 1000) * 1000),
      mode: found.mode & 0o777,
    };
    if (found.isDirectory()) {
      pack.entry({ ...header, type: 'directory' });
      await fill(pack, folder, relative);
    } else if (found.isSymbolicLink()) {
      pack.entry({ ...header, type: 'symlink', linkname: await readlink(file) });
    } else if (found.isFile()) {
      const sink = pack.entry({ ...header, type: 'file', size: found.size });
      // A file that grows while it is read would break the archive: what was there at the start is packed.
      const source = found.size === 0 ? Readable.from([]) : createReadStream(file, { end: found.size - 1 });
      await pipeline(source, sink);
    }
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
