import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { PassThrough, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { crc32, createInflateRaw } from 'node:zlib';

/** One file of an archive. Folders are not told: their names say nothing that files do not. */
interface ZipEntry {
  readonly name: string;
  /** 0 stored, 8 deflated. */
  readonly method: number;
  readonly crc32: number;
  /** Bytes in the archive. */
  readonly compressed: number;
  /** Bytes when unpacked, as the archive claims. */
  readonly size: number;
  /** Of its local header in the file. */
  readonly offset: number;
}

/** The archive is damaged, or of a kind that Lambda does not unzip. */
export class BrokenZip extends Error {}

/** There is nothing in the archive. */
export class EmptyZip extends Error {}

/** Unpacked, the archive has more bytes than it may. */
export class ZipTooLarge extends Error {}

/*
 * "APPNOTE.TXT, .ZIP File Format Specification": a file ends with a central directory and the record that tells where
 * it is. Zip64 is left out: it is for archives of 4 GB, or of 65,535 files, and Lambda takes 250 MB.
 */
const endRecord = { signature: 0x06054b50, length: 22, longestComment: 0xffff };
const centralHeader = { signature: 0x02014b50, length: 46 };
const localHeader = { signature: 0x04034b50, length: 30 };

/**
 * Reads every byte that is in the archive and compares it with what the archive says of itself: what passes, unzips.
 * @param limit bytes of all files together, unpacked
 * @throws {BrokenZip | EmptyZip | ZipTooLarge}
 */
export async function checkZip(file: string, limit: number): Promise<void> {
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    const entries = size > 0 ? await readEntries(handle, size) : [];
    if (entries.length === 0) throw new EmptyZip();
    // Before anything is unpacked: an honest archive need not be read.
    if (entries.reduce((sum, entry) => sum + entry.size, 0) > limit) throw new ZipTooLarge();
    let unpacked = 0;
    for (const entry of entries) {
      unpacked += await checkEntry(file, handle, entry, limit - unpacked);
    }
  } finally {
    await handle.close();
  }
}

async function readEntries(handle: FileHandle, size: number): Promise<ZipEntry[]> {
  const tail = await read(handle, Math.max(0, size - endRecord.length - endRecord.longestComment), size);
  let at = tail.length - endRecord.length;
  while (at >= 0 && tail.readUInt32LE(at) !== endRecord.signature) at -= 1;
  if (at < 0) throw new BrokenZip('It has no central directory.');
  const count = tail.readUInt16LE(at + 10);
  const length = tail.readUInt32LE(at + 12);
  const end = size - tail.length + at;
  // Bytes before the archive (a self-extracting one, say) move everything that is in it.
  const moved = end - length - tail.readUInt32LE(at + 16);
  if (end < length || moved < 0) throw new BrokenZip('Its central directory lies outside of it.');

  const directory = await read(handle, end - length, end);
  const entries: ZipEntry[] = [];
  let place = 0;
  for (let index = 0; index < count; index += 1) {
    if (place + centralHeader.length > directory.length || directory.readUInt32LE(place) !== centralHeader.signature) {
      throw new BrokenZip('Its central directory is damaged.');
    }
    const nameLength = directory.readUInt16LE(place + 28);
    const nameAt = place + centralHeader.length;
    const name = directory.toString('utf8', nameAt, nameAt + nameLength);
    if (directory.readUInt16LE(place + 8) & 1) throw new BrokenZip(`${name} is encrypted.`);
    if (leadsOut(name)) throw new BrokenZip(`${name} leads out of the archive.`);
    const entry = {
      name,
      method: directory.readUInt16LE(place + 10),
      crc32: directory.readUInt32LE(place + 16),
      compressed: directory.readUInt32LE(place + 20),
      size: directory.readUInt32LE(place + 24),
      offset: directory.readUInt32LE(place + 42) + moved,
    };
    if (!name.endsWith('/')) entries.push(entry);
    place = nameAt + nameLength + directory.readUInt16LE(place + 30) + directory.readUInt16LE(place + 32);
  }
  return entries;
}

function leadsOut(name: string): boolean {
  return name.startsWith('/') || name.includes('\\') || name.split('/').includes('..');
}

/** Returns the bytes that it has unpacked. */
async function checkEntry(file: string, handle: FileHandle, entry: ZipEntry, limit: number): Promise<number> {
  const { name, method, offset, compressed } = entry;
  const header = await read(handle, offset, offset + localHeader.length);
  if (header.length < localHeader.length || header.readUInt32LE(0) !== localHeader.signature) {
    throw new BrokenZip(`${name} is not where the central directory says.`);
  }
  if (method !== 0 && method !== 8) throw new BrokenZip(`${name} is packed by the method ${method}.`);
  const start = offset + localHeader.length + header.readUInt16LE(26) + header.readUInt16LE(28);
  let size = 0;
  let sum = 0;
  const counting = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      size += chunk.length;
      sum = crc32(chunk, sum);
      // The archive may claim less than there is.
      done(size > limit ? new ZipTooLarge() : null);
    },
  });
  if (compressed > 0) {
    const source = createReadStream(file, { start, end: start + compressed - 1 });
    const unpack = method === 8 ? createInflateRaw() : new PassThrough();
    try {
      await pipeline(source, unpack, counting);
    } catch (error) {
      throw error instanceof ZipTooLarge ? error : new BrokenZip(`${name} cannot be unpacked.`, { cause: error });
    }
  }
  if (size !== entry.size || sum !== entry.crc32) throw new BrokenZip(`${name} is damaged.`);
  return size;
}

/** Bytes from `start` until `end`; less where the file is shorter. */
async function read(handle: FileHandle, start: number, end: number): Promise<Buffer> {
  const buffer = Buffer.alloc(end - start);
  const { bytesRead } = await handle.read(buffer, 0, buffer.length, start);
  return buffer.subarray(0, bytesRead);
}
