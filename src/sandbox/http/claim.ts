import { ServiceError } from '../protocol/service.js';
import type { Head } from './canonicalRequest.js';
import { basicDate, type Dialect, refusals, version2Refusal } from './refusals.js';

export interface SignedRequest {
  readonly message: Head;
  /** As sent, percent-encoding untouched. */
  readonly path: string;
  /** As sent, without the `?`. */
  readonly query: string;
  /** The whole of it; undefined for S3, whose reader holds the body to what `payload` says. */
  readonly body: Uint8Array | undefined;
}

/** What a request says of its signature, in its Authorization header or (presigned) in its query. */
export interface Claim {
  readonly accessKeyId: string;
  readonly date: string;
  readonly region: string;
  readonly service: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  readonly timestamp: string;
  readonly sessionToken: string | undefined;
  /** Of a presigned URL that says so: for how many seconds it is good. */
  readonly presignedFor: number | undefined;
  readonly presigned: boolean;
}

/** Signature Version 4's name on the wire. */
export const algorithm = 'AWS4-HMAC-SHA256';

/** A week, in seconds: the longest that a presigned URL may be good for. */
const longestPresigned = 604_800;

/** The signing name in a request's credential scope, for routing; undefined when it is not signed at all. */
export function scopedService(message: Head, query: string): string | undefined {
  const authorization = message.headers.authorization;
  const credential = authorization
    ? /Credential=([^,\s]+)/.exec(authorization)?.[1]
    : query.includes('X-Amz-Credential')
      ? new URLSearchParams(query).get('X-Amz-Credential')
      : undefined;
  return credential?.split('/').at(-2);
}

/**
 * Undefined when the request is not signed at all.
 * @throws {ServiceError} for what cannot be read, in the words of `dialect`.
 */
export function readClaim(request: SignedRequest, dialect: Dialect): Claim | undefined {
  const authorization = request.message.headers.authorization;
  if (authorization?.startsWith('AWS4-')) return headerClaim(request.message, authorization, dialect);
  // Signature version 2: boto3 still presigns S3 URLs with it unless `signature_version` is s3v4. AWS takes it only for
  // buckets made before June 2020, and so for none of ours.
  if (dialect === 's3' && (authorization?.startsWith('AWS ') || /(^|&)AWSAccessKeyId=/.test(request.query))) {
    throw version2Refusal();
  }
  const presigned = request.query.includes('X-Amz-Algorithm') || request.query.includes('X-Amz-Signature');
  return presigned ? queryClaim(new URLSearchParams(request.query), dialect) : undefined;
}

function headerClaim(message: Head, authorization: string, dialect: Dialect): Claim {
  const refusal = refusals[dialect];
  const [named = '', ...rest] = authorization.split(' ');
  if (named !== algorithm) throw refusal.incomplete(unsupported(named));
  const fields = new Map<string, string>();
  for (const field of rest.join('').split(',')) {
    const equals = field.indexOf('=');
    if (equals > 0) fields.set(field.slice(0, equals), field.slice(equals + 1));
  }
  const required = (name: string): string => fields.get(name) ?? '';
  const missing = ['Credential', 'Signature', 'SignedHeaders'].filter((name) => required(name) === '');
  if (missing.length > 0) {
    // AWS goes on to repeat the header; a signature has no business in messages that get logged.
    const each = missing.map((name) => `Authorization header requires '${name}' parameter. `);
    throw refusal.incomplete(each.join('').trimEnd());
  }
  const timestamp = header(message, 'x-amz-date') ?? fromHttpDate(message.headers.date);
  if (timestamp === undefined) throw refusal.noDate();
  return {
    ...readCredential(required('Credential'), refusal.incomplete),
    signedHeaders: required('SignedHeaders').toLowerCase().split(';'),
    signature: required('Signature'),
    timestamp,
    sessionToken: header(message, 'x-amz-security-token'),
    presignedFor: undefined,
    presigned: false,
  };
}

function queryClaim(query: URLSearchParams, dialect: Dialect): Claim {
  const { incompleteQuery } = refusals[dialect];
  const required = (name: string): string => {
    const value = query.get(name);
    if (value) return value;
    throw incompleteQuery(
      dialect === 's3'
        ? 'Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.'
        : `AWS query-string parameters must include '${name}'. Re-examine the query-string parameters.`,
    );
  };
  const named = required('X-Amz-Algorithm');
  if (named !== algorithm) throw incompleteQuery(unsupported(named));
  // Only S3 insists that a URL says for how long it is good.
  const expires = dialect === 's3' ? required('X-Amz-Expires') : query.get('X-Amz-Expires');
  const presignedFor = expires === null ? undefined : Number(expires);
  if (presignedFor !== undefined) {
    if (!Number.isInteger(presignedFor)) throw incompleteQuery('X-Amz-Expires should be a number');
    if (presignedFor < 0) throw incompleteQuery('X-Amz-Expires must be non-negative');
    if (presignedFor > longestPresigned) {
      throw incompleteQuery(
        'X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds',
      );
    }
  }
  return {
    ...readCredential(required('X-Amz-Credential'), incompleteQuery),
    signedHeaders: required('X-Amz-SignedHeaders').toLowerCase().split(';'),
    signature: required('X-Amz-Signature'),
    timestamp: required('X-Amz-Date'),
    sessionToken: query.get('X-Amz-Security-Token') ?? undefined,
    presignedFor,
    presigned: true,
  };
}

function readCredential(
  credential: string,
  incomplete: (message: string) => ServiceError,
): Pick<Claim, 'accessKeyId' | 'date' | 'region' | 'service'> {
  const parts = credential.split('/');
  const [accessKeyId, date, region, service, terminator] = parts;
  if (parts.length !== 5 || !accessKeyId || !date || !region || !service) {
    throw incomplete(
      `Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '${credential}'`,
    );
  }
  if (terminator !== 'aws4_request') {
    throw incomplete(`Credential should be scoped with a valid terminator: 'aws4_request', not '${terminator}'. `);
  }
  return { accessKeyId, date, region, service };
}

/** @throws {ServiceError} when the signature leaves out a header that it must be over. */
export function checkSignedHeaders(message: Head, { signedHeaders }: Claim, dialect: Dialect): void {
  if (!signedHeaders.includes('host')) {
    throw refusals[dialect].mismatch(`'Host' must be a 'SignedHeader' in the AWS Authorization.`);
  }
  if (dialect !== 's3') return;
  // On S3 such headers change what a request does: one that was slipped in must not count.
  const unsigned = Object.keys(message.headers).filter(
    (name) => name.startsWith('x-amz-') && !signedHeaders.includes(name),
  );
  if (unsigned.length > 0) {
    throw new ServiceError('AccessDenied', 'There were headers present in the request which were not signed', 403, {
      HeadersNotSigned: unsigned.join(', '),
    });
  }
}

function fromHttpDate(date: string | undefined): string | undefined {
  if (date === undefined) return undefined;
  const time = Date.parse(date);
  return Number.isNaN(time) ? date : basicDate(time);
}

function unsupported(named: string): string {
  return `Unsupported AWS 'algorithm': '${named}' (only ${algorithm} for now). `;
}

/** A header's value as it is signed. */
export function header(message: Head, name: string): string | undefined {
  const value = message.headers[name];
  return Array.isArray(value) ? value.join(',') : value;
}
