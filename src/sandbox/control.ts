import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Interruption } from './engines/training.js';
import { refusedOrigin } from './http/origin.js';
import type { PlainHandler } from './protocol/http.js';
import type { AnsweredCall } from './server.js';

/** No bucket's name begins with a hyphen, and no service has such a path: nothing that an AWS client sends comes here. */
const prefix = '/-/sandbox/';

/** Milliseconds between two signs of life on a lease: a window that vanished without a word is noticed by them. */
const heartbeat = 15_000;

/** A day, in seconds. */
const longestInterruption = 86_400;

export interface Activity {
  /** Training and tuning jobs that wait or run. */
  readonly jobs: number;
  /** Endpoints that are being made, changed or deleted. */
  readonly deployments: number;
  /** Endpoints in service. */
  readonly endpoints: number;
  /** Invocations of functions that run. */
  readonly invocations: number;
}

export interface ControlParts {
  readonly activity: () => Activity;
  /** Makes the keys of sessions with this name end now; without one, those of every session that STS has issued. Returns how many there were. */
  readonly expireSessions: (name: string | undefined) => number;
  /** Takes the instances of a spot job away. Returns why that cannot be; undefined: it is under way. */
  readonly interrupt: (job: string, interruption: Interruption) => string | undefined;
  readonly stop: () => void;
  /** Milliseconds after the last lease and the last call at which a sandbox ends in which nothing runs; undefined: it never does. */
  readonly endWhenIdle: number | undefined;
  readonly version: string;
}

/**
 * What windows, and nobody else, ask of a sandbox: leases that keep it alive, what runs, its end. Whoever may read the
 * data folder (mode 0700) knows the token.
 */
export class Control implements PlainHandler {
  readonly token = randomBytes(32).toString('hex');
  private readonly leases = new Set<ServerResponse>();
  private readonly calls = new Map<string, number>();
  private readonly beats: NodeJS.Timeout;
  private end: NodeJS.Timeout | undefined;
  /** `performance.now()` of the last call to a service. */
  private lastCall = -Infinity;
  /** Whether it may end by itself: not before it is ready, and not again while it ends. */
  private open = false;

  constructor(private readonly parts: ControlParts) {
    this.beats = setInterval(() => this.leases.forEach((lease) => lease.write('\n')), heartbeat).unref();
  }

  /** The sandbox is ready: from now on it may end by itself. */
  start(): void {
    this.open = true;
    this.considerEnd();
  }

  handles(path: string): boolean {
    return path.startsWith(prefix);
  }

  answer(request: IncomingMessage, response: ServerResponse, path: string, query: string): void {
    const refused = refusedOrigin(request) ?? (this.knows(request) ? undefined : 'The token is missing or wrong.');
    if (refused !== undefined) return send(response, 403, { message: refused });
    switch (`${request.method} ${path.slice(prefix.length)}`) {
      case 'GET lease':
        return this.lease(response);
      case 'GET status':
        return send(response, 200, this.status());
      case 'POST reset-calls':
        send(response, 200, this.status());
        return this.calls.clear();
      case 'POST stop':
        // Also when whoever asked does not wait for the answer.
        response.once('close', this.parts.stop);
        return send(response, 202, {});
      case 'POST expire-sessions': {
        const name = new URLSearchParams(query).get('name') ?? undefined;
        return send(response, 200, { sessions: this.parts.expireSessions(name) });
      }
      case 'POST interrupt':
        return this.interrupt(response, new URLSearchParams(query));
      default:
        return send(response, 404, { message: `There is no ${request.method} ${path}.` });
    }
  }

  counted({ service, operation }: AnsweredCall): void {
    const name = operation === undefined ? service : `${service}:${operation}`;
    this.calls.set(name, (this.calls.get(name) ?? 0) + 1);
    this.lastCall = performance.now();
  }

  close(): void {
    this.open = false;
    clearInterval(this.beats);
    clearTimeout(this.end);
  }

  private status(): object {
    return {
      version: this.parts.version,
      leases: this.leases.size,
      ...this.parts.activity(),
      calls: Object.fromEntries([...this.calls].sort()),
    };
  }

  private interrupt(response: ServerResponse, query: URLSearchParams): void {
    // EC2 announces an interruption two minutes before it.
    const [graceSeconds, waitSeconds] = [Number(query.get('grace') ?? 120), Number(query.get('wait') ?? 0)];
    if (!(graceSeconds >= 0 && waitSeconds >= 0 && Math.max(graceSeconds, waitSeconds) <= longestInterruption)) {
      const message = `grace and wait are seconds, from 0 to ${longestInterruption}.`;
      return send(response, 400, { message });
    }
    const refused = this.parts.interrupt(query.get('job') ?? '', { graceSeconds, waitSeconds });
    return refused === undefined ? send(response, 202, {}) : send(response, 409, { message: refused });
  }

  private lease(response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'text/plain' });
    response.write('\n');
    this.leases.add(response);
    clearTimeout(this.end);
    response.once('close', () => {
      this.leases.delete(response);
      this.considerEnd();
    });
  }

  /**
   * Jobs, deployments, functions that run and clients without a window (a terminal, a notebook) are waited for;
   * endpoints in service and environments of functions are not: nobody calls them, and they come back at the next start.
   */
  private considerEnd(wait = this.parts.endWhenIdle): void {
    const { endWhenIdle, activity, stop } = this.parts;
    clearTimeout(this.end);
    if (!this.open || endWhenIdle === undefined || this.leases.size > 0) return;
    this.end = setTimeout(() => {
      const { jobs, deployments, invocations } = activity();
      const quiet = performance.now() - this.lastCall;
      if (jobs + deployments + invocations > 0) this.considerEnd();
      else if (quiet < endWhenIdle) this.considerEnd(endWhenIdle - quiet);
      else stop();
    }, wait).unref();
  }

  private knows({ headers }: IncomingMessage): boolean {
    const given = Buffer.from(headers.authorization ?? '');
    const wanted = Buffer.from(`Bearer ${this.token}`);
    return given.length === wanted.length && timingSafeEqual(given, wanted);
  }
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
