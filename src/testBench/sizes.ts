import { largestInvocation } from '../aws/limits.js';

/** Bytes as people read them: `512 bytes`, `2.9 KB`, `5.1 MB`. */
export function sizeText(bytes: number): string {
  if (bytes < 1024) return bytes === 1 ? '1 byte' : `${bytes} bytes`;
  const [size, unit] = bytes < 1024 * 1024 ? [bytes / 1024, 'KB'] : [bytes / 1024 / 1024, 'MB'];
  return `${size.toFixed(1)} ${unit}`;
}

/**
 * Why a body does not fit into one request, or undefined: InvokeEndpoint and a synchronous Invoke both take 6 MB.
 * A picture in an event is base64, which makes four bytes of three.
 */
export function tooLarge(
  kind: 'endpoint' | 'function',
  bytes: number,
): { message: string; advice: string } | undefined {
  if (bytes <= largestInvocation) return undefined;
  return kind === 'endpoint'
    ? {
        message: `An endpoint takes at most 6 MB, and this is ${sizeText(bytes)}.`,
        advice: 'Send a smaller picture, or its URL.',
      }
    : {
        message: `A function takes an event of at most 6 MB, and this one is ${sizeText(bytes)}.`,
        advice:
          'In base64 a picture grows by a third, so that one above 4.5 MB does not fit: send it by a presigned S3 URL.',
      };
}
