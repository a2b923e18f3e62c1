/** InvokeEndpoint's own limit on a body, in bytes. */
export const largestInvocation = 6_291_456;

/** Objects up to this size are sent in one call, larger ones in parts of it (bytes). */
export const smallObject = 8 * 1024 * 1024;

/** S3 takes at most 10,000 parts: objects above 80 GB get larger ones. Their ETag depends on this number. */
export function partSizeFor(bytes: number): number {
  return Math.max(smallObject, Math.ceil(bytes / 10_000));
}

/** Milliseconds after which a call has failed for want of an answer. Each attempt of the SDK, of three, has that long. */
export interface TimeLimits {
  /** Until there is a connection. */
  readonly connection: number;
  /** Until an answer of the control plane begins. */
  readonly answer: number;
  /** Until a model's answer begins. */
  readonly invocation: number;
  /** Without a byte in either direction. How long a transfer takes nobody knows: it has no other limit. */
  readonly silence: number;
}

/** InvokeEndpoint itself gives a model 60 s (API reference). */
export const timeLimits: TimeLimits = { connection: 5000, answer: 30_000, invocation: 70_000, silence: 60_000 };
