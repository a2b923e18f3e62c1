import type { FileHandle } from 'node:fs/promises';
import type { S3Request } from './request.js';

/** What an operation answers with. */
export interface Answer {
  /** 200 when it is not here. */
  readonly status?: number;
  /** Those with a value are sent. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly body?: string | OpenBody;
}

/** Bytes of a file that is open; whoever sends them closes it. */
export interface OpenBody {
  readonly handle: FileHandle;
  readonly start: number;
  readonly length: number;
}

/** One operation of S3, by its name in the API. */
export interface S3Operation {
  /** What IAM is asked about the request's bucket or object before it runs, without `s3:`; without it, `run` asks. */
  readonly action?: string | ((request: S3Request) => string);
  /** Condition keys that policies may ask for, beside the general ones. */
  readonly context?: (request: S3Request) => Readonly<Record<string, string>>;
  run(request: S3Request): Answer | Promise<Answer>;
}

export type S3Operations = Readonly<Record<string, S3Operation>>;

export function xmlAnswer(body: string, headers: Readonly<Record<string, string | undefined>> = {}): Answer {
  return { headers: { 'content-type': 'application/xml', ...headers }, body };
}
