import { lookup } from 'node:dns/promises';
import http from 'node:http';
import https from 'node:https';
import { isIP } from 'node:net';
import { largestInvocation } from '../aws/limits.js';
import { hasCode, messageOf, UserError } from '../core/errors.js';
import { imageKind } from './imageKind.js';
import { isPublic } from './publicAddress.js';

interface Address {
  readonly address: string;
  readonly family: number;
}

export interface FetchOptions {
  /** Whether this address may be connected to. */
  readonly allows: (address: string, port: number) => boolean;
  readonly resolve: (host: string) => Promise<readonly Address[]>;
  /** For everything together, redirects included. */
  readonly milliseconds: number;
  readonly bytes: number;
}

const careful: FetchOptions = {
  allows: isPublic,
  resolve: (host) => lookup(host, { all: true }),
  milliseconds: 10_000,
  bytes: largestInvocation,
};
const mostRedirects = 3;

/**
 * A picture from a URL, under the guard of the sample's inference script (training/image_url.py): whoever writes the URL,
 * or redirects it, must not read the network that this machine is in. Each connection goes to an address that was
 * checked, not to a name that may resolve to another one a moment later.
 * @throws {UserError} with the reason
 */
export async function fetchImage(
  url: string,
  signal: AbortSignal,
  options: Partial<FetchOptions> = {},
): Promise<{ readonly content: Buffer; readonly contentType: string }> {
  const limits = { ...careful, ...options };
  const late = AbortSignal.timeout(limits.milliseconds);
  const either = AbortSignal.any([signal, late]);
  try {
    let next = parse(url);
    for (let hops = 0; hops <= mostRedirects; hops++) {
      const { content, location } = await get(next, limits, either);
      if (content) {
        const kind = imageKind(content);
        if (!kind) throw new UserError(`What ${next.host} answers is not a picture.`);
        return { content, contentType: kind.contentType };
      }
      next = parse(location, next);
    }
    throw new UserError(`The URL is redirected more than ${mostRedirects} times.`);
  } catch (error) {
    signal.throwIfAborted();
    if (late.aborted) {
      throw new UserError(`The picture did not come within ${limits.milliseconds / 1000} seconds.`, { cause: error });
    }
    if (error instanceof UserError) throw error;
    throw new UserError(`The picture cannot be fetched: ${messageOf(error)}`, { cause: error });
  }
}

/** What a picture is called by its URL, whatever that has instead of escapes: `50%25.jpg` and `50%.jpg` are `50%.jpg`. */
export function pictureName(url: string): string {
  const { pathname, host } = new URL(url);
  const last = pathname.split('/').at(-1) ?? '';
  try {
    return decodeURIComponent(last) || host;
  } catch (error) {
    if (error instanceof URIError) return last;
    throw error;
  }
}

function parse(text: string, base?: URL): URL {
  if (!URL.canParse(text, base?.href)) {
    throw new UserError(base ? 'The URL is redirected to something that is no URL.' : 'This is not a URL.');
  }
  const url = new URL(text, base?.href);
  if (!['http:', 'https:'].includes(url.protocol)) throw new UserError('Only http and https URLs are fetched.');
  if (url.username !== '' || url.password !== '') {
    throw new UserError('A URL with a user name or password in it is not fetched.');
  }
  return url;
}

type Got =
  | { readonly content: Buffer; readonly location?: undefined }
  | { readonly content?: undefined; readonly location: string };

async function get(url: URL, limits: FetchOptions, signal: AbortSignal): Promise<Got> {
  const module = url.protocol === 'https:' ? https : http;
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const addresses = await checked(host, Number(url.port) || (module === https ? 443 : 80), limits);
  signal.throwIfAborted();
  const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
    module
      .get(url, {
        signal,
        // A kept connection would have been checked for somebody else's request.
        agent: false,
        headers: { accept: 'image/*', 'user-agent': 'sagemaker-workbench' },
        lookup: (_host, { all }, done) => {
          const [first] = addresses;
          if (all) done(null, [...addresses]);
          else done(null, first!.address, first!.family);
        },
      })
      .on('response', resolve)
      .on('error', reject);
  });
  try {
    const { statusCode = 0, headers } = response;
    if ([301, 302, 303, 307, 308].includes(statusCode)) return { location: headers.location ?? '' };
    if (statusCode !== 200) throw new UserError(`${url.host} answers ${statusCode} ${response.statusMessage ?? ''}.`);
    const chunks: Buffer[] = [];
    const tooLarge = new UserError(
      `The picture has more than ${limits.bytes / 1024 / 1024} MB, which an endpoint takes.`,
    );
    if (Number(headers['content-length'] ?? 0) > limits.bytes) throw tooLarge;
    let bytes = 0;
    for await (const chunk of response as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > limits.bytes) throw tooLarge;
      chunks.push(chunk);
    }
    return { content: Buffer.concat(chunks) };
  } finally {
    response.destroy();
  }
}

/** What a host resolves to, once and for all, when everything of it may be connected to. */
async function checked(host: string, port: number, limits: FetchOptions): Promise<readonly Address[]> {
  const literal = isIP(host);
  const addresses = literal ? [{ address: host, family: literal }] : await resolved(host, limits);
  if (addresses.length === 0) throw new UserError(`${host} has no address.`);
  if (!addresses.every(({ address }) => limits.allows(address, port))) {
    throw new UserError(
      `${host} is not a public address, so it is not fetched. Choose the picture as a file, or send its URL as JSON.`,
    );
  }
  return addresses;
}

async function resolved(host: string, { resolve }: FetchOptions): Promise<readonly Address[]> {
  try {
    return await resolve(host);
  } catch (error) {
    if (hasCode(error, 'ENOTFOUND', 'EAI_AGAIN')) throw new UserError(`${host} is not known.`, { cause: error });
    throw error;
  }
}
