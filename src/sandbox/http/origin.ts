import type { IncomingMessage } from 'node:http';

/** Why a request is refused before anything of it is read; undefined when it may go on. */
export function refusedOrigin(message: IncomingMessage): string | undefined {
  const port = message.socket.localPort;
  const { host, origin } = message.headers;
  // DNS rebinding: a web page whose own host name was pointed at 127.0.0.1 would speak to us as to itself, with that
  // name in Host. Only our own names get through; *.localhost cannot be anybody else's (RFC 6761).
  if (host === undefined || !ownHost(host, port)) {
    return `The sandbox answers as 127.0.0.1:${port} and localhost:${port}, not as ${host ?? 'a host without a name'}. Use one of these as the endpoint.`;
  }
  // A web page may send requests to any address; its browser then says where the page is from. No AWS client does.
  if (origin !== undefined && origin !== `http://${host}`) {
    return `Requests of web pages (${origin}) are refused.`;
  }
  return undefined;
}

/** The bucket of a virtual-hosted S3 request, `bucket.localhost:PORT`. */
export function bucketOfHost(message: IncomingMessage): string | undefined {
  const name = splitHost(message.headers.host ?? '').name;
  return name.endsWith('.localhost') ? name.slice(0, -'.localhost'.length) : undefined;
}

function ownHost(host: string, port: number | undefined): boolean {
  const { name, port: named } = splitHost(host);
  if (Number(named || 80) !== port) return false;
  return name === '127.0.0.1' || name === '[::1]' || name === 'localhost' || name.endsWith('.localhost');
}

function splitHost(host: string): { readonly name: string; readonly port: string } {
  const match = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(host.toLowerCase());
  return { name: match?.[1] ?? '', port: match?.[2] ?? '' };
}
