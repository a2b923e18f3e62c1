import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { canonicalRequest } from './http/canonicalRequest.js';
import { algorithm, checkSignedHeaders, type Claim, header, readClaim, type SignedRequest } from './http/claim.js';
import { allowedSkew, type Dialect, refusals } from './http/refusals.js';
import type { ChunkSigning, PayloadSigning } from './protocol/http.js';
import { type Caller, ServiceError } from './protocol/service.js';

/** Access keys and whom they belong to. Implemented by identity/identities.ts. */
export interface Credentials {
  /** Expired keys are still found, so that they can be refused as expired. */
  find(accessKeyId: string): Identity | undefined;
}

export interface Identity {
  readonly secretAccessKey: string;
  /** Of temporary keys: a request must carry exactly this token. */
  readonly sessionToken: string | undefined;
  readonly expires: Date | undefined;
  readonly caller: Caller;
}

export interface Verified {
  readonly caller: Caller;
  readonly payload: PayloadSigning;
}

const emptyHash = sha256('');

/**
 * Verifies AWS Signature Version 4, in the header and presigned. Every region is let in: the sandbox is the endpoint of
 * them all, so that a script which names its own region works here as it does on AWS.
 */
export class SignatureVerifier {
  private readonly keys = new SigningKeys();

  constructor(
    private readonly credentials: Credentials,
    private readonly now: () => number = Date.now,
  ) {}

  /**
   * @param service the signing name that the request has to be scoped to; undefined: any, for it will be refused
   * @throws {ServiceError} in the words of `dialect`
   */
  verify(request: SignedRequest, service: string | undefined, dialect: Dialect): Verified {
    const refusal = refusals[dialect];
    const claim = readClaim(request, dialect);
    if (!claim) throw refusal.unsigned();
    this.checkTime(claim, dialect);
    checkSignedHeaders(request.message, claim, dialect);
    if (service !== undefined && claim.service !== service) {
      throw refusal.mismatch(`Credential should be scoped to correct service: '${service}'. `);
    }

    const identity = this.credentials.find(claim.accessKeyId);
    if (!identity) throw refusal.unknownKey(claim.accessKeyId);

    const contentHash = request.body ? sha256(request.body) : declaredHash(request, claim);
    const { message, path, query } = request;
    const canonical = canonicalRequest(message, path, query, claim.signedHeaders, contentHash, dialect === 's3');
    if (canonical === undefined) throw refusal.mismatch();
    const key = this.keys.get(identity.secretAccessKey, claim);
    const scope = `${claim.date}/${claim.region}/${claim.service}/aws4_request`;
    const expected = hmacHex(key, `${algorithm}\n${claim.timestamp}\n${scope}\n${sha256(canonical)}`);
    if (!sameText(expected, claim.signature)) throw refusal.mismatch();

    // Last: who does not know the secret learns nothing about the token.
    if (!sameText(identity.sessionToken ?? '', claim.sessionToken ?? '')) throw refusal.wrongToken();
    if (identity.expires && identity.expires.getTime() <= this.now()) throw refusal.expiredToken();

    const chunks = { key, scope, timestamp: claim.timestamp, seed: claim.signature };
    return { caller: identity.caller, payload: payloadSigning(contentHash, chunks) };
  }

  private checkTime({ timestamp, date, presignedFor }: Claim, dialect: Dialect): void {
    const refusal = refusals[dialect];
    const at = parseBasicDate(timestamp);
    if (at === undefined) {
      throw dialect === 's3'
        ? refusal.noDate()
        : refusal.incomplete(
            `Date must be in ISO-8601 'basic format'. Got '${timestamp}'. See http://en.wikipedia.org/wiki/ISO_8601`,
          );
    }
    const now = this.now();
    if (at - now > allowedSkew) throw refusal.tooNew(timestamp, now);
    if (presignedFor !== undefined) {
      if (now > at + presignedFor * 1000) throw refusal.expiredUrl();
    } else if (now - at > allowedSkew) throw refusal.tooOld(timestamp, now);
    if (!timestamp.startsWith(date)) {
      throw refusal.mismatch(
        'Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: ' +
          `'${date}' != '${timestamp.slice(0, 8)}', from '${timestamp}'.`,
      );
    }
  }
}

/** Signature of a chunk of an aws-chunked body. `previous`: that of the chunk before it, at first `chunks.seed`. */
export function chunkSignature(chunks: ChunkSigning, previous: string, chunkSha256: string): string {
  const text = `${algorithm}-PAYLOAD\n${chunks.timestamp}\n${chunks.scope}\n${previous}\n${emptyHash}\n${chunkSha256}`;
  return hmacHex(chunks.key, text);
}

/** Signature of the trailing headers; `trailerSha256` is over their lines, `name:value\n` each. */
export function trailerSignature(chunks: ChunkSigning, previous: string, trailerSha256: string): string {
  return hmacHex(
    chunks.key,
    `${algorithm}-TRAILER\n${chunks.timestamp}\n${chunks.scope}\n${previous}\n${trailerSha256}`,
  );
}

/** In the same time whatever differs: how far two signatures agree must not be measurable. */
export function sameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

/** S3: the hash of the body as the request declares it, or one of the words that stand for it. */
function declaredHash({ message, query }: SignedRequest, claim: Claim): string {
  const declared =
    header(message, 'x-amz-content-sha256') ??
    (claim.presigned ? (new URLSearchParams(query).get('X-Amz-Content-Sha256') ?? 'UNSIGNED-PAYLOAD') : undefined);
  if (declared === undefined) {
    throw new ServiceError('InvalidRequest', 'Missing required header for this request: x-amz-content-sha256');
  }
  return declared;
}

function payloadSigning(contentHash: string, chunks: ChunkSigning): PayloadSigning {
  switch (contentHash) {
    case 'UNSIGNED-PAYLOAD':
      return { kind: 'unsigned' };
    case 'STREAMING-UNSIGNED-PAYLOAD-TRAILER':
      return { kind: 'chunked', trailer: true, chunks: undefined };
    case 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD':
      return { kind: 'chunked', trailer: false, chunks };
    case 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER':
      return { kind: 'chunked', trailer: true, chunks };
  }
  if (/^[0-9a-f]{64}$/i.test(contentHash)) return { kind: 'signed', sha256: contentHash.toLowerCase() };
  throw new ServiceError(
    'InvalidArgument',
    'x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, ' +
      'STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid sha256 value.',
    400,
    { ArgumentName: 'x-amz-content-sha256', ArgumentValue: contentHash },
  );
}

/** The keys that secrets give for a day, region and service. Four HMACs each, so they are kept. */
class SigningKeys {
  private readonly keys = new Map<string, Buffer>();

  get(secret: string, { date, region, service }: Claim): Buffer {
    const name = `${secret}/${date}/${region}/${service}`;
    let key = this.keys.get(name);
    if (!key) {
      // Days go by and temporary keys come and go; a few are in use at a time.
      if (this.keys.size >= 1000) this.keys.clear();
      key = [date, region, service, 'aws4_request'].reduce(hmac, Buffer.from(`AWS4${secret}`));
      this.keys.set(name, key);
    }
    return key;
  }
}

function parseBasicDate(text: string): number | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (!match) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1).map(Number);
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

function hmac(key: Uint8Array, data: string): Buffer {
  return createHmac('sha256', key).update(data).digest();
}

function hmacHex(key: Uint8Array, data: string): string {
  return createHmac('sha256', key).update(data).digest('hex');
}
