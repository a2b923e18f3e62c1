import type { ObjectDetails, ObjectVersion } from '../../store/objectIndex.js';
import { checksumHeader } from './checksums.js';
import { headerNotImplemented, invalidArgument, s3Error } from './errors.js';
import type { S3Request } from './request.js';
import { readTagHeader } from './tags.js';

/** Headers that S3 keeps with an object and gives back, beside the user's own metadata. */
const systemHeaders = [
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-type',
  'expires',
];

/** Settings that are kept and told, and change nothing here: bytes lie unencrypted on this machine's disk. */
const settingHeaders = [
  'x-amz-server-side-encryption',
  'x-amz-server-side-encryption-aws-kms-key-id',
  'x-amz-server-side-encryption-bucket-key-enabled',
  'x-amz-storage-class',
];

/** Headers whose effect a client would count on, and which have none here. */
const refusedHeaders = [
  'x-amz-grant-full-control',
  'x-amz-grant-read',
  'x-amz-grant-read-acp',
  'x-amz-grant-write-acp',
  'x-amz-object-lock-legal-hold',
  'x-amz-object-lock-mode',
  'x-amz-object-lock-retain-until-date',
  'x-amz-server-side-encryption-context',
  'x-amz-server-side-encryption-customer-algorithm',
  'x-amz-website-redirect-location',
  'x-amz-write-offset-bytes',
];

/** Classes from which objects can be read at once; those of an archive would have to be restored first. */
const storageClasses = [
  'STANDARD',
  'REDUCED_REDUNDANCY',
  'STANDARD_IA',
  'ONEZONE_IA',
  'INTELLIGENT_TIERING',
  'GLACIER_IR',
];
const archiveClasses = ['GLACIER', 'DEEP_ARCHIVE'];
const encryptions = ['AES256', 'aws:kms', 'aws:kms:dsse'];

/** Bytes of names and values of a user's metadata. */
const longestMetadata = 2048;

/** What a request that writes an object says of it, beside its bytes. */
export function readDetails(request: S3Request): ObjectDetails {
  for (const header of refusedHeaders) if (request.header(header) !== undefined) throw headerNotImplemented(header);
  checkAcl(request);
  const headers: Record<string, string> = {};
  for (const name of [...systemHeaders, ...settingHeaders]) {
    const value = request.header(name);
    if (value !== undefined && value !== '') headers[name] = value;
  }
  headers['content-type'] ??= 'binary/octet-stream';
  withoutFraming(headers);
  checkSettings(headers);
  const metadata = request.headersWith('x-amz-meta-');
  const size = Object.entries(metadata).reduce((sum, [name, value]) => sum + name.length + value.length, 0);
  if (size > longestMetadata) throw s3Error('MetadataTooLarge', { Size: size, MaxSizeAllowed: longestMetadata });
  return { headers, metadata, tags: readTagHeader(request.header('x-amz-tagging')) };
}

/** True for a header that belongs to how this object is stored, not to what it is. */
export function isSetting(name: string): boolean {
  return settingHeaders.includes(name);
}

/** What an answer says of the object's encryption and version, after writing and reading alike. */
export function settingsOf(details: ObjectDetails): Record<string, string | undefined> {
  const told = settingHeaders.filter((name) => name !== 'x-amz-storage-class');
  return Object.fromEntries(told.map((name) => [name, details.headers[name]]));
}

/** A bucket that never had versions tells no version ids. */
export function versionHeader(object: { versionId: string }, versioned: boolean): Record<string, string | undefined> {
  return { 'x-amz-version-id': versioned ? object.versionId : undefined };
}

/** All that GET and HEAD tell of an object, with the client's `response-…` wishes laid over. */
export function describe(object: ObjectVersion, request: S3Request, versioned: boolean): Record<string, string> {
  const { headers, metadata, tags, parts } = object.details;
  const told: Record<string, string> = { ...headers };
  if (told['x-amz-storage-class'] === 'STANDARD') delete told['x-amz-storage-class'];
  for (const name of systemHeaders) {
    const wish = request.query.get(`response-${name}`);
    if (wish !== undefined) told[name] = wish;
  }
  for (const [name, value] of Object.entries(metadata)) told[`x-amz-meta-${name}`] = value;
  told['etag'] = object.etag;
  told['last-modified'] = object.modified.toUTCString();
  told['accept-ranges'] = 'bytes';
  if (tags.length > 0) told['x-amz-tagging-count'] = String(tags.length);
  if (request.query.has('partNumber') && parts) told['x-amz-mp-parts-count'] = String(parts.length);
  if (versioned) told['x-amz-version-id'] = object.versionId;
  return told;
}

/** The object's checksum, for a client that asks for it. */
export function checksumHeaders({ checksum }: ObjectDetails): Record<string, string> {
  if (!checksum) return {};
  return { [checksumHeader(checksum.algorithm)]: checksum.value, 'x-amz-checksum-type': checksum.type };
}

/** `aws-chunked` is how the body travelled, not what it is. */
function withoutFraming(headers: Record<string, string>): void {
  const encodings = headers['content-encoding']?.split(',').map((each) => each.trim()) ?? [];
  const kept = encodings.filter((each) => each !== '' && each.toLowerCase() !== 'aws-chunked');
  if (kept.length > 0) headers['content-encoding'] = kept.join(', ');
  else delete headers['content-encoding'];
}

function checkSettings(headers: Readonly<Record<string, string>>): void {
  const storage = headers['x-amz-storage-class'];
  if (storage !== undefined && archiveClasses.includes(storage)) {
    throw headerNotImplemented(`x-amz-storage-class: ${storage}`);
  }
  if (storage !== undefined && !storageClasses.includes(storage)) throw s3Error('InvalidStorageClass');
  const encryption = headers['x-amz-server-side-encryption'];
  if (encryption !== undefined && !encryptions.includes(encryption)) {
    const what = 'The encryption method specified is not supported';
    throw invalidArgument('x-amz-server-side-encryption', encryption, what);
  }
}

/** Buckets are as AWS makes them since April 2023: without access control lists (BucketOwnerEnforced). */
function checkAcl(request: S3Request): void {
  const acl = request.header('x-amz-acl');
  if (acl !== undefined && acl !== 'private' && acl !== 'bucket-owner-full-control') {
    throw s3Error('AccessControlListNotSupported');
  }
}
