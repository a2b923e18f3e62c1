import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { Crc32c, Crc64Nvme } from '@aws-sdk/checksums/crc';
import { s3Error } from './errors.js';

/** A checksum being computed. */
export interface Digest {
  update(bytes: Uint8Array): void;
  /** Once, at the end. */
  digest(): Promise<Uint8Array>;
}

/** S3's checksum algorithms, and the length of each one's value in bytes. */
const algorithms = {
  CRC32: { length: 4, create: newCrc32 },
  CRC32C: { length: 4, create: () => new Crc32c() },
  CRC64NVME: { length: 8, create: () => new Crc64Nvme() },
  SHA1: { length: 20, create: () => newHash('sha1') },
  SHA256: { length: 32, create: () => newHash('sha256') },
} as const satisfies Readonly<Record<string, { length: number; create: () => Digest }>>;

export type ChecksumAlgorithm = keyof typeof algorithms;
export type ChecksumType = 'COMPOSITE' | 'FULL_OBJECT';

export const checksumAlgorithms = Object.keys(algorithms) as ChecksumAlgorithm[];

export function newDigest(algorithm: ChecksumAlgorithm): Digest {
  return algorithms[algorithm].create();
}

export function isChecksumAlgorithm(name: string): name is ChecksumAlgorithm {
  return name in algorithms;
}

/** `x-amz-checksum-crc32`… */
export function checksumHeader(algorithm: string): string {
  return `x-amz-checksum-${algorithm.toLowerCase()}`;
}

/** True for the base64 of as many bytes as the algorithm's values have. */
export function isChecksumValue(algorithm: ChecksumAlgorithm, value: string): boolean {
  const bytes = Buffer.from(value, 'base64');
  return bytes.length === algorithms[algorithm].length && bytes.toString('base64') === value;
}

/**
 * The checksum of an object whose parts have `values`: of the bytes of their checksums, and how many they are
 * (S3 user guide, "Checking object integrity", composite checksums).
 */
export async function compositeChecksum(algorithm: ChecksumAlgorithm, values: readonly string[]): Promise<string> {
  const digest = newDigest(algorithm);
  for (const value of values) digest.update(Buffer.from(value, 'base64'));
  return `${Buffer.from(await digest.digest()).toString('base64')}-${values.length}`;
}

/** The type of a multipart upload's checksum, as asked for or by default: SHA cannot be full, CRC64NVME is always. */
export function checksumType(algorithm: ChecksumAlgorithm, asked: string | undefined): ChecksumType {
  if (asked !== undefined && asked !== 'COMPOSITE' && asked !== 'FULL_OBJECT') {
    throw s3Error('InvalidRequest', {}, 'Value for x-amz-checksum-type header is invalid.');
  }
  const type = asked ?? (algorithm === 'CRC64NVME' ? 'FULL_OBJECT' : 'COMPOSITE');
  if (type === 'FULL_OBJECT' ? algorithm.startsWith('SHA') : algorithm === 'CRC64NVME') {
    const what = `The ${type} checksum type cannot be used with the ${algorithm.toLowerCase()} checksum algorithm.`;
    throw s3Error('InvalidRequest', {}, what);
  }
  return type;
}

function newHash(name: 'sha1' | 'sha256'): Digest {
  const hash = createHash(name);
  return { update: (bytes) => void hash.update(bytes), digest: async () => hash.digest() };
}

function newCrc32(): Digest {
  let value = 0;
  return {
    update: (bytes) => {
      value = crc32(bytes, value);
    },
    digest: async () => {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(value);
      return bytes;
    },
  };
}
