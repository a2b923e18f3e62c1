import { createHash } from 'node:crypto';
import { AwsChunkedBody } from './awsChunked.js';
import {
  checksumAlgorithms,
  checksumHeader,
  isChecksumAlgorithm,
  isChecksumValue,
  newDigest,
  type ChecksumAlgorithm,
} from './checksums.js';
import { headerNotImplemented, s3Error } from './errors.js';
import type { S3Request } from './request.js';

/** Longest body of one PutObject or UploadPart. */
export const longestUpload = 5 * 1024 ** 3;
/** Longest XML in a request: 1,000 keys of 1,024 bytes, each byte escaped, and their markup. */
const longestXml = 8 * 1024 ** 2;

/** The checksum that a request announces, in a header or for the end of its body. */
interface Announced {
  readonly algorithm: ChecksumAlgorithm;
  /** Undefined when it is in the trailer. */
  readonly value: string | undefined;
}

/**
 * A request's body, held to everything that the request says of it: length, SHA-256 of the signature, Content-MD5,
 * checksum. Constructing it makes the checks that need no body, so that a client which waits for `100 Continue` sends
 * nothing in vain; `read` lets it go on.
 */
export class IncomingBody {
  /** Bytes of the body itself, without framing. */
  readonly size: number;
  private readonly announced: Announced | undefined;
  private readonly contentMd5: string | undefined;
  private md5Digest: Buffer | undefined;
  private checksumValue: string | undefined;

  constructor(
    private readonly request: S3Request,
    private readonly options: {
      /** Computes a checksum with this algorithm when the request brings none. */
      readonly fallback?: ChecksumAlgorithm | undefined;
      /** The checksum in the headers is not the body's, but that of the object which the request completes. */
      readonly checksumIsOfObject?: boolean;
    } = {},
  ) {
    this.size = readSize(request);
    this.announced = options.checksumIsOfObject ? undefined : readAnnouncedChecksum(request);
    this.contentMd5 = request.header('content-md5');
    if (this.contentMd5 !== undefined && !/^[A-Za-z0-9+/]{22}==$/.test(this.contentMd5)) {
      throw s3Error('InvalidDigest', { 'Content-MD5': this.contentMd5 });
    }
  }

  get hasChecksum(): boolean {
    return this.announced !== undefined || this.contentMd5 !== undefined;
  }

  get algorithm(): ChecksumAlgorithm | undefined {
    return this.announced?.algorithm ?? this.options.fallback;
  }

  /** Once the body was read: what its bytes were, as hex. */
  get md5(): string {
    return this.md5Digest!.toString('hex');
  }

  /** Once the body was read: in base64, of `algorithm`. */
  get checksum(): string | undefined {
    return this.checksumValue;
  }

  /**
   * The bytes. Throws at the end when they are not what was announced: nothing that was made of them may be kept then.
   * @throws {ServiceError} IncompleteBody, BadDigest, XAmzContentSHA256Mismatch, SignatureDoesNotMatch…
   */
  async *read(): AsyncGenerator<Uint8Array> {
    const { payload, message, proceed } = this.request.http;
    proceed();
    // An error must leave the connection able to carry its answer, so the stream is not destroyed with the loop.
    const bytes: AsyncIterable<Uint8Array> = message.iterator({ destroyOnReturn: false });
    const framed = payload.kind === 'chunked' ? new AwsChunkedBody(bytes, payload) : undefined;
    const md5 = createHash('md5');
    const sha256 = payload.kind === 'signed' ? createHash('sha256') : undefined;
    const digest = this.algorithm && newDigest(this.algorithm);
    let size = 0;
    for await (const chunk of framed?.read() ?? bytes) {
      size += chunk.length;
      if (size > this.size) throw s3Error('IncompleteBody');
      md5.update(chunk);
      sha256?.update(chunk);
      digest?.update(chunk);
      yield chunk;
    }
    if (size !== this.size) throw s3Error('IncompleteBody');
    this.md5Digest = md5.digest();
    this.checksumValue = digest && Buffer.from(await digest.digest()).toString('base64');
    if (payload.kind === 'signed') checkSha256(payload.sha256, sha256!.digest('hex'));
    this.checkMd5(this.md5Digest);
    this.checkChecksum(framed?.trailers);
  }

  /** All of a short body: the XML of a request. */
  async text(): Promise<string> {
    if (this.size > longestXml) throw s3Error('MaxMessageLengthExceeded', { MaxMessageLengthBytes: longestXml });
    const chunks: Uint8Array[] = [];
    for await (const chunk of this.read()) chunks.push(chunk);
    return Buffer.concat(chunks).toString('utf8');
  }

  private checkMd5(calculated: Buffer): void {
    if (this.contentMd5 === undefined || this.contentMd5 === calculated.toString('base64')) return;
    throw s3Error('BadDigest', { ExpectedDigest: this.contentMd5, CalculatedDigest: calculated.toString('base64') });
  }

  private checkChecksum(trailers: ReadonlyMap<string, string> = new Map()): void {
    if (trailers.size > 0 && (!this.announced || this.announced.value !== undefined))
      throw s3Error('MalformedTrailerError');
    if (!this.announced) return;
    const { algorithm } = this.announced;
    let { value } = this.announced;
    if (value === undefined) {
      const trailer = trailers.get(checksumHeader(algorithm));
      if (trailer === undefined) throw s3Error('MalformedTrailerError');
      if (!isChecksumValue(algorithm, trailer)) {
        const what = `Value for ${checksumHeader(algorithm)} trailing header is invalid.`;
        throw s3Error('InvalidRequest', {}, what);
      }
      value = trailer;
    }
    if (value !== this.checksumValue) {
      throw s3Error('BadDigest', {}, `The ${algorithm} you specified did not match the calculated checksum.`);
    }
  }
}

function checkSha256(claimed: string, calculated: string): void {
  if (claimed === calculated) return;
  throw s3Error('XAmzContentSHA256Mismatch', {
    ClientComputedContentSHA256: claimed,
    S3ComputedContentSHA256: calculated,
  });
}

function readSize(request: S3Request): number {
  const chunked = request.http.payload.kind === 'chunked';
  const declared = request.header(chunked ? 'x-amz-decoded-content-length' : 'content-length');
  if (declared === undefined) {
    // A request without a body has no length either; one of unknown length S3 does not take.
    if (!chunked && request.header('transfer-encoding') === undefined) return 0;
    throw s3Error('MissingContentLength');
  }
  const size = /^\d+$/.test(declared) ? Number(declared) : NaN;
  if (Number.isNaN(size)) throw s3Error('InvalidRequest', {}, 'The length of the body is not a number.');
  if (size > longestUpload) {
    throw s3Error('EntityTooLarge', { ProposedSize: size, MaxSizeAllowed: longestUpload });
  }
  return size;
}

/** Wording and cases as measured on S3 in ceph/s3-tests, versity/versitygw #1161, #1173, #1188 and openstack/swift. */
function readAnnouncedChecksum(request: S3Request): Announced | undefined {
  const named = request.header('x-amz-sdk-checksum-algorithm')?.toUpperCase();
  const trailer = request.header('x-amz-trailer')?.trim().toLowerCase();
  const inHeaders = checksumAlgorithms.filter((each) => request.header(checksumHeader(each)) !== undefined);
  const inTrailer = checksumAlgorithms.filter((each) => checksumHeader(each) === trailer);
  if (trailer !== undefined && inTrailer.length === 0) {
    throw s3Error('InvalidRequest', {}, 'The value specified in the x-amz-trailer header is not supported');
  }
  const [algorithm, ...more] = [...inHeaders, ...inTrailer];
  if (more.length > 0) {
    const what = 'Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.';
    throw s3Error('InvalidRequest', {}, what);
  }
  refuseOtherAlgorithms(request);
  if (algorithm === undefined) {
    if (named === undefined) return undefined;
    throw s3Error(
      'InvalidRequest',
      {},
      'x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.',
    );
  }
  if (named !== undefined && named !== algorithm) {
    throw s3Error('InvalidRequest', {}, 'Value for x-amz-sdk-checksum-algorithm header is invalid.');
  }
  const value = request.header(checksumHeader(algorithm));
  if (value !== undefined && !isChecksumValue(algorithm, value)) {
    throw s3Error('InvalidRequest', {}, `Value for ${checksumHeader(algorithm)} header is invalid.`);
  }
  return { algorithm, value };
}

/** S3 has learnt more algorithms (SHA512, XXHASH…): a checksum that nobody checks must not look checked. */
function refuseOtherAlgorithms(request: S3Request): void {
  const settings = ['algorithm', 'mode', 'type'];
  for (const name of Object.keys(request.headersWith('x-amz-checksum-'))) {
    if (!isChecksumAlgorithm(name.toUpperCase()) && !settings.includes(name)) {
      throw headerNotImplemented(`x-amz-checksum-${name}`);
    }
  }
}
