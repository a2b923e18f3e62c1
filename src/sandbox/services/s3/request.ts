import type { VerifiedRequest } from '../../protocol/http.js';
import { ServiceError } from '../../protocol/service.js';
import type { Access } from '../ports.js';
import { s3Error } from './errors.js';

/** Longest key, in bytes of UTF-8. */
const longestKey = 1024;

/** A request as S3's operations see it: bucket, key, decoded query, and who asks. */
export class S3Request {
  readonly method: string;
  /** Empty for the account's own operations. */
  readonly bucket: string;
  /** Empty for a bucket's own operations. */
  readonly key: string;
  readonly query: ReadonlyMap<string, string>;
  /** Who has the buckets here: the account. */
  readonly account: string;

  constructor(
    readonly http: VerifiedRequest,
    private readonly access: Access,
  ) {
    this.method = http.message.method ?? 'GET';
    this.account = http.caller.account;
    this.query = parseQuery(http.rawQuery);
    const [bucket, key] = parsePath(http);
    this.bucket = bucket;
    this.key = key;
    if (Buffer.byteLength(key) > longestKey) {
      throw s3Error('KeyTooLongError', { Size: Buffer.byteLength(key), MaxSizeAllowed: longestKey });
    }
  }

  /** A header; of a presigned URL also a parameter that was signed into the query in a header's place. */
  header(name: string): string | undefined {
    const value = this.http.message.headers[name];
    if (Array.isArray(value)) return value.join(',');
    return value ?? (this.presigned && isHoisted(name) ? this.query.get(name) : undefined);
  }

  /** Headers that begin with `prefix`, by the rest of their name. */
  headersWith(prefix: string): Record<string, string> {
    const found: Record<string, string> = {};
    const names = new Set(Object.keys(this.http.message.headers));
    if (this.presigned) for (const name of this.query.keys()) names.add(name);
    for (const name of names) {
      const value = name.startsWith(prefix) ? this.header(name) : undefined;
      if (value !== undefined) found[name.slice(prefix.length)] = value;
    }
    return found;
  }

  /** @throws {ServiceError} AccessDenied. */
  require(action: string, bucket = this.bucket, key = this.key, context?: Readonly<Record<string, string>>): void {
    const resource = bucket === '' ? '*' : `arn:aws:s3:::${bucket}${key === '' ? '' : `/${key}`}`;
    try {
      this.access.require(this.http.caller, `s3:${action}`, resource, context);
    } catch (error) {
      if (!(error instanceof ServiceError) || error.status !== 403) throw error;
      // Same words, but S3's own name for it.
      throw s3Error('AccessDenied', {}, error.message);
    }
  }

  /**
   * A client may say whose bucket it believes to talk to; here all of them are the account's.
   * @throws {ServiceError} AccessDenied.
   */
  requireOwner(header: string): void {
    const expected = this.header(header);
    if (expected !== undefined && expected !== this.account) throw s3Error('AccessDenied');
  }

  private get presigned(): boolean {
    return this.query.has('X-Amz-Signature');
  }
}

/**
 * Checksums count in headers alone: the JavaScript SDK signs that of an empty body into every URL for an upload, and S3
 * does not look at it (localstack/localstack #12169, aws/aws-sdk #480).
 */
function isHoisted(name: string): boolean {
  return name.startsWith('x-amz-') && !/^x-amz-(sdk-)?checksum-/.test(name);
}

function parsePath({ rawPath, bucketOfHost }: VerifiedRequest): [bucket: string, key: string] {
  const path = decode(rawPath.slice(1));
  if (bucketOfHost !== undefined) return [bucketOfHost, path];
  const slash = path.indexOf('/');
  return slash < 0 ? [path, ''] : [path.slice(0, slash), path.slice(slash + 1)];
}

function parseQuery(query: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const pair of query.split('&')) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const [name, value] = equals < 0 ? [pair, ''] : [pair.slice(0, equals), pair.slice(equals + 1)];
    // The first of a name counts.
    const decoded = decode(name.replaceAll('+', ' '));
    if (!found.has(decoded)) found.set(decoded, decode(value.replaceAll('+', ' ')));
  }
  return found;
}

/** @throws {ServiceError} InvalidURI for escapes that are none, or bytes that are no UTF-8. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw s3Error('InvalidURI', { URI: text });
  }
}
