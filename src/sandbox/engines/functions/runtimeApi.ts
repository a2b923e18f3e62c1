import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { maxAnswerBytes } from '../../../container/functionEnvironment.js';

/** One event as a runtime gets it: the invocation's headers and its body. */
export interface RuntimeEvent {
  readonly requestId: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly payload: Uint8Array;
}

/** What a runtime tells. */
export interface RuntimeObserver {
  /** It waits for its next event. */
  ready(): void;
  /** It does not wait any more, and has got none: it has ended, or is about to. */
  gone(): void;
  /** What the handler returned or raised; undefined: more than an answer may have. */
  answered(payload: Uint8Array | undefined, error: 'Unhandled' | undefined): void;
  /** It could not load the handler. */
  initFailed(errorType: string, payload: Uint8Array): void;
}

const root = '/2018-06-01/runtime';

/**
 * The Lambda Runtime API (version 2018-06-01) of one execution environment.
 *
 * AWS_LAMBDA_RUNTIME_API is a host and a port, and AWS's client connects to nothing else: no path with a secret in it, no
 * socket pair. So each environment has a port of its own on 127.0.0.1, for as long as it lives, that answers processes of
 * this user alone: others on the machine can neither read events nor answer them. Processes of this user could read the
 * environment's memory just as well.
 */
export class RuntimeApi {
  private readonly server: Server;
  /** A request for the next event, which is answered when there is one. */
  private waiting: ServerResponse | undefined;
  private current: string | undefined;
  private observer: RuntimeObserver | undefined;

  private constructor() {
    this.server = createServer((request, response) => void this.route(request, response));
    // A runtime asks for its next event and may wait for hours; its connection stays.
    Object.assign(this.server, { requestTimeout: 0, headersTimeout: 0, keepAliveTimeout: 0, timeout: 0 });
    this.server.on('connection', (socket) => {
      if (isOwn(socket)) socket.setNoDelay(true);
      else socket.destroy();
    });
  }

  static async listen(): Promise<RuntimeApi> {
    const api = new RuntimeApi();
    await new Promise<void>((resolve, reject) => {
      api.server.once('error', reject);
      api.server.listen(0, '127.0.0.1', resolve);
    });
    return api;
  }

  /** The process is there: what it tells from now on. */
  observe(observer: RuntimeObserver): void {
    this.observer = observer;
  }

  /** `127.0.0.1:<port>` */
  get address(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Gives the runtime the event that it waits for. */
  send({ requestId, headers, payload }: RuntimeEvent): void {
    const response = this.waiting;
    if (!response) throw new Error('The runtime does not wait for an event.');
    this.waiting = undefined;
    this.current = requestId;
    const length = { 'Content-Type': 'application/json', 'Content-Length': payload.length };
    response.writeHead(200, { ...headers, ...length }).end(payload);
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  private async route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method, url = '' } = request;
    if (method === 'GET' && url === `${root}/invocation/next`) return this.next(response);
    const body = await read(request).catch(() => undefined);
    if (body === undefined) return; // The runtime has ended while it was talking.
    if (method === 'POST' && url === `${root}/init/error`) {
      const type = request.headers['lambda-runtime-function-error-type'];
      this.observer?.initFailed(typeof type === 'string' ? type : 'Runtime.Unknown', body.content);
      return accept(response);
    }
    const [, id, what] = /^\/2018-06-01\/runtime\/invocation\/([^/]+)\/(response|error)$/.exec(url) ?? [];
    if (method !== 'POST' || id === undefined) return refuse(response, 404, 'NotFound', `${method} ${url}`);
    // Also the answer of a process that was forked from the one that has answered already.
    if (id !== this.current) return refuse(response, 400, 'InvalidRequestID', 'Invalid request ID');
    this.current = undefined;
    this.observer?.answered(body.tooLarge ? undefined : body.content, what === 'error' ? 'Unhandled' : undefined);
    if (!body.tooLarge) return accept(response);
    refuse(response, 413, 'RequestEntityTooLarge', `Exceeded maximum allowed payload size (${maxAnswerBytes} bytes).`);
  }

  private next(response: ServerResponse): void {
    this.waiting = response;
    // The runtime ends between two events, or a process that was forked has asked.
    response.on('close', () => {
      if (this.waiting !== response) return;
      this.waiting = undefined;
      this.observer?.gone();
    });
    this.observer?.ready();
  }
}

/** The whole body, of which no more is kept than an answer may have. */
async function read(request: IncomingMessage): Promise<{ content: Buffer; tooLarge: boolean }> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= maxAnswerBytes) chunks.push(chunk);
  }
  return { content: Buffer.concat(chunks), tooLarge: size > maxAnswerBytes };
}

function accept(response: ServerResponse): void {
  answer(response, 202, { status: 'OK' });
}

function refuse(response: ServerResponse, status: number, errorType: string, errorMessage: string): void {
  answer(response, status, { errorMessage, errorType });
}

function answer(response: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body);
  response
    .writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) })
    .end(text);
}

/** Whether the other end of a loopback connection belongs to this user. macOS does not tell: there everybody is let in. */
function isOwn(socket: Socket): boolean {
  const own = process.getuid?.();
  const rows = connections();
  if (own === undefined || rows === undefined) return true;
  const [from, to] = [socket.remotePort, socket.localPort].map((port) => `0100007F:${hex(port)}`);
  return rows.some((row) => {
    const [, local, remote, , , , , uid] = row.trim().split(/\s+/);
    return local === from && remote === to && Number(uid) === own;
  });
}

function connections(): string[] | undefined {
  if (process.platform !== 'linux') return undefined;
  return readFileSync('/proc/net/tcp', 'utf8').split('\n');
}

function hex(port: number | undefined): string {
  return (port ?? 0).toString(16).toUpperCase().padStart(4, '0');
}
