/**
 * Scripts whose interpreter minds a carriage return: a CRLF in `#!/bin/bash` ends a container before its first line
 * (aws/sagemaker-python-sdk#5897).
 */
export function isScript(path: string): boolean {
  return /\.(sh|bash|py)$/.test(path);
}

/** The bytes with every CRLF made LF; the same object when there is none. */
export function withLineFeeds(bytes: Buffer): Buffer {
  if (!bytes.includes('\r\n')) return bytes;
  const out = Buffer.allocUnsafe(bytes.length);
  let length = 0;
  bytes.forEach((byte, index) => {
    if (byte !== 0x0d || bytes[index + 1] !== 0x0a) out[length++] = byte;
  });
  return out.subarray(0, length);
}
