import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { partSizeFor, smallObject } from '../aws/limits.js';

/**
 * The ETag that S3 gives the file when we send it: the MD5 of its bytes or, in parts, the MD5 of the parts' MD5s and
 * their number (S3 user guide, "Checking object integrity"; not so with KMS keys, whose ETags say nothing of the bytes).
 */
export async function etagOf(file: string, size: number): Promise<string> {
  if (size <= smallObject) return md5(await readFile(file)).toString('hex');
  const partSize = partSizeFor(size);
  const parts: Buffer[] = [];
  for (let start = 0; start < size; start += partSize) {
    const hash = createHash('md5');
    const end = Math.min(start + partSize, size) - 1;
    for await (const chunk of createReadStream(file, { start, end })) hash.update(chunk as Buffer);
    parts.push(hash.digest());
  }
  return `${md5(Buffer.concat(parts)).toString('hex')}-${parts.length}`;
}

function md5(bytes: Uint8Array): Buffer {
  return createHash('md5').update(bytes).digest();
}
