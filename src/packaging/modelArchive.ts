import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { UserError } from '../core/errors.js';
import { shipped } from './sourceArchive.js';
import type { SourceFile } from './sourceFiles.js';
import { type Archive, type ArchiveEntry, writeTarGz } from './tarGz.js';

export interface InferenceCode {
  readonly files: readonly SourceFile[];
  /** A whole source folder replaces the archive's `code/`; single scripts are laid over it. */
  readonly replaces: boolean;
}

/**
 * Puts the inference code into a training job's model.tar.gz under `code/`, where the inference toolkit looks for it;
 * what `repack_model` of the SageMaker SDK does (sagemaker/utils.py, `_create_or_update_code_dir`), but streaming, and
 * with the same bytes for the same input. Links and devices are refused: a model holds files.
 */
export async function repackModel(
  model: Readable,
  code: InferenceCode,
  target: string,
  signal: AbortSignal,
): Promise<Archive> {
  // The tar's entries arrive one after another from a file, so a slow writer holds no connection open.
  const scratch = await mkdtemp(path.join(tmpdir(), 'model-'));
  try {
    const downloaded = path.join(scratch, 'model.tar.gz');
    await pipeline(model, createWriteStream(downloaded), { signal });
    return await writeTarGz(entries(downloaded, code, signal), target, signal);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function* entries(model: string, code: InferenceCode, signal: AbortSignal): AsyncGenerator<ArchiveEntry> {
  const tar = await import('tar-stream');
  const added = new Set(code.files.map((file) => `code/${file.path}`));
  const extract = tar.extract();
  const tarball = createReadStream(model, { signal }).on('error', (error) => extract.destroy(error));
  tarball
    .pipe(createGunzip())
    .on('error', (error) => extract.destroy(error))
    .pipe(extract);
  try {
    for await (const entry of extract) {
      const name = entry.header.name.replace(/^(\.\/)+/, '');
      const kept = !added.has(name) && !(code.replaces && name.startsWith('code/'));
      const type = entry.header.type ?? 'file';
      if (type !== 'directory' && kept) {
        if (type !== 'file' && type !== 'contiguous-file') {
          throw new UserError(`The model's archive holds ${name}, which is a ${type}: only files can be deployed.`);
        }
        yield { path: name, size: entry.header.size ?? 0, content: entry as AsyncIterable<Uint8Array> };
      }
      entry.resume();
    }
  } catch (error) {
    if (error instanceof UserError || signal.aborted) throw error;
    throw new UserError("The model's archive cannot be read: it is not a complete .tar.gz.", { cause: error });
  }
  for (const file of code.files) {
    const entry = await shipped(file);
    yield { ...entry, path: `code/${entry.path}` };
  }
}
