import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { UserError } from '../core/errors.js';

/**
 * Writes a model.tar.gz into a folder, which is made. Links and devices are refused, as SageMaker refuses them, and so
 * are names that lead out of the folder.
 * @throws {UserError} for what is refused @throws {Error} when the archive is damaged
 */
export async function unpackModel(archive: Readable, folder: string, signal: AbortSignal): Promise<void> {
  await mkdir(folder, { recursive: true });
  const tar = await import('tar-stream');
  const extract = tar.extract();
  const fail = (error: Error) => extract.destroy(error);
  const abort = () => extract.destroy(signal.reason as Error);
  const gunzip = createGunzip().on('error', fail);
  signal.addEventListener('abort', abort, { once: true });
  archive.on('error', fail).pipe(gunzip).pipe(extract);
  try {
    for await (const entry of extract) {
      const { name, type } = entry.header;
      const target = path.join(folder, name);
      if (target !== folder && !target.startsWith(folder + path.sep)) {
        throw new UserError(`The model's archive has an entry that leads out of its folder: ${JSON.stringify(name)}.`);
      }
      if (type === 'directory') {
        await mkdir(target, { recursive: true });
        entry.resume();
      } else if (type === 'file' || type === 'contiguous-file') {
        await mkdir(path.dirname(target), { recursive: true });
        await pipeline(entry, createWriteStream(target));
      } else {
        throw new UserError(`The model's archive holds ${name}, which is a ${type}: a model holds files.`);
      }
    }
  } finally {
    signal.removeEventListener('abort', abort);
    archive.destroy();
    gunzip.destroy();
  }
}
