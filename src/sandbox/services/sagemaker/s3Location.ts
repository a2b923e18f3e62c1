import { validation } from './errors.js';

export interface S3Location {
  readonly bucket: string;
  /** A key, or the start of many. */
  readonly key: string;
}

/** @throws {ServiceError} ValidationException when it is no `s3://bucket/key`. */
export function s3Location(uri: string): S3Location {
  const [, bucket, key = ''] = /^s3:\/\/([^/]+)(?:\/(.*))?$/s.exec(uri) ?? [];
  if (!bucket) throw validation(`'${uri}' is not an S3 location: write s3://<bucket>/<prefix>.`);
  return { bucket, key };
}

export function bucketArn({ bucket }: S3Location): string {
  return `arn:aws:s3:::${bucket}`;
}

export function objectArn({ bucket, key }: S3Location): string {
  return `arn:aws:s3:::${bucket}/${key}`;
}
