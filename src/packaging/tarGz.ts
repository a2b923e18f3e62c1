import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Pack } from 'tar-stream';

/** One regular file of an archive. */
export interface ArchiveEntry {
  /** With `/`, relative. */
  readonly path: string;
  readonly size: number;
  readonly content: Uint8Array | AsyncIterable<Uint8Array>;
}

export interface Archive {
  readonly file: string;
  /** Bytes of the compressed archive. */
  readonly size: number;
  /**
   * SHA-256 of the tar inside, in hex. Not of the compressed bytes: those depend on the zlib of the machine, and the
   * same files must have the same name everywhere.
   */
  readonly sha256: string;
}

/** After 1980 in every time zone: `pip install .` builds a zip, which knows no earlier time. */
const fixedTime = new Date('1980-01-02T00:00:00Z');

/**
 * Writes `entries`, in the order in which they come, as a .tar.gz that depends on their paths and bytes alone: no
 * times, owners or modes of this machine. Nothing but the chunk at hand is in memory.
 * @throws {Error} "Size mismatch" (tar-stream's word) when an entry is not as long as it says
 */
export async function writeTarGz(
  entries: AsyncIterable<ArchiveEntry> | Iterable<ArchiveEntry>,
  file: string,
  signal: AbortSignal,
): Promise<Archive> {
  const tar = await import('tar-stream');
  const hash = createHash('sha256');
  const pack = tar.pack();
  const packed = Readable.from(pack);
  const filled = fill(pack, entries, signal).catch((error: unknown) => {
    packed.destroy(asError(error));
    throw error;
  });
  const written = pipeline(packed, tap(hash), createGzip(), anySystem(), createWriteStream(file), { signal }).catch(
    (error: unknown) => {
      pack.destroy(asError(error));
      throw error;
    },
  );
  // Both are waited for, so that nothing touches the file any more when the caller goes on.
  const failure = (await Promise.allSettled([filled, written])).find(({ status }) => status === 'rejected');
  if (failure?.status === 'rejected') throw failure.reason;
  return { file, size: (await stat(file)).size, sha256: hash.digest('hex') };
}

async function fill(
  pack: Pack,
  entries: AsyncIterable<ArchiveEntry> | Iterable<ArchiveEntry>,
  signal: AbortSignal,
): Promise<void> {
  for await (const { path, size, content } of entries) {
    signal.throwIfAborted();
    // Windows has no executable bit: the mode goes by the name, so that both make the same archive.
    const mode = path.endsWith('.sh') ? 0o755 : 0o644;
    const header = { name: path, size, mode, mtime: fixedTime, uid: 0, gid: 0, type: 'file' } as const;
    await new Promise<void>((resolve, reject) => {
      const sink = pack.entry(header, (error) => (error ? reject(error) : resolve()));
      sink
        .on('error', reject)
        .on('close', () => reject(new Error(`The archive was closed before ${path} was written.`)));
      // tar-stream's streams are streamx's, which Node's pipeline does not know how to end.
      Readable.from(content instanceof Uint8Array ? [content].filter(({ length }) => length > 0) : content)
        .on('error', (error) => sink.destroy(error))
        .pipe(sink);
    });
  }
  pack.finalize();
}

/** A file on disk as an entry. */
export function fileEntry(path: string, absolute: string, size: number): ArchiveEntry {
  return { path, size, content: createReadStream(absolute) };
}

function tap(hash: { update(chunk: Uint8Array): unknown }): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
}

/** Byte 9 of a gzip names the system that made it (RFC 1952, 2.3.1): 255 is "unknown", the same on all of them. */
function anySystem(): Transform {
  let first = true;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      if (first) chunk[9] = 255;
      first = false;
      done(null, chunk);
    },
  });
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
