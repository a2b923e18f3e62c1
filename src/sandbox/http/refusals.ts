import { ServiceError } from '../protocol/service.js';

/** How a family of services words its refusals: awsJson and restJson, awsQuery, S3. */
export type Dialect = 'json' | 'query' | 's3';

/** Why a request is not let in, as the service would say it. */
export interface Refusals {
  unsigned(): ServiceError;
  /** Parts of the signature are missing or unreadable. */
  incomplete(message: string): ServiceError;
  /** The presigned form of it. */
  incompleteQuery(message: string): ServiceError;
  noDate(): ServiceError;
  unknownKey(accessKeyId: string): ServiceError;
  /** Without a message: the signature is not the one that the secret gives. */
  mismatch(message?: string): ServiceError;
  tooOld(timestamp: string, now: number): ServiceError;
  tooNew(timestamp: string, now: number): ServiceError;
  expiredUrl(): ServiceError;
  expiredToken(): ServiceError;
  wrongToken(): ServiceError;
}

/*
 * Wording measured on AWS by others: mhart/dynalite (index.js) for the json services; aws/aws-cli #6676, aws/aws-sdk-js
 * #254 for the skew; S3's error list for S3.
 */
const wrongSecret =
  'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and ' +
  'signing method. Consult the service documentation for details.';

/** The json services' codes are the query services' with `Exception`, and another one for a key that is not known. */
function services(codes: Record<'incomplete' | 'mismatch' | 'unsigned' | 'unknown' | 'expired', string>): Refusals {
  const refuse = (code: string, message: string): ServiceError => new ServiceError(code, message, 403);
  const incomplete = (message: string): ServiceError => refuse(codes.incomplete, message);
  const unknown = (): ServiceError => refuse(codes.unknown, 'The security token included in the request is invalid.');
  return {
    unsigned: () => refuse(codes.unsigned, 'Request is missing Authentication Token'),
    incomplete,
    incompleteQuery: incomplete,
    noDate: () => incomplete(`Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.`),
    unknownKey: unknown,
    mismatch: (message = wrongSecret) => refuse(codes.mismatch, message),
    tooOld: (timestamp, now) => {
      const earliest = basicDate(now - allowedSkew);
      return refuse(
        codes.mismatch,
        `Signature expired: ${timestamp} is now earlier than ${earliest} (${basicDate(now)} - 15 min.)`,
      );
    },
    tooNew: (timestamp, now) => {
      const latest = basicDate(now + allowedSkew);
      return refuse(
        codes.mismatch,
        `Signature not yet current: ${timestamp} is still later than ${latest} (${basicDate(now)} + 15 min.)`,
      );
    },
    expiredUrl: () =>
      refuse(codes.mismatch, 'Signature expired: the time that the presigned URL was good for is over.'),
    expiredToken: () => refuse(codes.expired, 'The security token included in the request is expired'),
    wrongToken: unknown,
  };
}

const s3: Refusals = {
  unsigned: () => new ServiceError('AccessDenied', 'Access Denied', 403),
  incomplete: (message) => new ServiceError('AuthorizationHeaderMalformed', message, 400),
  incompleteQuery: (message) => new ServiceError('AuthorizationQueryParametersError', message, 400),
  noDate: () => new ServiceError('AccessDenied', 'AWS authentication requires a valid Date or x-amz-date header', 403),
  unknownKey: (AWSAccessKeyId) =>
    new ServiceError('InvalidAccessKeyId', 'The AWS Access Key Id you provided does not exist in our records.', 403, {
      AWSAccessKeyId,
    }),
  mismatch: (
    message = 'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
  ) => new ServiceError('SignatureDoesNotMatch', message, 403),
  tooOld: (timestamp, now) => tooSkewed(timestamp, now),
  tooNew: (timestamp, now) => tooSkewed(timestamp, now),
  expiredUrl: () => new ServiceError('AccessDenied', 'Request has expired', 403),
  expiredToken: () => new ServiceError('ExpiredToken', 'The provided token has expired.', 400),
  wrongToken: () => new ServiceError('InvalidToken', 'The provided token is malformed or otherwise invalid.', 400),
};

function tooSkewed(RequestTime: string, now: number): ServiceError {
  return new ServiceError(
    'RequestTimeTooSkewed',
    'The difference between the request time and the current time is too large.',
    403,
    { RequestTime, ServerTime: new Date(now).toISOString(), MaxAllowedSkewMilliseconds: String(allowedSkew) },
  );
}

export function version2Refusal(): ServiceError {
  return new ServiceError(
    'InvalidRequest',
    'The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.',
  );
}

export const refusals: Readonly<Record<Dialect, Refusals>> = {
  json: services({
    incomplete: 'IncompleteSignatureException',
    mismatch: 'InvalidSignatureException',
    unsigned: 'MissingAuthenticationTokenException',
    unknown: 'UnrecognizedClientException',
    expired: 'ExpiredTokenException',
  }),
  query: services({
    incomplete: 'IncompleteSignature',
    mismatch: 'SignatureDoesNotMatch',
    unsigned: 'MissingAuthenticationToken',
    unknown: 'InvalidClientTokenId',
    expired: 'ExpiredToken',
  }),
  s3,
};

/** Between a request's time and ours, in milliseconds. */
export const allowedSkew = 15 * 60_000;

/** `20260102T030405Z`, ISO 8601's basic format. */
export function basicDate(time: number): string {
  return new Date(time).toISOString().replace(/[-:]|\.\d+/g, '');
}
