import { hasCode } from '../../../core/errors.js';
import type { ObjectFiles } from '../../store/objectFiles.js';
import type { ObjectVersion } from '../../store/objectIndex.js';
import { Refusal, s3Error } from './errors.js';
import type { S3Request } from './request.js';

/** What a request names: its own object, or the source of a copy. */
export interface ObjectName {
  readonly bucket: string;
  readonly key: string;
  readonly versionId: string | undefined;
}

function named(request: S3Request): ObjectName {
  return { bucket: request.bucket, key: request.key, versionId: request.query.get('versionId') };
}

export function readAction(request: S3Request): string {
  return request.query.has('versionId') ? 'GetObjectVersion' : 'GetObject';
}

/**
 * The object, to be read.
 * @throws {ServiceError} NoSuchKey, NoSuchVersion, MethodNotAllowed for a delete marker; AccessDenied when the caller may
 * not even know that there is nothing (GetObject: "if you don't have the s3:ListBucket permission, Amazon S3 returns 403").
 */
export function findObject(objects: ObjectFiles, request: S3Request, name = named(request)): ObjectVersion {
  const { bucket, key, versionId } = name;
  const found =
    versionId === undefined ? objects.index.latest(bucket, key) : objects.index.find(bucket, key, versionId);
  if (found && !found.marker) return found;
  if (!found) {
    request.require(versionId === undefined ? 'ListBucket' : 'ListBucketVersions', bucket, '');
    throw versionId === undefined
      ? s3Error('NoSuchKey', { Key: key })
      : s3Error('NoSuchVersion', { Key: key, VersionId: versionId });
  }
  const headers = { 'x-amz-delete-marker': 'true', 'x-amz-version-id': found.versionId };
  if (versionId === undefined) throw new Refusal(s3Error('NoSuchKey', { Key: key }), headers);
  const refused = s3Error('MethodNotAllowed', { Method: request.method, ResourceType: 'DeleteMarker' });
  throw new Refusal(refused, { ...headers, allow: 'DELETE' });
}

/**
 * Uses the object's file. When the object is replaced between finding it and opening its file, the file is gone and the
 * new object is used.
 */
export async function whileItExists<T>(
  find: () => ObjectVersion,
  use: (object: ObjectVersion) => Promise<T>,
): Promise<T> {
  for (;;) {
    const object = find();
    try {
      return await use(object);
    } catch (error) {
      if (!isMissingFile(error) || find().file === object.file) throw error;
    }
  }
}

export function isMissingFile(error: unknown): boolean {
  return hasCode(error, 'ENOENT');
}
