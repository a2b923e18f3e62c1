import { createHash } from 'node:crypto';
import { hashed, type ObjectFiles } from '../../store/objectFiles.js';
import type { Part, Upload } from '../../store/uploadIndex.js';
import { checksumHeader, checksumType, isChecksumAlgorithm, newDigest, type ChecksumAlgorithm } from './checksums.js';
import { completeUpload } from './completing.js';
import { openSource, readStored, sourceHeaders } from './copying.js';
import { headerNotImplemented, invalidArgument, s3Error } from './errors.js';
import { whileItExists } from './finding.js';
import { IncomingBody } from './incomingBody.js';
import { readDetails, settingsOf } from './objectHeaders.js';
import { xmlAnswer, type Answer, type S3Operations } from './operation.js';
import { parseCopyRange, type ByteRange } from './ranges.js';
import type { S3Request } from './request.js';
import { requireTagging } from './writing.js';
import { xmlDocument, xmlText } from './xml.js';

const mostParts = 10_000;

/** Multipart uploads: created, filled with parts in any order, completed or aborted. Listed by lists.ts. */
export function multipartOperations(objects: ObjectFiles): S3Operations {
  return {
    CreateMultipartUpload: { action: 'PutObject', run: (request) => createUpload(objects, request) },
    UploadPart: { action: 'PutObject', run: (request) => uploadPart(objects, request) },
    UploadPartCopy: { action: 'PutObject', run: (request) => copyPart(objects, request) },
    CompleteMultipartUpload: {
      action: 'PutObject',
      run: (request) => completeUpload(objects, request, findUpload(objects, request)),
    },
    AbortMultipartUpload: {
      action: 'AbortMultipartUpload',
      run: async (request) => {
        await objects.commit(() => ({ freed: objects.uploads.remove(findUpload(objects, request).id) }));
        return { status: 204 };
      },
    },
  };
}

/** @throws {ServiceError} NoSuchUpload. */
export function findUpload(objects: ObjectFiles, { bucket, key, query }: S3Request): Upload {
  const id = query.get('uploadId') ?? '';
  const found = objects.uploads.find(bucket, key, id);
  if (!found) throw s3Error('NoSuchUpload', { UploadId: id });
  return found;
}

function createUpload(objects: ObjectFiles, request: S3Request): Answer {
  const details = readDetails(request);
  requireTagging(request, details);
  const checksum = readChecksumSettings(request);
  const { bucket, key } = request;
  const upload = objects.uploads.create(bucket, key, { details, ...(checksum && { checksum }) }, new Date());
  return xmlAnswer(
    xmlDocument(
      'InitiateMultipartUploadResult',
      xmlText('Bucket', bucket),
      xmlText('Key', key),
      xmlText('UploadId', upload.id),
    ),
    {
      ...settingsOf(details),
      'x-amz-checksum-algorithm': checksum?.algorithm,
      'x-amz-checksum-type': checksum?.type,
    },
  );
}

function readChecksumSettings(request: S3Request) {
  const name = request.header('x-amz-checksum-algorithm')?.toUpperCase();
  const type = request.header('x-amz-checksum-type')?.toUpperCase();
  if (name === undefined) {
    if (type === undefined) return undefined;
    const what = 'The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.';
    throw s3Error('InvalidRequest', {}, what);
  }
  if (!isChecksumAlgorithm(name)) throw headerNotImplemented(`x-amz-checksum-algorithm: ${name}`);
  return { algorithm: name, type: checksumType(name, type) };
}

async function uploadPart(objects: ObjectFiles, request: S3Request): Promise<Answer> {
  const number = readPartNumber(request);
  const { settings } = findUpload(objects, request);
  // A composite checksum is of what the client says of each part; a full one can be computed here.
  const fallback = settings.checksum?.type === 'FULL_OBJECT' ? algorithmOf(settings.checksum) : undefined;
  const body = new IncomingBody(request, { fallback });
  checkAlgorithm(settings, body);

  const written = await objects.bodies.write(body.read());
  const checksum = settings.checksum && body.checksum;
  const etag = `"${body.md5}"`;
  await addPart(objects, request, { number, ...written, etag, modified: new Date(), checksum });
  const told = body.algorithm ? { [checksumHeader(body.algorithm)]: body.checksum } : {};
  return { headers: { etag, ...told, ...settingsOf(settings.details) } };
}

async function copyPart(objects: ObjectFiles, request: S3Request): Promise<Answer> {
  const number = readPartNumber(request);
  const { settings } = findUpload(objects, request);
  const algorithm = algorithmOf(settings.checksum);
  return whileItExists(openSource(objects, request), async (source) => {
    const range = copyRange(request, source.size);
    const md5 = createHash('md5');
    const digest = algorithm && newDigest(algorithm);
    const bytes = readStored(objects, source, range);
    const written = await objects.bodies.write(hashed(bytes, md5, ...(digest ? [digest] : [])));
    const checksum = digest && Buffer.from(await digest.digest()).toString('base64');
    const part = { number, ...written, etag: `"${md5.digest('hex')}"`, modified: new Date(), checksum };
    await addPart(objects, request, part);
    return xmlAnswer(
      xmlDocument(
        'CopyPartResult',
        xmlText('LastModified', part.modified.toISOString()),
        xmlText('ETag', part.etag),
        algorithm ? xmlText(`Checksum${algorithm}`, checksum) : '',
      ),
      { ...settingsOf(settings.details), ...sourceHeaders(objects, source) },
    );
  });
}

/** Takes the place of a part with the same number. The upload may have ended while the part came in. */
async function addPart(objects: ObjectFiles, request: S3Request, part: Part): Promise<void> {
  const change = () => ({ freed: objects.uploads.putPart(findUpload(objects, request).id, part) });
  await objects.commit(change, [part.file]);
}

function readPartNumber({ query }: S3Request): number {
  const asked = query.get('partNumber') ?? '';
  const number = /^\d+$/.test(asked) ? Number(asked) : 0;
  if (number >= 1 && number <= mostParts) return number;
  throw invalidArgument('partNumber', asked, `Part number must be an integer between 1 and ${mostParts}, inclusive`);
}

/**
 * An upload with a checksum takes no parts with another one. Without any, a part's checksum is verified and forgotten:
 * SDKs add one of their own to each part.
 */
function checkAlgorithm({ checksum }: Upload['settings'], body: IncomingBody): void {
  if (!checksum || body.algorithm === checksum.algorithm) return;
  const [expected, actual] = [checksum.algorithm.toLowerCase(), body.algorithm?.toLowerCase() ?? 'null'];
  const what = `Checksum Type mismatch occurred, expected checksum Type: ${expected}, actual checksum Type: ${actual}`;
  throw s3Error('InvalidRequest', {}, what);
}

function algorithmOf(checksum: { readonly algorithm: string } | undefined): ChecksumAlgorithm | undefined {
  return checksum?.algorithm as ChecksumAlgorithm | undefined;
}

function copyRange(request: S3Request, size: number): ByteRange | undefined {
  const header = request.header('x-amz-copy-source-range');
  if (header === undefined) return undefined;
  const range = parseCopyRange(header);
  if (!range) {
    const what =
      'The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based ' +
      'offsets of the first and last bytes to copy';
    throw invalidArgument('x-amz-copy-source-range', header, what);
  }
  if (range.end >= size) {
    const what = `Range specified is not valid for source object of size: ${size}`;
    throw invalidArgument('x-amz-copy-source-range', header, what);
  }
  return range;
}
