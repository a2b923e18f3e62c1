/** `s3://bucket/key`: what S3Uri, S3OutputPath and ModelDataUrl say. */
export interface S3Location {
  readonly bucket: string;
  /** Without a leading slash; empty for the bucket itself. */
  readonly key: string;
}

/** @throws {Error} for what is no s3:// address. */
export function parseS3Uri(uri: string): S3Location {
  const parts = /^s3:\/\/([^/]+)(?:\/(.*))?$/s.exec(uri);
  if (!parts) throw new Error(`${JSON.stringify(uri)} is not an address of the form s3://bucket/key`);
  return { bucket: parts[1]!, key: parts[2] ?? '' };
}

export function s3Uri({ bucket, key }: S3Location): string {
  return `s3://${bucket}/${key}`;
}

/** `prefix/…names`, with one slash between them whatever the prefix ends with. */
export function keyBelow(prefix: string, ...names: readonly string[]): string {
  const base = prefix.replace(/\/+$/, '');
  return (base === '' ? names : [base, ...names]).join('/');
}
