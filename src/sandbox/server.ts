import { randomUUID } from 'node:crypto';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { isCancellation } from '../core/errors.js';
import { checkDeclaredLength, decompress, HungUp, readBody } from './http/body.js';
import { bucketOfHost, refusedOrigin } from './http/origin.js';
import { formText } from './protocol/awsQuery.js';
import type { PlainHandler, S3Handler } from './protocol/http.js';
import { loadModel } from './protocol/models.js';
import type { Protocol, Reply } from './protocol/protocol.js';
import { s3Error } from './protocol/restXml.js';
import { refuseCbor } from './protocol/rpcCbor.js';
import { type RequestContext, type Service, ServiceError } from './protocol/service.js';
import { validate } from './protocol/validation.js';
import { dialectOf, type Hosted, type Route, Router } from './http/routing.js';
import type { Access } from './services/ports.js';
import { type Credentials, SignatureVerifier } from './signature.js';
import { isFullDisk } from './store/fullDisk.js';

export interface ServerParts {
  readonly credentials: Credentials;
  readonly access: Access;
  readonly services: readonly Service[];
  readonly s3: S3Handler;
  /** What is asked for without a signature of AWS's, beside the services. */
  readonly plain?: readonly PlainHandler[];
  /** Told of every call that was answered. */
  readonly onCall?: (call: AnsweredCall) => void;
  /** Told of errors that are no ServiceError: faults of ours, which the client sees as InternalFailure. */
  readonly onFault?: (error: unknown, requestId: string) => void;
  /** Milliseconds since 1970, for signatures. */
  readonly now?: () => number;
}

export interface AnsweredCall {
  /** `s3`, or the id of the service's model; the name that was asked for when there is no such service. */
  readonly service: string;
  /** Undefined where the request names none that could be read, and for S3. */
  readonly operation: string | undefined;
  readonly status: number;
  readonly milliseconds: number;
}

const mebibyte = 1024 * 1024;
/** Bytes of a request to a service with a model; no AWS service of these takes more. */
const longestBody = 10 * mebibyte;
/** The front end lets 4 KB more through than the payload may have (5,246,976 when that was 5 MB). */
const longestBodyOf: Readonly<Record<string, number>> = {
  'sagemaker-runtime': 6 * mebibyte + 4096,
  // 50 MB of zip in base64, and the rest of the request (localstack, test_lambda_api.snapshot.json).
  lambda: 70_167_211,
};

/** The sandbox's HTTP server; the caller lets it listen, on 127.0.0.1. */
export function createServer(parts: ServerParts): http.Server {
  const front = new Front(parts);
  const server = http.createServer(
    {
      // A client that sends its head or body drop by drop must not hold a connection for ever.
      headersTimeout: 20_000,
      requestTimeout: 15 * 60_000,
      // Longer than clients keep idle connections, so that they close them and never send into a closing one.
      keepAliveTimeout: 75_000,
    },
    (request, response) => void front.answer(request, response, false),
  );
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    void front.answer(request, response, true);
  });
  server.on('clientError', refuseConnection);
  return server;
}

/** One request at a time: route, read, verify, authorize, run, answer. */
class Front {
  private readonly verifier: SignatureVerifier;
  private router: Promise<Router> | undefined;

  constructor(private readonly parts: ServerParts) {
    this.verifier = new SignatureVerifier(parts.credentials, parts.now);
  }

  /** Never rejects. `waits`: the client waits for `100 Continue` before it sends its body. */
  async answer(request: IncomingMessage, response: ServerResponse, waits: boolean): Promise<void> {
    const started = performance.now();
    const requestId = randomUUID();
    const hangUp = new AbortController();
    response.once('close', () => {
      if (!response.writableFinished) hangUp.abort();
    });
    const url = request.url ?? '';
    const mark = url.indexOf('?');
    const exchange: Exchange = {
      request,
      response,
      requestId,
      path: mark < 0 ? url : url.slice(0, mark),
      query: mark < 0 ? '' : url.slice(mark + 1),
      signal: hangUp.signal,
      proceed: () => {
        if (waits && !response.headersSent) response.writeContinue();
        waits = false;
      },
      service: 'unknown',
      operation: undefined,
    };
    try {
      const plain = this.parts.plain?.find((handler) => handler.handles(exchange.path));
      if (plain) return plain.answer(request, response, exchange.path, exchange.query);
      const route = await this.findRoute(exchange);
      try {
        admit(exchange, route);
        if (route.kind === 's3') await this.answerS3(exchange);
        else send(response, await this.answerModelled(exchange, route));
      } catch (error) {
        this.refuse(exchange, route, error);
      }
    } catch (error) {
      this.parts.onFault?.(error, requestId);
      response.destroy();
    }
    if (!response.headersSent) return;
    const { service, operation } = exchange;
    this.parts.onCall?.({ service, operation, status: response.statusCode, milliseconds: performance.now() - started });
  }

  private async findRoute(exchange: Exchange): Promise<Route> {
    this.router ??= loadRouter(this.parts.services);
    const route = (await this.router).route(exchange.request, exchange.path, exchange.query);
    exchange.service = route.kind === 'modelled' ? (route.hosted?.service.id ?? route.asked) : route.kind;
    if (route.kind !== 's3') exchange.operation = route.operation;
    return route;
  }

  private async answerS3(exchange: Exchange): Promise<void> {
    const { request: message, response, path, query, requestId, signal, proceed } = exchange;
    response.setHeader('x-amz-request-id', requestId);
    const { caller, payload } = this.verifier.verify({ message, path, query, body: undefined }, 's3', 's3');
    await this.parts.s3.handle(
      {
        message,
        rawPath: path,
        rawQuery: query,
        bucketOfHost: bucketOfHost(message),
        caller,
        requestId,
        payload,
        signal,
        proceed,
      },
      response,
    );
  }

  private async answerModelled(exchange: Exchange, route: Exclude<Route, { kind: 's3' }>): Promise<Reply> {
    const { request: message, path, query, requestId } = exchange;
    const limit = longestBodyOf[exchange.service] ?? longestBody;
    checkDeclaredLength(message, limit);
    exchange.proceed();
    const body = await readBody(message, limit);
    if (route.kind === 'cbor') {
      const reason = `${route.operation} came in the protocol smithy-rpc-v2-cbor, which the sandbox does not speak: use a client of awsJson or awsQuery.`;
      return refuseCbor(new ServiceError('NotImplemented', reason, 501), requestId);
    }

    const { protocol, hosted, asked } = route;
    const signingName = hosted?.model.document.metadata.signingName;
    const { caller } = this.verifier.verify({ message, path, query, body }, signingName, protocol.dialect);
    const call = { headers: message.headers, path, query, body: await decompress(message, body, limit) };
    const name = route.operation ?? (protocol.dialect === 'query' ? actionOf(call) : undefined);
    exchange.operation = name;
    if (!hosted) throw notImplemented(`the service ${asked} (${name ?? `${message.method} ${path}`})`);
    if (name === undefined) throw unnamedOperation(protocol);
    const { model, service } = hosted;
    const operation = Object.hasOwn(service.operations, name) ? service.operations[name] : undefined;
    const shapes = model.operation(name);
    if (!operation || !shapes) throw notImplemented(`${name} of ${service.id}`);

    const input = protocol.read(model, shapes, call);
    if (shapes.input !== undefined) validate(model, shapes.input, input, protocol.dialect);
    const context: RequestContext = { caller, requestId, signal: exchange.signal };
    const output = await perform(hosted, name, input, context, this.parts.access);
    return protocol.write(model, name, shapes, output, requestId);
  }

  private refuse(exchange: Exchange, route: Route, error: unknown): void {
    const { request, response, requestId } = exchange;
    // Nobody is there to answer, and work that was given up for it is no fault.
    if (error instanceof HungUp || (exchange.signal.aborted && isCancellation(error))) return;
    const full = isFullDisk(error);
    if (!full && !(error instanceof ServiceError)) this.parts.onFault?.(error, requestId);
    if (response.headersSent) {
      // Half of an answer cannot be taken back: the broken connection tells the client.
      response.destroy();
      return;
    }
    const told = error instanceof ServiceError ? error : full ? fullDisk() : internalFailure();
    const reply =
      route.kind === 's3'
        ? s3Error(told, requestId)
        : route.kind === 'cbor'
          ? refuseCbor(told, requestId)
          : route.protocol.fail(route.hosted?.model, told, requestId);
    // A client that waits for `100 Continue` may still send its body or not: the next request could not be told from it.
    const close = request.headers.expect !== undefined && !request.complete ? { connection: 'close' } : {};
    send(response, { ...reply, headers: { ...reply.headers, ...close } });
  }
}

/** A request on its way, and what has been found out about it. */
interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly requestId: string;
  readonly path: string;
  readonly query: string;
  readonly signal: AbortSignal;
  readonly proceed: () => void;
  service: string;
  operation: string | undefined;
}

async function loadRouter(services: readonly Service[]): Promise<Router> {
  const hosted = services.map(async (service): Promise<Hosted> => ({ service, model: await loadModel(service.id) }));
  return new Router(await Promise.all(hosted));
}

/** @throws {ServiceError} for what is not let in whoever signed it. */
function admit({ request, path }: Exchange, route: Route): void {
  const reason = refusedOrigin(request);
  if (reason !== undefined) {
    throw new ServiceError(dialectOf(route) === 'json' ? 'AccessDeniedException' : 'AccessDenied', reason, 403);
  }
  // `GET http://host/ HTTP/1.1` is for proxies, `OPTIONS *` for nobody.
  if (!path.startsWith('/')) throw new ServiceError('BadRequest', 'The request must name a path.', 400);
}

/** Authorizes and runs an operation on validated input: where every call to a service with a model comes through. */
async function perform(
  { service }: Hosted,
  name: string,
  input: unknown,
  context: RequestContext,
  access: Access,
): Promise<Readonly<Record<string, unknown>>> {
  // The input is what the operation's model describes, and so what its author typed it as.
  const operation = service.operations[name] as unknown as {
    readonly action?: string;
    resource(input: unknown): string | readonly string[];
    conditionKeys?(input: unknown): Readonly<Record<string, string | readonly string[]>>;
    resourcePolicy?(input: unknown): string | undefined;
    run(input: unknown, context: RequestContext): unknown;
  };
  const action = operation.action ?? `${service.iamPrefix}:${name}`;
  const keys = operation.conditionKeys?.(input);
  const policy = operation.resourcePolicy?.(input);
  for (const resource of [operation.resource(input)].flat()) {
    access.require(context.caller, action, resource, keys, policy);
  }
  return ((await operation.run(input, context)) ?? {}) as Readonly<Record<string, unknown>>;
}

function send(response: ServerResponse, { status, headers, body }: Reply): void {
  if (response.destroyed) return;
  // "A server MUST NOT send a Content-Length header field in any response with a status code of […] 204" (RFC 9110, 8.6).
  response.writeHead(status, status === 204 ? headers : { ...headers, 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

function actionOf(call: { readonly body: Uint8Array; readonly query: string }): string | undefined {
  return new URLSearchParams(formText(call)).get('Action') ?? undefined;
}

/** AWS has no such error. 507 is HTTP's word for it and, unlike 500 and 503, nothing that the SDKs try again. */
function fullDisk(): ServiceError {
  const reason = "The disk of the sandbox's data folder is full: nothing was stored.";
  return new ServiceError('InsufficientStorage', `${reason} Free some space and send the request again.`, 507);
}

function internalFailure(): ServiceError {
  return new ServiceError('InternalFailure', 'The sandbox failed to answer; its log says why.', 500);
}

function notImplemented(what: string): ServiceError {
  return new ServiceError('NotImplemented', `The sandbox does not implement ${what}.`, 501);
}

function unnamedOperation({ dialect }: Protocol): ServiceError {
  return dialect === 'query'
    ? new ServiceError('MissingAction', 'The request must contain the parameter Action.', 400)
    : new ServiceError('UnknownOperationException', 'X-Amz-Target names no operation.', 404);
}

/** What is no HTTP, too long a head, or too slow. */
function refuseConnection(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const status =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? '431 Request Header Fields Too Large'
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? '408 Request Timeout'
        : '400 Bad Request';
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
