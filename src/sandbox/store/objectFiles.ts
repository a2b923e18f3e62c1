import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { ServiceError } from '../protocol/service.js';
import { BodyFiles, linkOrCopy } from './bodyFiles.js';
import { endOfPrefix, justAfter } from './keyRange.js';
import {
  ObjectIndex,
  type NewObject,
  type ObjectVersion,
  type Tag,
  type Version,
  type Versioning,
} from './objectIndex.js';
import type { Objects, StoredObject } from './objects.js';
import type { Collection, Store } from './store.js';
import { UploadIndex } from './uploadIndex.js';

export interface Bucket {
  readonly name: string;
  readonly created: Date;
  readonly versioning: Versioning;
  readonly tags: readonly Tag[];
}

/** Rows that are read from the index at a time. */
const pageSize = 1000;

/**
 * S3's buckets and objects: bodies as files, the index in the sandbox's database. A body is written first and published
 * by the index's commit, so what was acknowledged survives a kill -9, and what was not leaves no trace.
 */
export class ObjectFiles implements Objects {
  readonly buckets: Collection<Bucket>;
  readonly index: ObjectIndex;
  readonly uploads: UploadIndex;
  readonly bodies: BodyFiles;

  /** Sweeps away what a killed sandbox left half-done: one process at a time may have the folder. */
  constructor(
    private readonly store: Store,
    folder: string,
  ) {
    this.buckets = store.collection<Bucket>('s3.bucket');
    this.index = new ObjectIndex(store.database);
    this.uploads = new UploadIndex(store.database);
    this.bodies = new BodyFiles(folder);
    this.bodies.sweep(new Set([...this.index.files(), ...this.uploads.files()]));
  }

  bucketExists(bucket: string): boolean {
    return this.buckets.get(bucket) !== undefined;
  }

  get(bucket: string, key: string, versionId?: string): StoredObject | undefined {
    const found = versionId === undefined ? this.index.latest(bucket, key) : this.index.find(bucket, key, versionId);
    return found && !found.marker ? this.stored(found) : undefined;
  }

  *list(bucket: string, prefix: string): Iterable<StoredObject> {
    const until = endOfPrefix(prefix);
    for (let from = prefix; ;) {
      const page = this.index.objects(bucket, from, until, pageSize);
      for (const object of page) yield this.stored(object);
      if (page.length < pageSize) return;
      from = justAfter(page.at(-1)!.key);
    }
  }

  /** @throws {ServiceError} NoSuchBucket. */
  async put(bucket: string, key: string, body: Readable | Uint8Array): Promise<StoredObject> {
    this.bucket(bucket);
    const md5 = createHash('md5');
    const written = await this.bodies.write(hashed(body instanceof Uint8Array ? [body] : body, md5));
    const details = { headers: { 'content-type': 'binary/octet-stream' }, metadata: {}, tags: [] };
    return this.stored(await this.publish({ bucket, key, ...written, etag: `"${md5.digest('hex')}"`, details }));
  }

  materialise(object: StoredObject, target: string): Promise<void> {
    return linkOrCopy(object.file, target);
  }

  /** @throws {ServiceError} NoSuchBucket. */
  bucket(name: string): Bucket {
    const found = this.buckets.get(name);
    if (found) return found;
    throw new ServiceError('NoSuchBucket', 'The specified bucket does not exist', 404, { BucketName: name });
  }

  /**
   * Makes a body that was written an object. `check` sees what it is about to replace and may refuse it by throwing;
   * nothing can come between its look and the commit. When it is not published, the body is removed.
   * @throws {ServiceError} NoSuchBucket (it may have been deleted while the body came in).
   */
  async publish(object: NewObject, check?: (current: Version | undefined) => void): Promise<ObjectVersion> {
    const { added } = await this.commit(() => {
      const { versioning } = this.bucket(object.bucket);
      check?.(this.index.latest(object.bucket, object.key));
      return this.index.add(object, versioning, new Date());
    }, [object.file]);
    return added;
  }

  /**
   * All of a change to the index, or none of it; then removes the files that it freed. When it fails, `written` is
   * removed instead: the files that the change was to publish.
   */
  async commit<T extends { readonly freed: readonly string[] }>(
    change: () => T,
    written: readonly string[] = [],
  ): Promise<T> {
    let result: T;
    try {
      result = this.store.transaction(change);
    } catch (error) {
      await this.bodies.remove(written);
      throw error;
    }
    await this.bodies.remove(result.freed);
    return result;
  }

  private stored(object: ObjectVersion): StoredObject {
    const { bucket, key, size, etag, modified, file } = object;
    return { bucket, key, size, etag, modified, file: this.bodies.pathOf(file) };
  }
}

/** Passes `source` on, and every byte of it by each of `hashes`. */
export async function* hashed(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  ...hashes: readonly { update(bytes: Uint8Array): unknown }[]
): AsyncGenerator<Uint8Array> {
  for await (const chunk of source) {
    for (const hash of hashes) hash.update(chunk);
    yield chunk;
  }
}
