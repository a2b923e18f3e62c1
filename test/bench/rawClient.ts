import { Agent, request } from 'node:http';

/** A request as the SDK signed it. It may be sent again and again until its signature is 15 minutes old. */
export interface SignedRequest {
  readonly method: string;
  readonly hostname: string;
  readonly port?: number;
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers: Record<string, string>;
  readonly body?: Uint8Array | string;
}

interface Client {
  config: { requestHandler: unknown };
  send(command: never): Promise<unknown>;
}

/** What `client` would send for `command`, signed; nothing is sent. Measuring with it leaves the SDK's own cost out. */
export async function sign(client: Client, command: unknown): Promise<SignedRequest> {
  let captured: SignedRequest | undefined;
  client.config.requestHandler = {
    handle: (signed: SignedRequest) => {
      captured = signed;
      return Promise.reject(new Error('captured'));
    },
  };
  await client.send(command as never).catch((error: unknown) => {
    if (!captured) throw error;
  });
  if (!captured) throw new Error('The client sent nothing.');
  return captured;
}

/** A keep-alive client for one server. */
export class RawClient {
  constructor(private readonly agent = new Agent({ keepAlive: true, maxSockets: 64 })) {}

  /** @returns milliseconds from sending to the last byte of the answer */
  send(signed: SignedRequest): Promise<number> {
    const started = performance.now();
    const { hostname, port, method, headers, query = {} } = signed;
    const search = new URLSearchParams(query).toString();
    const path = search === '' ? signed.path : `${signed.path}?${search}`;
    return new Promise((resolve, reject) => {
      const outgoing = request({ agent: this.agent, hostname, port, method, path, headers }, (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
        response.on('end', () => {
          if (response.statusCode === 200) resolve(performance.now() - started);
          else reject(new Error(`${response.statusCode}: ${text.slice(0, 500)}`));
        });
      });
      outgoing.on('error', reject);
      outgoing.end(signed.body);
    });
  }

  close(): void {
    this.agent.destroy();
  }
}
