import { endOfPrefix } from '../../store/keyRange.js';
import type { ObjectFiles } from '../../store/objectFiles.js';
import type { ObjectVersion, Version } from '../../store/objectIndex.js';
import { ownerXml } from './buckets.js';
import { invalidArgument } from './errors.js';
import { findUpload } from './multipart.js';
import { listPage, type Listing, type ListingQuery } from './listing.js';
import { xmlAnswer, type Answer, type S3Operations } from './operation.js';
import type { S3Request } from './request.js';
import { xmlDocument, xmlElement, xmlText } from './xml.js';

/** S3 gives at most this many at a time, whatever is asked for. */
const longestPage = 1000;

/** Lists of objects, versions, multipart uploads and parts. */
export function listOperations(objects: ObjectFiles): S3Operations {
  return {
    ListObjectsV2: { action: 'ListBucket', context, run: (request) => listObjectsV2(objects, request) },
    ListObjects: { action: 'ListBucket', context, run: (request) => listObjects(objects, request) },
    ListObjectVersions: { action: 'ListBucketVersions', context, run: (request) => listVersions(objects, request) },
    ListMultipartUploads: {
      action: 'ListBucketMultipartUploads',
      context,
      run: (request) => listUploads(objects, request),
    },
    ListParts: { action: 'ListMultipartUploadParts', run: (request) => listParts(objects, request) },
  };
}

/** "Actions, resources, and condition keys for Amazon S3": what a policy may ask about a list. */
function context({ query }: S3Request): Record<string, string> {
  const names = ['prefix', 'delimiter', 'max-keys'].filter((name) => query.has(name));
  return Object.fromEntries(names.map((name) => [`s3:${name}`, query.get(name) ?? '']));
}

function listObjectsV2(objects: ObjectFiles, request: S3Request): Answer {
  const { query } = request;
  const token = query.get('continuation-token');
  const after = token === undefined ? (query.get('start-after') ?? '') : readToken(token);
  const asked = { ...common(request), after };
  const listing = pageOfObjects(objects, request, asked);
  const encode = encoderOf(request);
  const withOwner = query.get('fetch-owner') === 'true';
  return xmlAnswer(
    xmlDocument(
      'ListBucketResult',
      head(request, asked, listing),
      xmlText('StartAfter', query.has('start-after') ? encode(query.get('start-after') ?? '') : undefined),
      xmlText('KeyCount', listing.entries.length + listing.commonPrefixes.length),
      xmlText('ContinuationToken', token),
      xmlText('NextContinuationToken', listing.truncated ? writeToken(listing.last ?? '') : undefined),
      ...listing.entries.map((object) => objectXml(object, encode, withOwner ? ownerXml(request.account) : '')),
      prefixesXml(listing, encode),
    ),
  );
}

function listObjects(objects: ObjectFiles, request: S3Request): Answer {
  const marker = request.query.get('marker') ?? '';
  const asked = { ...common(request), after: marker };
  const listing = pageOfObjects(objects, request, asked);
  const encode = encoderOf(request);
  // "This element is returned only if you have the delimiter request parameter specified."
  const next = listing.truncated && asked.delimiter !== '' ? encode(listing.last ?? '') : undefined;
  return xmlAnswer(
    xmlDocument(
      'ListBucketResult',
      head(request, asked, listing),
      xmlText('Marker', encode(marker)),
      xmlText('NextMarker', next),
      ...listing.entries.map((object) => objectXml(object, encode, ownerXml(request.account))),
      prefixesXml(listing, encode),
    ),
  );
}

function pageOfObjects(objects: ObjectFiles, { bucket }: S3Request, asked: ListingQuery): Listing<ObjectVersion> {
  const until = endOfPrefix(asked.prefix);
  return listPage((from) => objects.index.scan(bucket, from, until), asked);
}

function listVersions(objects: ObjectFiles, request: S3Request): Answer {
  const { bucket, query, account } = request;
  const keyMarker = query.get('key-marker') ?? '';
  const versionMarker = query.get('version-id-marker') || undefined;
  const marker = versionMarker === undefined ? undefined : objects.index.find(bucket, keyMarker, versionMarker);
  if (versionMarker !== undefined && !marker) {
    throw invalidArgument('version-id-marker', versionMarker, 'Invalid version id specified');
  }
  const asked = { ...common(request), after: keyMarker, within: marker !== undefined };
  const until = endOfPrefix(asked.prefix);
  const listing = listPage(
    (from) => objects.index.scanVersions(bucket, from, from === marker?.key ? marker.sequence : newest, until),
    asked,
  );
  const encode = encoderOf(request);
  const last = listing.entries.at(-1);
  return xmlAnswer(
    xmlDocument(
      'ListVersionsResult',
      head(request, asked, listing),
      xmlText('KeyMarker', encode(keyMarker)),
      xmlText('VersionIdMarker', versionMarker ?? ''),
      xmlText('NextKeyMarker', listing.truncated ? encode(listing.last ?? '') : undefined),
      // A page that ends with a common prefix ends in no key's versions.
      xmlText('NextVersionIdMarker', listing.truncated && last?.key === listing.last ? last?.versionId : undefined),
      ...listing.entries.map((version) => versionXml(version, encode, ownerXml(account))),
      prefixesXml(listing, encode),
    ),
  );
}

/** Above the sequence of every version. */
const newest = Number.MAX_SAFE_INTEGER;

function listUploads(objects: ObjectFiles, request: S3Request): Answer {
  const { bucket, query, account } = request;
  const keyMarker = query.get('key-marker') ?? '';
  // "If key-marker is not specified, the upload-id-marker parameter is ignored."
  const idMarker = keyMarker === '' ? '' : (query.get('upload-id-marker') ?? '');
  const asked = { ...common(request, 'max-uploads'), after: keyMarker, within: idMarker !== '' };
  const until = endOfPrefix(asked.prefix);
  const listing = listPage(
    (from) => objects.uploads.scan(bucket, from, from === keyMarker ? idMarker : '', until),
    asked,
  );
  const encode = encoderOf(request);
  const last = listing.entries.at(-1);
  const uploads = listing.entries.map(({ id, key, initiated, settings }) =>
    xmlElement(
      'Upload',
      xmlText('UploadId', id),
      xmlText('Key', encode(key)),
      ownerXml(account, 'Initiator'),
      ownerXml(account),
      xmlText('StorageClass', settings.details.headers['x-amz-storage-class'] ?? 'STANDARD'),
      xmlText('Initiated', initiated.toISOString()),
      xmlText('ChecksumAlgorithm', settings.checksum?.algorithm),
      xmlText('ChecksumType', settings.checksum?.type),
    ),
  );
  return xmlAnswer(
    xmlDocument(
      'ListMultipartUploadsResult',
      xmlText('Bucket', bucket),
      xmlText('KeyMarker', encode(keyMarker)),
      xmlText('UploadIdMarker', idMarker),
      xmlText('NextKeyMarker', listing.truncated ? encode(listing.last ?? '') : undefined),
      xmlText('NextUploadIdMarker', listing.truncated && last?.key === listing.last ? last?.id : undefined),
      xmlText('Prefix', encode(asked.prefix)),
      xmlText('Delimiter', asked.delimiter === '' ? undefined : encode(asked.delimiter)),
      xmlText('EncodingType', query.get('encoding-type')),
      xmlText('MaxUploads', asked.limit),
      xmlText('IsTruncated', listing.truncated),
      ...uploads,
      prefixesXml(listing, encode),
    ),
  );
}

function listParts(objects: ObjectFiles, request: S3Request): Answer {
  const { bucket, key, account } = request;
  const upload = findUpload(objects, request);
  const marker = readLimit(request, 'part-number-marker', 0, 10_000);
  const limit = readLimit(request, 'max-parts', longestPage);
  const found = objects.uploads.parts(upload.id, marker, limit + 1);
  const page = found.slice(0, limit);
  const { details, checksum } = upload.settings;
  const parts = page.map((part) =>
    xmlElement(
      'Part',
      xmlText('PartNumber', part.number),
      xmlText('LastModified', part.modified.toISOString()),
      xmlText('ETag', part.etag),
      xmlText('Size', part.size),
      checksum ? xmlText(`Checksum${checksum.algorithm}`, part.checksum) : '',
    ),
  );
  return xmlAnswer(
    xmlDocument(
      'ListPartsResult',
      xmlText('Bucket', bucket),
      xmlText('Key', key),
      xmlText('UploadId', upload.id),
      ownerXml(account, 'Initiator'),
      ownerXml(account),
      xmlText('StorageClass', details.headers['x-amz-storage-class'] ?? 'STANDARD'),
      xmlText('PartNumberMarker', marker),
      xmlText('NextPartNumberMarker', page.at(-1)?.number ?? 0),
      xmlText('MaxParts', limit),
      xmlText('IsTruncated', found.length > limit),
      xmlText('ChecksumAlgorithm', checksum?.algorithm),
      xmlText('ChecksumType', checksum?.type),
      ...parts,
    ),
  );
}

function common(request: S3Request, limit = 'max-keys'): Omit<ListingQuery, 'after'> {
  const { query } = request;
  return {
    prefix: query.get('prefix') ?? '',
    delimiter: query.get('delimiter') ?? '',
    limit: readLimit(request, limit, longestPage),
  };
}

function readLimit({ query }: S3Request, name: string, usual: number, most = longestPage): number {
  const asked = query.get(name);
  if (asked === undefined || asked === '') return usual;
  const number = Number(asked);
  if (/^\d+$/.test(asked) && number <= 2 ** 31 - 1) return Math.min(number, most);
  throw invalidArgument(name, asked, `Argument ${name} must be an integer between 0 and 2147483647`);
}

/** What all lists of objects and versions begin with. */
function head(request: S3Request, asked: ListingQuery, { truncated }: Listing<unknown>): string {
  const encode = encoderOf(request);
  return [
    xmlText('Name', request.bucket),
    xmlText('Prefix', encode(asked.prefix)),
    xmlText('Delimiter', asked.delimiter === '' ? undefined : encode(asked.delimiter)),
    xmlText('EncodingType', request.query.get('encoding-type')),
    xmlText('MaxKeys', asked.limit),
    xmlText('IsTruncated', truncated),
  ].join('');
}

function objectXml(object: ObjectVersion, encode: (key: string) => string, owner: string): string {
  return xmlElement('Contents', xmlText('Key', encode(object.key)), contentXml(object), owner);
}

function versionXml(version: Version, encode: (key: string) => string, owner: string): string {
  const { key, versionId, latest, modified } = version;
  const named = [xmlText('Key', encode(key)), xmlText('VersionId', versionId), xmlText('IsLatest', latest)];
  return version.marker
    ? xmlElement('DeleteMarker', ...named, xmlText('LastModified', modified.toISOString()), owner)
    : xmlElement('Version', ...named, contentXml(version), owner);
}

function contentXml({ modified, etag, size, details }: ObjectVersion): string {
  return [
    xmlText('LastModified', modified.toISOString()),
    xmlText('ETag', etag),
    xmlText('ChecksumAlgorithm', details.checksum?.algorithm),
    xmlText('ChecksumType', details.checksum?.type),
    xmlText('Size', size),
    xmlText('StorageClass', details.headers['x-amz-storage-class'] ?? 'STANDARD'),
  ].join('');
}

function prefixesXml({ commonPrefixes }: Listing<unknown>, encode: (key: string) => string): string {
  return commonPrefixes.map((prefix) => xmlElement('CommonPrefixes', xmlText('Prefix', encode(prefix)))).join('');
}

/** `encoding-type=url`: as in a form (boto3 reads `+` as a blank), but slashes stay. */
function encoderOf({ query }: S3Request): (key: string) => string {
  const type = query.get('encoding-type');
  if (type === undefined) return (key) => key;
  if (type !== 'url') throw invalidArgument('encoding-type', type, 'Invalid Encoding Method specified in Request');
  return (key) => encodeURIComponent(key).replaceAll('%20', '+').replaceAll('%2F', '/');
}

function writeToken(last: string): string {
  return Buffer.from(last).toString('base64url');
}

function readToken(token: string): string {
  const last = Buffer.from(token, 'base64url');
  if (token !== '' && last.toString('base64url') === token) return last.toString();
  throw invalidArgument('continuation-token', token, 'The continuation token provided is incorrect');
}
