import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, unlinkSync, writeFileSync } from 'node:fs';
import { constants, copyFile, link, open, unlink, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { hasCode } from '../../core/errors.js';

/** Bytes are gathered to this many before they are written: a system call for every network packet would be slow. */
const batchSize = 1024 * 1024;
const smallBody = 128 * 1024;

export interface BodyFile {
  /** Name for `pathOf`. */
  readonly file: string;
  /** Bytes. */
  readonly size: number;
}

/**
 * Bodies of objects and of uploaded parts, a read-only file each. A file's name is never used twice and nobody knows it
 * before the index names it, so the commit to the index is what publishes a body: there is no half-written object to be
 * seen, and whatever the index does not name is a leftover of a killed process.
 */
export class BodyFiles {
  constructor(private readonly folder: string) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }

  pathOf(file: string): string {
    return path.join(this.folder, file);
  }

  /** Stores what `source` yields; when it throws, or the disk is full, nothing stays. */
  async write(source: AsyncIterable<Uint8Array>): Promise<BodyFile> {
    const file = randomUUID();
    try {
      return { file, size: await writeFile(this.pathOf(file), source) };
    } catch (error) {
      await this.remove([file]);
      throw error;
    }
  }

  /** The same bytes under a new name, at the price of a directory entry. */
  async share(body: BodyFile): Promise<BodyFile> {
    const file = randomUUID();
    await linkOrCopy(this.pathOf(body.file), this.pathOf(file));
    return { file, size: body.size };
  }

  async remove(files: Iterable<string>): Promise<void> {
    const removeOne = async (file: string) => {
      try {
        await unlink(this.pathOf(file));
      } catch (error) {
        if (!hasCode(error, 'ENOENT')) throw error;
      }
    };
    await Promise.all(Array.from(files, removeOne));
  }

  /** Removes every file that `known` does not name. Only for the start, while nothing is being written. */
  sweep(known: ReadonlySet<string>): void {
    for (const file of readdirSync(this.folder)) if (!known.has(file)) unlinkSync(this.pathOf(file));
  }
}

/** A hard link where the file system has them, else a copy. */
export async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    // Another file system, one without links, or a file with as many links as it can have.
    if (!hasCode(error, 'EXDEV', 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK')) throw error;
    await copyFile(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  }
}

/**
 * Reads on while the last batch is being written; holds two batches at most. A body that is one small batch is written
 * at once: the file system is quicker than handing the work to another thread three times over.
 */
async function writeFile(file: string, source: AsyncIterable<Uint8Array>): Promise<number> {
  let size = 0;
  let batch: Uint8Array[] = [];
  let batched = 0;
  let handle: FileHandle | undefined;
  let writing = Promise.resolve();
  const take = () => {
    const bytes = batch.length === 1 ? batch[0]! : Buffer.concat(batch, batched);
    [batch, batched] = [[], 0];
    return bytes;
  };
  const flush = async () => {
    handle ??= await open(file, 'wx', 0o444);
    await writing;
    writing = append(handle, take());
    // It is awaited at the next flush or at the end; until then a failure must not count as unhandled.
    writing.catch(() => undefined);
  };
  try {
    for await (const chunk of source) {
      size += chunk.length;
      batch.push(chunk);
      batched += chunk.length;
      if (batched >= batchSize) await flush();
    }
    if (size <= smallBody) writeFileSync(file, take(), { flag: 'wx', mode: 0o444 });
    else if (batched > 0) await flush();
    await writing;
  } finally {
    await writing.catch(() => undefined);
    await handle?.close();
  }
  return size;
}

async function append(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  // A write may be short: on a disk that is nearly full, for one.
  for (let done = 0; done < bytes.length;) done += (await handle.write(bytes, done)).bytesWritten;
}
