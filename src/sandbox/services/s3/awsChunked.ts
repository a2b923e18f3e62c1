import { createHash, type Hash } from 'node:crypto';
import type { PayloadSigning } from '../../protocol/http.js';
import { chunkSignature, sameText, trailerSignature } from '../../signature.js';
import { s3Error } from './errors.js';

/** Longest line of the framing: a chunk's size and signature, or one trailing header. */
const longestLine = 8192;
/** The SDKs send one trailing header and its signature. */
const mostTrailers = 16;

/**
 * Reads a body in the framing `aws-chunked`, with or without signatures and trailing headers (S3 API reference,
 * "Signature calculations for the Authorization header: transferring payload in multiple chunks"):
 *
 *     <size in hex>[;chunk-signature=<64 hex digits>]\r\n<bytes>\r\n … 0[;chunk-signature=…]\r\n
 *     [<name>:<value>\r\n … [x-amz-trailer-signature:<64 hex digits>\r\n]]\r\n
 *
 * Bytes are passed on as they arrive, before their chunk's signature can be checked: the reader must not use them until
 * the end was reached without an error.
 */
export class AwsChunkedBody {
  /** By lower-case name; complete when the body was read to its end. */
  readonly trailers = new Map<string, string>();

  constructor(
    private readonly source: AsyncIterable<Uint8Array>,
    private readonly signing: Extract<PayloadSigning, { kind: 'chunked' }>,
  ) {}

  /** @throws {ServiceError} IncompleteBody for any flaw in the framing, SignatureDoesNotMatch, MalformedTrailerError. */
  async *read(): AsyncGenerator<Uint8Array> {
    const bytes = new ByteReader(this.source);
    const { chunks } = this.signing;
    let signature = chunks?.seed ?? '';
    for (;;) {
      const { size, signature: claimed } = readChunkHead(await bytes.line());
      const hash = chunks && createHash('sha256');
      for await (const piece of bytes.take(size)) {
        hash?.update(piece);
        yield piece;
      }
      if (chunks) {
        const expected = chunkSignature(chunks, signature, hexDigest(hash));
        if (!sameText(expected, claimed)) throw s3Error('SignatureDoesNotMatch');
        signature = claimed;
      }
      if (size === 0) break;
      if ((await bytes.line()) !== '') throw s3Error('IncompleteBody');
    }
    await this.readTrailers(bytes, signature);
    if (!(await bytes.atEnd())) throw s3Error('IncompleteBody');
  }

  private async readTrailers(bytes: ByteReader, previous: string): Promise<void> {
    const hash = createHash('sha256');
    let claimed = '';
    for (let line = await bytes.line(); line !== ''; line = await bytes.line()) {
      const [, name, value] = /^([^:\s]+):(.*)$/.exec(line.trimEnd()) ?? [];
      if (name === undefined || value === undefined || this.trailers.size === mostTrailers) {
        throw s3Error('MalformedTrailerError');
      }
      if (name === 'x-amz-trailer-signature') {
        claimed = value.trim();
        continue;
      }
      hash.update(`${name.toLowerCase()}:${value.trim()}\n`);
      this.trailers.set(name.toLowerCase(), value.trim());
    }
    if (!this.signing.trailer) {
      if (this.trailers.size > 0) throw s3Error('MalformedTrailerError');
    } else if (this.signing.chunks) {
      const expected = trailerSignature(this.signing.chunks, previous, hash.digest('hex'));
      if (!sameText(expected, claimed)) throw s3Error('SignatureDoesNotMatch');
    }
  }
}

function readChunkHead(line: string): { size: number; signature: string } {
  const match = /^([0-9a-fA-F]{1,11})(?:;chunk-signature=([0-9a-f]{64}))?$/.exec(line);
  if (!match) throw s3Error('IncompleteBody');
  return { size: parseInt(match[1]!, 16), signature: match[2] ?? '' };
}

function hexDigest(hash: Hash | undefined): string {
  return hash?.digest('hex') ?? '';
}

/** Lines and counted bytes from a stream that may be cut anywhere. */
class ByteReader {
  private readonly iterator: AsyncIterator<Uint8Array>;
  private rest: Uint8Array = new Uint8Array(0);

  constructor(source: AsyncIterable<Uint8Array>) {
    this.iterator = source[Symbol.asyncIterator]();
  }

  /** Up to the next CRLF, without it. */
  async line(): Promise<string> {
    const crlf = '\r\n';
    for (;;) {
      const text = Buffer.from(this.rest.buffer, this.rest.byteOffset, this.rest.byteLength);
      const end = text.indexOf(crlf);
      if (end > longestLine || (end < 0 && text.length > longestLine)) throw s3Error('IncompleteBody');
      if (end >= 0) {
        this.rest = this.rest.subarray(end + crlf.length);
        return text.toString('latin1', 0, end);
      }
      const next = await this.more();
      this.rest = Buffer.concat([this.rest, next]);
    }
  }

  async *take(size: number): AsyncGenerator<Uint8Array> {
    for (let missing = size; missing > 0;) {
      if (this.rest.length === 0) this.rest = await this.more();
      const piece = this.rest.subarray(0, missing);
      this.rest = this.rest.subarray(piece.length);
      missing -= piece.length;
      if (piece.length > 0) yield piece;
    }
  }

  async atEnd(): Promise<boolean> {
    while (this.rest.length === 0) {
      const next = await this.iterator.next();
      if (next.done === true) return true;
      this.rest = next.value;
    }
    return false;
  }

  private async more(): Promise<Uint8Array> {
    const next = await this.iterator.next();
    if (next.done === true) throw s3Error('IncompleteBody');
    return next.value;
  }
}
