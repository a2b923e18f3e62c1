/** Files that hold keys by convention; what is in them does not matter. `.env.example` and its like are meant to be read. */
const secretNames: readonly (readonly [RegExp, string])[] = [
  [/(^|\/)\.aws\//, 'AWS credentials'],
  [/(^|\/)\.env(\.(?!example$|sample$|template$|dist$)[^/]*)?$/, 'an environment file'],
  [/(^|\/)(id_rsa|id_dsa|id_ecdsa|id_ed25519)$/, 'an SSH key'],
  [/\.(pem|key|p12|pfx|ppk|jks)$/i, 'a private key'],
  [/(^|\/)(\.netrc|\.pypirc|\.git-credentials|kaggle\.json)$/, 'a password file'],
];

const secretContents: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----/, 'a private key'],
  // AWS's documentation uses keys that end in EXAMPLE.
  [/\b(?:AKIA|ASIA)(?![A-Z0-9]{9}EXAMPLE)[A-Z0-9]{16}\b/, 'an AWS access key'],
  [/aws_secret_access_key["']?\s*[:=]\s*["']?(?![A-Za-z0-9/+]*EXAMPLEKEY)[A-Za-z0-9/+]{40}\b/i, 'an AWS secret key'],
];

/** Larger files are data, not something that a person typed a key into. */
export const largestScannedFile = 1024 * 1024;

/** What secret the file is by its name, such as "an SSH key"; undefined when it is none. */
export function secretByName(path: string): string | undefined {
  return secretNames.find(([pattern]) => pattern.test(path))?.[1];
}

/** What secret is in the bytes. Binary files (with a zero byte) are not looked into. */
export function secretInContent(bytes: Uint8Array): string | undefined {
  if (bytes.includes(0)) return undefined;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  return secretContents.find(([pattern]) => pattern.test(text))?.[1];
}
