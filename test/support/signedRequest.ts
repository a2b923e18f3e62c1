import { createHash, createHmac } from 'node:crypto';

export interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface Unsigned {
  readonly url: string;
  readonly service: string;
  readonly region?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Put the signature in the query: for how many seconds it is good. */
  readonly presign?: number;
}

const algorithm = 'AWS4-HMAC-SHA256';

/** Signs a request of any form, right or wrong: what SDK clients would not send. `fetch(...sign(…))`. */
export function sign(keys: Keys, request: Unsigned): [url: string, init: RequestInit] {
  const url = new URL(request.url);
  const method = request.method ?? 'POST';
  const body = request.body ?? '';
  const timestamp = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const scope = [timestamp.slice(0, 8), request.region ?? 'us-east-1', request.service, 'aws4_request'];
  const headers: Record<string, string> = { ...request.headers };
  if (request.presign === undefined) headers['x-amz-date'] = timestamp;
  if (request.presign === undefined && keys.sessionToken) headers['x-amz-security-token'] = keys.sessionToken;
  const signed = { ...headers, host: url.host };
  const names = Object.keys(signed).sort();

  if (request.presign !== undefined) {
    url.searchParams.set('X-Amz-Algorithm', algorithm);
    url.searchParams.set('X-Amz-Credential', `${keys.accessKeyId}/${scope.join('/')}`);
    url.searchParams.set('X-Amz-Date', timestamp);
    url.searchParams.set('X-Amz-Expires', String(request.presign));
    url.searchParams.set('X-Amz-SignedHeaders', names.join(';'));
    if (keys.sessionToken) url.searchParams.set('X-Amz-Security-Token', keys.sessionToken);
  }
  const encode = (text: string) =>
    encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  const path = request.service === 's3' ? url.pathname : url.pathname.split('/').map(encode).join('/');
  const query = [...url.searchParams].map(([name, value]) => `${encode(name)}=${encode(value)}`).sort();
  const hash =
    headers['x-amz-content-sha256'] ??
    (request.service === 's3' && request.presign !== undefined ? 'UNSIGNED-PAYLOAD' : sha256(body));
  const canonical = [
    method,
    path,
    query.join('&'),
    ...names.map((name) => `${name}:${signed[name as keyof typeof signed]}`),
    '',
    names.join(';'),
    hash,
  ].join('\n');
  const text = [algorithm, timestamp, scope.join('/'), sha256(canonical)].join('\n');
  const key = scope.reduce<Buffer>(
    (secret, part) => createHmac('sha256', secret).update(part).digest(),
    Buffer.from(`AWS4${keys.secretAccessKey}`),
  );
  const signature = createHmac('sha256', key).update(text).digest('hex');

  if (request.presign !== undefined) url.searchParams.set('X-Amz-Signature', signature);
  else {
    headers['authorization'] =
      `${algorithm} Credential=${keys.accessKeyId}/${scope.join('/')}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
  }
  return [url.href, { method, headers, ...(body.length > 0 && { body: Buffer.from(body) }) }];
}

function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}
