import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Caller } from './service.js';

/** A request whose signature was verified, for a service that speaks HTTP itself: S3. */
export interface VerifiedRequest {
  /** Its body has not been read. */
  readonly message: IncomingMessage;
  /** As sent, percent-encoding untouched (`/bucket/a%2Fb/../c` is a key, not a path to tidy up); begins with `/`. */
  readonly rawPath: string;
  /** As sent, without the `?`; empty when there is none. A presigned URL's `X-Amz-…` parameters are still in it. */
  readonly rawQuery: string;
  /** Of a virtual-hosted request (`bucket.localhost:PORT`): the bucket; its path holds the key alone. */
  readonly bucketOfHost: string | undefined;
  readonly caller: Caller;
  readonly requestId: string;
  readonly payload: PayloadSigning;
  /** Aborted when the client hangs up before it has its answer. */
  readonly signal: AbortSignal;
  /**
   * Lets a client that waits for `100 Continue` send its body. To be called after every check that needs no body, and
   * before the body is read; does nothing when the client does not wait.
   */
  readonly proceed: () => void;
}

/** What the signature says of the body, which the reader of the body has to hold it to. */
export type PayloadSigning =
  | { readonly kind: 'signed'; readonly sha256: string }
  | { readonly kind: 'unsigned' }
  /** `aws-chunked` framing; `chunks` is undefined when chunks carry no signatures (STREAMING-UNSIGNED-PAYLOAD-TRAILER). */
  | { readonly kind: 'chunked'; readonly trailer: boolean; readonly chunks: ChunkSigning | undefined };

/**
 * What the signatures of chunks are made of (`chunkSignature` and `trailerSignature` in ../signature.ts): each signs the
 * one before it, and the first one `seed`, the signature of the request itself.
 */
export interface ChunkSigning {
  readonly key: Uint8Array;
  /** `20260102/us-east-1/s3/aws4_request`. */
  readonly scope: string;
  /** The request's X-Amz-Date, `20260102T030405Z`. */
  readonly timestamp: string;
  readonly seed: string;
}

/** Answers what no client of AWS asks for, on paths of its own; it checks for itself who asks. */
export interface PlainHandler {
  handles(path: string): boolean;
  answer(request: IncomingMessage, response: ServerResponse, path: string, query: string): void;
}

export interface S3Handler {
  /**
   * Answers a request. May set headers and reject with a ServiceError as long as the response's head was not sent: the
   * server writes it as S3's XML, its `members` as elements (`BucketName`, `Key`…).
   */
  handle(request: VerifiedRequest, response: ServerResponse): Promise<void>;
}
