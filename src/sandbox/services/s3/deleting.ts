import type { ObjectFiles } from '../../store/objectFiles.js';
import type { Version } from '../../store/objectIndex.js';
import { ServiceError } from '../../protocol/service.js';
import { judgeWrite } from './conditions.js';
import { s3Error } from './errors.js';
import { IncomingBody } from './incomingBody.js';
import { xmlAnswer, type Answer, type S3Operations } from './operation.js';
import type { S3Request } from './request.js';
import { parseXml, xmlDocument, xmlElement, xmlText, type XmlElement } from './xml.js';

const mostKeys = 1000;

/** DeleteObject, DeleteObjects. */
export function deleteOperations(objects: ObjectFiles): S3Operations {
  return {
    DeleteObject: {
      action: (request) => deleteAction(request.query.get('versionId')),
      run: async (request) => {
        const { bucket, key, query } = request;
        const wanted = { key, versionId: query.get('versionId'), etag: request.header('if-match') };
        const deleted = await objects.commit(() => deleteOne(objects, bucket, wanted));
        const { marker, versionId } = deleted;
        return {
          status: 204,
          headers: { 'x-amz-delete-marker': marker ? 'true' : undefined, 'x-amz-version-id': versionId },
        };
      },
    },
    DeleteObjects: { run: (request) => deleteObjects(objects, request) },
  };
}

interface Wanted {
  readonly key: string;
  readonly versionId: string | undefined;
  /** Only when the object still has this tag. */
  readonly etag: string | undefined;
}

interface Deleted {
  readonly freed: string[];
  /** True when a delete marker was made, or was what was deleted. */
  readonly marker: boolean;
  /** Of what was deleted, or of the marker that was made; undefined in a bucket that never had versions. */
  readonly versionId: string | undefined;
}

function deleteAction(versionId: string | undefined): string {
  return versionId === undefined ? 'DeleteObject' : 'DeleteObjectVersion';
}

/** Within a transaction. What is not there counts as deleted. */
function deleteOne(objects: ObjectFiles, bucket: string, { key, versionId, etag }: Wanted): Deleted {
  const { versioning } = objects.bucket(bucket);
  const { index } = objects;
  const found = versionId === undefined ? index.latest(bucket, key) : index.find(bucket, key, versionId);
  if (etag !== undefined) checkEtag(key, found, etag);
  if (versionId !== undefined) {
    const freed = index.erase(found);
    return { freed, marker: found?.marker ?? false, versionId: versioning === undefined ? undefined : versionId };
  }
  const { freed, marker } = index.hide(bucket, key, versioning, new Date());
  return { freed, marker: marker !== undefined, versionId: marker?.versionId };
}

/** DeleteObject, If-Match: "if the ETag matches or if the object doesn't exist, the operation will return a 204". */
function checkEtag(key: string, found: Version | undefined, etag: string): void {
  if (found?.marker === false) judgeWrite(key, found, { ifMatch: etag, ifNoneMatch: undefined });
}

async function deleteObjects(objects: ObjectFiles, request: S3Request): Promise<Answer> {
  const { bucket } = request;
  const body = new IncomingBody(request);
  if (!body.hasChecksum) {
    const what = 'Missing required header for this request: Content-MD5 OR x-amz-checksum-*';
    throw s3Error('InvalidRequest', {}, what);
  }
  const xml = parseXml(await body.text(), 'Delete');
  const wanted = xml.all('Object').map(readWanted);
  if (wanted.length === 0 || wanted.length > mostKeys) throw s3Error('MalformedXML');
  const quiet = xml.textOf('Quiet')?.trim().toLowerCase() === 'true';

  const { told } = await objects.commit(() => {
    const results = wanted.map((each) => tryDelete(objects, request, bucket, each));
    return { freed: results.flatMap(({ freed }) => freed), told: results };
  });
  const content = told.map(({ failed, xml: result }) => (quiet && !failed ? '' : result));
  return xmlAnswer(xmlDocument('DeleteResult', ...content));
}

/** One key's failure is told beside the others' success. */
function tryDelete(
  objects: ObjectFiles,
  request: S3Request,
  bucket: string,
  wanted: Wanted,
): { freed: string[]; failed: boolean; xml: string } {
  const { key, versionId } = wanted;
  const named = [xmlText('Key', key), xmlText('VersionId', versionId)];
  try {
    request.require(deleteAction(versionId), bucket, key);
    const deleted = deleteOne(objects, bucket, wanted);
    const marker = deleted.marker
      ? [xmlText('DeleteMarker', true), xmlText('DeleteMarkerVersionId', deleted.versionId)]
      : [];
    return { freed: deleted.freed, failed: false, xml: xmlElement('Deleted', ...named, ...marker) };
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    const { code, message } = error;
    return {
      freed: [],
      failed: true,
      xml: xmlElement('Error', ...named, xmlText('Code', code), xmlText('Message', message)),
    };
  }
}

function readWanted(object: XmlElement): Wanted {
  const [versionId, etag] = [object.textOf('VersionId'), object.textOf('ETag')];
  return { key: object.required('Key'), versionId: versionId || undefined, etag: etag || undefined };
}
