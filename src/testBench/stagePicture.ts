import { randomUUID } from 'node:crypto';
import type { Mutate } from '../aws/change.js';
import type { Cloud } from '../aws/cloud.js';
import { UserError } from '../core/errors.js';

/** A picture's copy in S3, for a function that takes URLs alone. */
export interface StagedPicture {
  /** Anybody may read it by this for ten minutes. */
  readonly url: string;
  readonly address: string;
  /** Deletes the copy. @throws what the service says */
  remove(): Promise<void>;
}

const seconds = 600;

/**
 * Puts a picture under `<prefix>/test-bench/` and signs a URL for it.
 * @throws {UserError} when there is no such bucket
 */
export async function stagePicture(
  { objects }: Pick<Cloud, 'objects'>,
  mutate: Mutate,
  place: { readonly bucket: string; readonly prefix: string },
  content: Uint8Array,
  signal: AbortSignal,
): Promise<StagedPicture> {
  const { bucket } = place;
  if ((await objects.bucketRegion(bucket, signal)) === undefined) {
    throw new UserError(`There is no bucket ${bucket} to put the picture into: upload data or launch a job first.`);
  }
  const target = { bucket, key: `${place.prefix}/test-bench/${randomUUID()}` };
  const address = `s3://${bucket}/${target.key}`;
  const send = async () => {
    await objects.write(target, content, signal);
    return { requestId: undefined, arn: `arn:aws:s3:::${bucket}/${target.key}` };
  };
  await mutate({ operation: 'PutObject', kind: 'objects', effect: 'create', name: address, send });
  return {
    url: await objects.presign(target, seconds),
    address,
    remove: async () => void (await mutate(objects.delete(target))),
  };
}
