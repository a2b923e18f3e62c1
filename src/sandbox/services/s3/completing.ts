import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { ObjectFiles } from '../../store/objectFiles.js';
import type { ObjectChecksum, ObjectPart } from '../../store/objectIndex.js';
import type { Part, Upload } from '../../store/uploadIndex.js';
import { checksumHeader, compositeChecksum, newDigest, type ChecksumAlgorithm, type Digest } from './checksums.js';
import { s3Error } from './errors.js';
import { isMissingFile } from './finding.js';
import { IncomingBody } from './incomingBody.js';
import { xmlAnswer, type Answer } from './operation.js';
import type { S3Request } from './request.js';
import { judgeOf, writtenHeaders } from './writing.js';
import { parseXml, xmlDocument, xmlText, type XmlElement } from './xml.js';

/** Every part but the last has at least this many bytes. */
const smallestPart = 5 * 1024 ** 2;

/** CompleteMultipartUpload: the parts that the request lists become one object; others are dropped. */
export async function completeUpload(objects: ObjectFiles, request: S3Request, upload: Upload): Promise<Answer> {
  const { bucket, key } = request;
  const judge = judgeOf(request);
  judge(objects.index.latest(bucket, key));
  const body = new IncomingBody(request, { checksumIsOfObject: true });
  const listed = parseXml(await body.text(), 'CompleteMultipartUpload').all('Part');
  const parts = chooseParts(listed, objects.uploads.parts(upload.id), upload);
  checkRequest(request, upload, parts);

  const { settings } = upload;
  const algorithm = settings.checksum?.algorithm as ChecksumAlgorithm | undefined;
  const whole = algorithm && settings.checksum?.type === 'FULL_OBJECT' ? newDigest(algorithm) : undefined;
  const written = await objects.bodies.write(readParts(objects, parts, whole)).catch((error: unknown) => {
    // A part's file is gone: meanwhile the upload was aborted, or the part was uploaded anew.
    if (!isMissingFile(error)) throw error;
    if (!objects.uploads.find(bucket, key, upload.id)) throw s3Error('NoSuchUpload', { UploadId: upload.id });
    throw s3Error('InvalidPart', { UploadId: upload.id });
  });
  const checksum = algorithm && (await objectChecksum(algorithm, parts, whole));
  const described: ObjectPart[] = parts.map((part) => ({
    number: part.number,
    size: part.size,
    ...(part.checksum !== undefined && { checksum: part.checksum }),
  }));
  const details = { ...settings.details, parts: described, ...(checksum && { checksum }) };
  const { added } = await objects.commit(() => {
    checkChecksum(request, checksum);
    if (!objects.uploads.find(bucket, key, upload.id)) throw s3Error('NoSuchUpload', { UploadId: upload.id });
    const { versioning } = objects.bucket(bucket);
    judge(objects.index.latest(bucket, key));
    const object = { bucket, key, ...written, etag: compositeEtag(parts), details };
    const { added, freed } = objects.index.add(object, versioning, new Date());
    return { added, freed: [...freed, ...objects.uploads.remove(upload.id)] };
  }, [written.file]);

  const { etag: _, ...headers } = writtenHeaders(objects, added);
  return xmlAnswer(
    xmlDocument(
      'CompleteMultipartUploadResult',
      xmlText(
        'Location',
        `http://${request.header('host')}/${bucket}/${key.split('/').map(encodeURIComponent).join('/')}`,
      ),
      xmlText('Bucket', bucket),
      xmlText('Key', key),
      xmlText('ETag', added.etag),
      checksum ? xmlText(`Checksum${checksum.algorithm}`, checksum.value) : '',
      xmlText('ChecksumType', checksum?.type),
    ),
    headers,
  );
}

function chooseParts(listed: readonly XmlElement[], uploaded: readonly Part[], upload: Upload): Part[] {
  if (listed.length === 0) throw s3Error('MalformedXML');
  const byNumber = new Map(uploaded.map((part) => [part.number, part]));
  const parts: Part[] = [];
  for (const element of listed) {
    const number = Number(element.required('PartNumber'));
    if (number <= (parts.at(-1)?.number ?? 0)) throw s3Error('InvalidPartOrder', { UploadId: upload.id });
    const etag = element.required('ETag').replaceAll('"', '');
    const part = byNumber.get(number);
    if (!part || part.etag !== `"${etag}"`) throw invalidPart(upload, number, etag);
    checkPartChecksum(element, part, upload);
    parts.push(part);
  }
  const small = parts.slice(0, -1).find(({ size }) => size < smallestPart);
  if (small) {
    const { number, size, etag } = small;
    const members = { ProposedSize: size, MinSizeAllowed: smallestPart, PartNumber: number, ETag: etag };
    throw s3Error('EntityTooSmall', members);
  }
  return parts;
}

/** Who made the upload with a composite checksum has to name those of the parts again (apache/opendal #4580). */
function checkPartChecksum(element: XmlElement, part: Part, upload: Upload): void {
  const { checksum } = upload.settings;
  if (!checksum) return;
  const told = element.textOf(`Checksum${checksum.algorithm}`);
  if (told === undefined && checksum.type === 'COMPOSITE') {
    const what =
      `The upload was created using a ${checksum.algorithm.toLowerCase()} checksum. The complete request must include ` +
      `the checksum for each part. It was missing for part ${part.number} in the request.`;
    throw s3Error('InvalidRequest', {}, what);
  }
  if (told !== undefined && told !== part.checksum) throw invalidPart(upload, part.number, part.etag);
}

function invalidPart(upload: Upload, number: number, etag: string) {
  return s3Error('InvalidPart', { UploadId: upload.id, PartNumber: number, ETag: etag.replaceAll('"', '') });
}

/** What the request says of the object as a whole. */
function checkRequest(request: S3Request, { settings }: Upload, parts: readonly Part[]): void {
  const type = request.header('x-amz-checksum-type')?.toUpperCase();
  if (type !== undefined && settings.checksum && type !== settings.checksum.type) {
    const what =
      `The upload was created using the ${settings.checksum.type} checksum mode. The complete request must use the ` +
      'same checksum mode.';
    throw s3Error('InvalidRequest', {}, what);
  }
  const size = request.header('x-amz-mp-object-size');
  const actual = parts.reduce((sum, part) => sum + part.size, 0);
  if (size !== undefined && Number(size) !== actual) {
    const what = `The provided 'x-amz-mp-object-size' header value ${size} does not match what was computed: ${actual}`;
    throw s3Error('InvalidRequest', {}, what);
  }
}

function checkChecksum(request: S3Request, checksum: ObjectChecksum | undefined): void {
  if (!checksum) return;
  const told = request.header(checksumHeader(checksum.algorithm));
  if (told === undefined || told === checksum.value) return;
  throw s3Error('BadDigest', {}, `The ${checksum.algorithm} you specified did not match the calculated checksum.`);
}

async function* readParts(
  objects: ObjectFiles,
  parts: readonly Part[],
  digest: Digest | undefined,
): AsyncGenerator<Uint8Array> {
  for (const { file } of parts) {
    for await (const chunk of createReadStream(objects.bodies.pathOf(file), { highWaterMark: 1024 * 1024 })) {
      digest?.update(chunk as Uint8Array);
      yield chunk as Uint8Array;
    }
  }
}

async function objectChecksum(
  algorithm: ChecksumAlgorithm,
  parts: readonly Part[],
  whole: Digest | undefined,
): Promise<ObjectChecksum> {
  if (whole) {
    return { algorithm, value: Buffer.from(await whole.digest()).toString('base64'), type: 'FULL_OBJECT' };
  }
  const value = await compositeChecksum(
    algorithm,
    parts.map(({ checksum }) => checksum ?? ''),
  );
  return { algorithm, value, type: 'COMPOSITE' };
}

/** MD5 of the parts' MD5s, and how many they are. */
function compositeEtag(parts: readonly Part[]): string {
  const md5 = createHash('md5');
  for (const { etag } of parts) md5.update(Buffer.from(etag.replaceAll('"', ''), 'hex'));
  return `"${md5.digest('hex')}-${parts.length}"`;
}
