import type { ObjectFiles } from '../../store/objectFiles.js';
import type { ObjectDetails, ObjectVersion, Version } from '../../store/objectIndex.js';
import { judgeWrite } from './conditions.js';
import { IncomingBody } from './incomingBody.js';
import { checksumHeaders, readDetails, settingsOf, versionHeader } from './objectHeaders.js';
import type { Answer, S3Operations } from './operation.js';
import type { S3Request } from './request.js';

/** PutObject. */
export function writeOperations(objects: ObjectFiles): S3Operations {
  return { PutObject: { action: 'PutObject', run: (request) => putObject(objects, request) } };
}

async function putObject(objects: ObjectFiles, request: S3Request): Promise<Answer> {
  const { bucket, key } = request;
  const details = readDetails(request);
  requireTagging(request, details);
  const body = new IncomingBody(request);
  const judge = judgeOf(request);
  judge(objects.index.latest(bucket, key));

  const written = await objects.bodies.write(body.read());
  const object = await objects.publish(
    { bucket, key, ...written, etag: `"${body.md5}"`, details: { ...details, ...checksumOf(body) } },
    judge,
  );
  return { headers: writtenHeaders(objects, object) };
}

/** The client's conditions on what a write would replace; asked before the body is read, and again when it is published. */
export function judgeOf(request: S3Request): (current: Version | undefined) => void {
  const conditions = { ifMatch: request.header('if-match'), ifNoneMatch: request.header('if-none-match') };
  return (current) => judgeWrite(request.key, current?.marker === false ? current : undefined, conditions);
}

/** Whoever writes an object with tags needs the right to tag it. */
export function requireTagging(request: S3Request, details: ObjectDetails): void {
  if (details.tags.length > 0) request.require('PutObjectTagging');
}

export function writtenHeaders(objects: ObjectFiles, object: ObjectVersion): Record<string, string | undefined> {
  return {
    etag: object.etag,
    ...checksumHeaders(object.details),
    ...settingsOf(object.details),
    ...versionHeader(object, objects.bucket(object.bucket).versioning !== undefined),
  };
}

function checksumOf({ algorithm, checksum }: IncomingBody): Pick<ObjectDetails, 'checksum'> {
  if (algorithm === undefined || checksum === undefined) return {};
  return { checksum: { algorithm, value: checksum, type: 'FULL_OBJECT' } };
}
