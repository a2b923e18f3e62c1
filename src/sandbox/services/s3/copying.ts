import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { ObjectFiles } from '../../store/objectFiles.js';
import type { ObjectChecksum, ObjectDetails, ObjectVersion } from '../../store/objectIndex.js';
import { isChecksumAlgorithm, newDigest, type ChecksumAlgorithm } from './checksums.js';
import { judgeRead, preconditionFailed } from './conditions.js';
import { headerNotImplemented, invalidArgument, s3Error } from './errors.js';
import { findObject, whileItExists, type ObjectName } from './finding.js';
import { longestUpload } from './incomingBody.js';
import { isSetting, readDetails } from './objectHeaders.js';
import { xmlAnswer, type Answer, type S3Operations } from './operation.js';
import type { ByteRange } from './ranges.js';
import type { S3Request } from './request.js';
import { judgeOf, requireTagging, writtenHeaders } from './writing.js';
import { xmlDocument, xmlText } from './xml.js';

/** CopyObject. */
export function copyOperations(objects: ObjectFiles): S3Operations {
  return { CopyObject: { action: 'PutObject', run: (request) => copyObject(objects, request) } };
}

async function copyObject(objects: ObjectFiles, request: S3Request): Promise<Answer> {
  const { bucket, key } = request;
  const judge = judgeOf(request);
  judge(objects.index.latest(bucket, key));
  const asked = readDetails(request);
  return whileItExists(openSource(objects, request), async (source) => {
    if (source.size > longestUpload) {
      const what = `The specified copy source is larger than the maximum allowable size for a copy source: ${longestUpload}`;
      throw s3Error('InvalidRequest', {}, what);
    }
    checkSelfCopy(request, source);
    const described = describeCopy(request, source, asked);
    requireTagging(request, described);

    const { etag, checksum } = await rehash(objects, source, askedAlgorithm(request));
    const details = { ...described, ...(checksum && { checksum }) };
    const body = await objects.bodies.share(source);
    const copy = await objects.publish({ bucket, key, ...body, etag, details }, judge);
    const content = [
      xmlText('LastModified', copy.modified.toISOString()),
      xmlText('ETag', copy.etag),
      ...(checksum
        ? [xmlText(`Checksum${checksum.algorithm}`, checksum.value), xmlText('ChecksumType', checksum.type)]
        : []),
    ];
    const { etag: _, ...headers } = writtenHeaders(objects, copy);
    return xmlAnswer(xmlDocument('CopyObjectResult', ...content), { ...headers, ...sourceHeaders(objects, source) });
  });
}

/** Finds the source of a copy anew each time, with all that has to be checked of it. */
export function openSource(objects: ObjectFiles, request: S3Request): () => ObjectVersion {
  const name = parseSource(request.header('x-amz-copy-source') ?? '');
  objects.bucket(name.bucket);
  request.requireOwner('x-amz-source-expected-bucket-owner');
  request.require(name.versionId === undefined ? 'GetObject' : 'GetObjectVersion', name.bucket, name.key);
  return () => {
    const source = findObject(objects, request, name);
    const condition = judgeRead(source, {
      ifMatch: request.header('x-amz-copy-source-if-match'),
      ifNoneMatch: request.header('x-amz-copy-source-if-none-match'),
      ifModifiedSince: request.header('x-amz-copy-source-if-modified-since'),
      ifUnmodifiedSince: request.header('x-amz-copy-source-if-unmodified-since'),
    });
    // A copy has no "not modified" to answer with.
    if (condition !== undefined) throw preconditionFailed(`x-amz-copy-source-${condition}`);
    return source;
  };
}

export function sourceHeaders(objects: ObjectFiles, source: ObjectVersion): Record<string, string | undefined> {
  const versioned = objects.buckets.get(source.bucket)?.versioning !== undefined;
  return { 'x-amz-copy-source-version-id': versioned ? source.versionId : undefined };
}

/** The bytes of a stored object, or of a range of it. */
export function readStored(
  objects: ObjectFiles,
  { file }: ObjectVersion,
  range?: ByteRange,
): AsyncIterable<Uint8Array> {
  return createReadStream(objects.bodies.pathOf(file), { ...range, highWaterMark: 1024 * 1024 });
}

/** `[/]bucket/key[?versionId=…]`, the key percent-encoded. */
function parseSource(header: string): ObjectName {
  const [, path = '', versionId] = /^\/?(.*?)(?:\?versionId=([^&]+))?$/s.exec(header) ?? [];
  let decoded: string;
  try {
    decoded = decodeURIComponent(path);
  } catch {
    // Clients that do not encode it send what it is.
    decoded = path;
  }
  const slash = decoded.indexOf('/');
  if (decoded.startsWith('arn:')) throw headerNotImplemented('x-amz-copy-source: arn:… (access points)');
  if (slash < 1 || slash === decoded.length - 1) {
    const what = 'Copy Source must mention the source bucket and key: sourcebucket/sourcekey';
    throw invalidArgument('x-amz-copy-source', header, what);
  }
  return { bucket: decoded.slice(0, slash), key: decoded.slice(slash + 1), versionId };
}

function directive(request: S3Request, header: string): 'COPY' | 'REPLACE' {
  const value = request.header(header) ?? 'COPY';
  if (value === 'COPY' || value === 'REPLACE') return value;
  throw invalidArgument(header, value, `Unknown ${header.includes('tagging') ? 'tagging' : 'metadata'} directive.`);
}

/** An object onto itself is a way to change what is said of it: without a change it is a mistake. */
function checkSelfCopy(request: S3Request, source: ObjectVersion): void {
  const itself = source.bucket === request.bucket && source.key === request.key && source.latest;
  const changes =
    directive(request, 'x-amz-metadata-directive') === 'REPLACE' ||
    request.header('x-amz-storage-class') !== undefined ||
    request.header('x-amz-server-side-encryption') !== undefined ||
    request.header('x-amz-checksum-algorithm') !== undefined;
  if (!itself || changes) return;
  throw s3Error(
    'InvalidRequest',
    {},
    "This copy request is illegal because it is trying to copy an object to itself without changing the object's " +
      'metadata, storage class, website redirect location or encryption attributes.',
  );
}

function describeCopy(request: S3Request, source: ObjectVersion, asked: ObjectDetails): ObjectDetails {
  const { details } = source;
  const retag = directive(request, 'x-amz-tagging-directive') === 'REPLACE';
  if (!retag && details.tags.length > 0) request.require('GetObjectTagging', source.bucket, source.key);
  const tags = retag ? asked.tags : details.tags;
  if (directive(request, 'x-amz-metadata-directive') === 'REPLACE') return { ...asked, tags };
  // Storage class and encryption are the copy's own; they do not come with the source.
  const system = Object.entries(details.headers).filter(([name]) => !isSetting(name));
  const settings = Object.entries(asked.headers).filter(([name]) => isSetting(name));
  return { headers: Object.fromEntries([...system, ...settings]), metadata: details.metadata, tags };
}

function askedAlgorithm(request: S3Request): ChecksumAlgorithm | undefined {
  const name = request.header('x-amz-checksum-algorithm')?.toUpperCase();
  if (name === undefined || isChecksumAlgorithm(name)) return name;
  throw headerNotImplemented(`x-amz-checksum-algorithm: ${name}`);
}

/** A copy is made in one piece, so its tag and checksum are of its bytes, also where the source's are of its parts. */
async function rehash(
  objects: ObjectFiles,
  source: ObjectVersion,
  asked: ChecksumAlgorithm | undefined,
): Promise<{ etag: string; checksum: ObjectChecksum | undefined }> {
  const { checksum } = source.details;
  const algorithm = (asked ?? checksum?.algorithm) as ChecksumAlgorithm | undefined;
  const inOnePiece = !source.details.parts;
  const known = checksum?.algorithm === algorithm && checksum?.type !== 'COMPOSITE';
  if (inOnePiece && known) return { etag: source.etag, checksum };

  const md5 = createHash('md5');
  const digest = algorithm && newDigest(algorithm);
  for await (const chunk of readStored(objects, source)) {
    md5.update(chunk);
    digest?.update(chunk);
  }
  const value = digest && Buffer.from(await digest.digest()).toString('base64');
  return {
    etag: `"${md5.digest('hex')}"`,
    checksum: algorithm && value !== undefined ? { algorithm, value, type: 'FULL_OBJECT' } : undefined,
  };
}
