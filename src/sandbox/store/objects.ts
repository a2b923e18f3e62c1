import type { Readable } from 'node:stream';

/** One object of a bucket. `file` holds its bytes, exactly. */
export interface StoredObject {
  readonly bucket: string;
  readonly key: string;
  readonly size: number;
  /** With quotes, as on the wire. */
  readonly etag: string;
  readonly modified: Date;
  readonly file: string;
}

/** S3's objects as the engines see them: no HTTP, no copying of bodies that a hard link can share. */
export interface Objects {
  bucketExists(bucket: string): boolean;
  /** Without a version the latest one. */
  get(bucket: string, key: string, versionId?: string): StoredObject | undefined;
  /** In UTF-8 order of the keys, as S3 lists them. */
  list(bucket: string, prefix: string): Iterable<StoredObject>;
  /** Stores a body; resolves when it would survive a kill -9. Replaces what was there. */
  put(bucket: string, key: string, body: Readable | Uint8Array): Promise<StoredObject>;
  /**
   * Puts the object's bytes at `target`, whose folder exists: a hard link when the file system allows, else a copy.
   * Objects' files are never written again, only replaced, so a link is safe as long as its reader does not write to it;
   * files are read-only (0444) for that reason.
   */
  materialise(object: StoredObject, target: string): Promise<void>;
}
