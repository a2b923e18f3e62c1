import {
  type BucketLocationConstraint,
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  paginateListObjectsV2,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import type { Readable } from 'node:stream';
import { type Change, receipt } from '../change.js';
import { isNotFound } from '../errors.js';
import { partSizeFor } from '../limits.js';

export interface S3Object {
  readonly key: string;
  readonly size: number;
  /** Without quotes. */
  readonly etag: string;
}

export interface ObjectAddress {
  readonly bucket: string;
  readonly key: string;
}

/**
 * S3's objects. Every call says whose the bucket must be: default bucket names can be guessed, and a bucket of somebody
 * else's account under such a name would get our data.
 */
export class ObjectsGateway {
  constructor(
    private readonly client: S3Client,
    private readonly account: string,
    private readonly region: string,
  ) {}

  /** The bucket's region; undefined when there is no such bucket. */
  async bucketRegion(bucket: string, signal: AbortSignal): Promise<string | undefined> {
    try {
      const command = new HeadBucketCommand({ Bucket: bucket, ExpectedBucketOwner: this.account });
      return (await this.client.send(command, { abortSignal: signal })).BucketRegion ?? this.region;
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  createBucket(bucket: string): Change {
    return {
      operation: 'CreateBucket',
      kind: 'bucket',
      effect: 'create',
      name: bucket,
      send: async () => {
        // us-east-1 is the one region that must not be named.
        const place = this.region !== 'us-east-1' && {
          CreateBucketConfiguration: { LocationConstraint: this.region as BucketLocationConstraint },
        };
        const output = await this.client.send(new CreateBucketCommand({ Bucket: bucket, ...place }));
        return receipt(output, `arn:aws:s3:::${bucket}`);
      },
    };
  }

  async *list(bucket: string, prefix: string, signal: AbortSignal): AsyncGenerator<S3Object> {
    const pages = paginateListObjectsV2(
      { client: this.client },
      { Bucket: bucket, Prefix: prefix, ExpectedBucketOwner: this.account },
      { abortSignal: signal },
    );
    for await (const { Contents } of pages) {
      for (const { Key, Size, ETag } of Contents ?? []) {
        yield { key: Key!, size: Size!, etag: unquoted(ETag) };
      }
    }
  }

  async exists(address: ObjectAddress, signal: AbortSignal): Promise<boolean> {
    return (await this.etag(address, signal)) !== undefined;
  }

  /** Without quotes; undefined when there is no such object. */
  async etag({ bucket, key }: ObjectAddress, signal: AbortSignal): Promise<string | undefined> {
    try {
      const command = new HeadObjectCommand({ Bucket: bucket, Key: key, ExpectedBucketOwner: this.account });
      return unquoted((await this.client.send(command, { abortSignal: signal })).ETag);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  async read({ bucket, key }: ObjectAddress, signal: AbortSignal): Promise<Readable> {
    const command = new GetObjectCommand({ Bucket: bucket, Key: key, ExpectedBucketOwner: this.account });
    const { Body } = await this.client.send(command, { abortSignal: signal });
    return Body as Readable;
  }

  /** Stores a small body in one call. Returns its ETag. Part of a Change: `transfer/` sends these in bulk. */
  async write({ bucket, key }: ObjectAddress, body: Uint8Array, signal: AbortSignal): Promise<string> {
    const command = new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, ExpectedBucketOwner: this.account });
    return unquoted((await this.client.send(command, { abortSignal: signal })).ETag);
  }

  /** A URL by which anybody may read the object for so many seconds, with the rights of who signs it. */
  presign({ bucket, key }: ObjectAddress, seconds: number): Promise<string> {
    // The bucket's owner is not named: it would be a header, which whoever gets the URL would have to send.
    return getSignedUrl(this.client, new GetObjectCommand({ Bucket: bucket, Key: key }), { expiresIn: seconds });
  }

  /** Also when it is not there any more, as S3 has it. */
  delete({ bucket, key }: ObjectAddress): Change {
    return {
      operation: 'DeleteObject',
      kind: 'objects',
      effect: 'delete',
      name: `s3://${bucket}/${key}`,
      send: async () => {
        const command = new DeleteObjectCommand({ Bucket: bucket, Key: key, ExpectedBucketOwner: this.account });
        return receipt(await this.client.send(command));
      },
    };
  }

  /** Stores `size` bytes in parts; an abort, or a failure, leaves no parts behind. Part of a Change, as `write` is. */
  async writeParts({ bucket, key }: ObjectAddress, body: Readable, size: number, signal: AbortSignal): Promise<string> {
    const upload = new Upload({
      client: this.client,
      params: { Bucket: bucket, Key: key, Body: body, ExpectedBucketOwner: this.account },
      partSize: partSizeFor(size),
      queueSize: 4,
    });
    const abort = () => void upload.abort();
    signal.addEventListener('abort', abort, { once: true });
    try {
      signal.throwIfAborted();
      return unquoted((await upload.done()).ETag);
    } finally {
      signal.removeEventListener('abort', abort);
      body.destroy();
    }
  }
}

function unquoted(etag: string | undefined): string {
  return (etag ?? '').replaceAll('"', '');
}
