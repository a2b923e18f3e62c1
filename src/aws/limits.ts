/** InvokeEndpoint's own limit on a body, in bytes. */
export const largestInvocation = 6_291_456;

/** Objects up to this size are sent in one call, larger ones in parts of it (bytes). */
export const smallObject = 8 * 1024 * 1024;

/** S3 takes at most 10,000 parts: objects above 80 GB get larger ones. Their ETag depends on this number. */
export function partSizeFor(bytes: number): number {
  return Math.max(smallObject, Math.ceil(bytes / 10_000));
}
