import { Agent, request, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { maxAnswerBytes } from '../../../container/inferenceEnvironment.js';

/** A process that runs `resources/python/serve.py`, and the other end of its socket. */
export interface WorkerProcess {
  readonly connection: Socket;
  /** The exit status, when the process is gone and its output has been read. */
  readonly exited: Promise<number>;
  terminate(): void;
  kill(): void;
}

export interface ContainerRequest {
  readonly body: Uint8Array;
  readonly contentType: string | undefined;
  readonly accept: string | undefined;
  readonly customAttributes: string | undefined;
}

export interface ContainerAnswer {
  readonly status: number;
  readonly body: Uint8Array;
  readonly contentType: string | undefined;
  readonly customAttributes: string | undefined;
}

/** There will be no answer: the worker ended, or its answer was larger than the model server takes. */
export class WorkerFailed extends Error {
  override readonly name = 'WorkerFailed';
}

const customAttributes = 'X-Amzn-SageMaker-Custom-Attributes';

/**
 * Asks one worker, one request at a time. HTTP over a socket pair: no port that others on the machine could reach, and
 * none to run out of.
 */
export class InferenceWorker {
  /** How many requests it has answered. */
  answered = 0;
  private readonly agent: Agent;

  constructor(readonly process: WorkerProcess) {
    this.agent = new OneConnection(process.connection);
    // A worker's end is told by `exited` and by the request that it cuts short; between requests the reset is no news.
    process.connection.on('error', () => undefined);
    // Whoever waits for the end hears of a program that could not be started; nobody may be waiting yet.
    process.exited.catch(() => undefined);
  }

  /**
   * Resolves when the model is loaded (undefined), or with the error that kept it from loading, in one line.
   * @throws {WorkerFailed}
   */
  async ping(): Promise<string | undefined> {
    const { status, body } = await this.send('GET', '/ping', {}, new Uint8Array());
    return status === 200 ? undefined : new TextDecoder().decode(body).trim();
  }

  /** @throws {WorkerFailed} */
  async invoke(input: ContainerRequest): Promise<ContainerAnswer> {
    const headers = {
      ...(input.contentType !== undefined && { 'Content-Type': input.contentType }),
      ...(input.accept !== undefined && { Accept: input.accept }),
      ...(input.customAttributes !== undefined && { [customAttributes]: input.customAttributes }),
    };
    const answer = await this.send('POST', '/invocations', headers, input.body);
    this.answered++;
    return answer;
  }

  /** @throws {WorkerFailed} */
  send(
    method: string,
    path: string,
    headers: Readonly<Record<string, string>>,
    body: Uint8Array,
  ): Promise<ContainerAnswer> {
    return new Promise((resolve, reject) => {
      const fail = (cause?: unknown) => reject(new WorkerFailed('The worker ended before it answered.', { cause }));
      // A request that is given to a closed connection would wait for ever.
      if (this.process.connection.destroyed) return fail();
      request({
        agent: this.agent,
        host: 'model-server',
        method,
        path,
        headers: { ...headers, 'Content-Length': body.length },
      })
        .on('error', fail)
        .on('response', (response) => void read(response).then(resolve, fail))
        .end(body);
    });
  }
}

async function read(response: IncomingMessage): Promise<ContainerAnswer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxAnswerBytes) throw new WorkerFailed(`The answer is larger than ${maxAnswerBytes} bytes.`);
    chunks.push(chunk);
  }
  return {
    status: response.statusCode!,
    body: chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks),
    contentType: response.headers['content-type'],
    customAttributes: header(response, customAttributes),
  };
}

function header(response: IncomingMessage, name: string): string | undefined {
  const value = response.headers[name.toLowerCase()];
  return Array.isArray(value) ? value.join(', ') : value;
}

/** Every request goes over the socket that the process was born with; when that is closed there is no other. */
class OneConnection extends Agent {
  constructor(private readonly socket: Socket) {
    super({ keepAlive: true, maxSockets: 1 });
  }

  override createConnection(): Socket {
    return this.socket;
  }
}
