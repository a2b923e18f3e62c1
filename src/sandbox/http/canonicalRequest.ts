import type { IncomingMessage } from 'node:http';

/** What a signature can be over, of a request's head. */
export type Head = Pick<IncomingMessage, 'method' | 'headers' | 'headersDistinct'>;

/**
 * The text that a SigV4 signature is over, rebuilt from what came over the wire.
 *
 * @param path as sent. S3 encodes a path once, every other service encodes the sent one a second time.
 * @returns undefined when path or query are no valid percent-encoding, so that nobody can have signed them.
 */
export function canonicalRequest(
  message: Head,
  path: string,
  query: string,
  signedHeaders: readonly string[],
  contentHash: string,
  s3: boolean,
): string | undefined {
  const canonicalPath = s3 ? reencodePath(path) : encodePath(path);
  const canonicalParameters = query === '' ? '' : canonicalQuery(query);
  if (canonicalPath === undefined || canonicalParameters === undefined) return undefined;
  let headers = '';
  for (const name of signedHeaders) headers += `${name}:${canonicalHeader(message, name)}\n`;
  return `${message.method}\n${canonicalPath}\n${canonicalParameters}\n${headers}\n${signedHeaders.join(';')}\n${contentHash}`;
}

/** Percent-encoding as SigV4 wants it: all but unreserved characters (RFC 3986), upper case. */
function encodeSegment(text: string): string {
  if (/^[A-Za-z0-9_.~-]*$/.test(text)) return text;
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function encodePath(path: string): string {
  return path === '/' ? path : path.split('/').map(encodeSegment).join('/');
}

/** What the client encoded, however it did: some leave `(` or `'` as they are on the wire, and sign them encoded. */
function reencodePath(path: string): string | undefined {
  if (/^[A-Za-z0-9_.~/-]*$/.test(path)) return path;
  const segments = path.split('/').map(decodePart);
  return segments.includes(undefined) ? undefined : segments.map((segment) => encodeSegment(segment ?? '')).join('/');
}

function canonicalQuery(query: string): string | undefined {
  const parameters: [name: string, value: string][] = [];
  for (const parameter of query.split('&')) {
    if (parameter === '') continue;
    const equals = parameter.indexOf('=');
    const name = decodePart(equals < 0 ? parameter : parameter.slice(0, equals));
    const value = equals < 0 ? '' : decodePart(parameter.slice(equals + 1));
    if (name === undefined || value === undefined) return undefined;
    if (name !== 'X-Amz-Signature') parameters.push([encodeSegment(name), encodeSegment(value)]);
  }
  return parameters
    .sort((a, b) => compare(a[0], b[0]) || compare(a[1], b[1]))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

function canonicalHeader(message: Head, name: string): string {
  const values = message.headersDistinct[name];
  // Node drops what may not be repeated from `headers`; this has them all, as they were signed.
  return values ? values.map((value) => value.trim().replace(/ {2,}/g, ' ')).join(',') : '';
}

function decodePart(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', '%20'));
  } catch {
    return undefined;
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
