import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import * as v from 'valibot';
import { version } from '../../package.json';
import { hasCode, UserError } from '../core/errors.js';
import { defaultSandboxFolder } from '../core/sandboxFolder.js';
import type { ConnectionSource } from './connection.js';
import { SandboxProgram } from './sandboxProgram.js';

export interface LocalSandboxOptions {
  /** dist/sandbox.js */
  readonly program: string;
  /** Undefined: the sandbox's own default. */
  readonly dataFolder: string | undefined;
  readonly python: string | undefined;
  readonly tunerPython: string | undefined;
}

export interface Activity {
  readonly jobs: number;
  readonly deployments: number;
  /** In service. */
  readonly endpoints: number;
}

/** The sandbox's lock file, as far as it matters here. */
const Lock = v.object({
  endpoint: v.string(),
  region: v.string(),
  profile: v.string(),
  configFile: v.string(),
  credentialsFile: v.string(),
  executionRoleArn: v.string(),
  version: v.string(),
  pid: v.number(),
});
const Status = v.object({ jobs: v.number(), deployments: v.number(), endpoints: v.number() });

interface Running extends v.InferOutput<typeof Lock> {
  readonly token: string;
}

/** Seconds without a window and without a running job after which it ends itself. */
const endWhenIdle = 300;
const startMilliseconds = 20_000;
const answerMilliseconds = 5_000;
/** Jobs get 120 s of it to save what they have. */
const stopMilliseconds = 130_000;

interface Lease {
  readonly token: string;
  readonly request: http.ClientRequest;
  /** False: there is nobody to give one. */
  readonly taken: Promise<boolean>;
}

/**
 * The sandbox of this machine, as a process of its own that outlives the window: found by its lock file, started when
 * there is none, and kept alive by an open lease.
 */
export class LocalSandbox {
  private lease: Lease | undefined;

  constructor(
    private readonly options: () => LocalSandboxOptions,
    private readonly log: (line: string) => void,
  ) {}

  /** Where its data is, and its log. */
  get folder(): string {
    return this.options().dataFolder ?? defaultSandboxFolder();
  }

  /**
   * Finds or starts it, takes a lease, and says how to connect.
   * @throws {UserError} with what it complained of, when it does not start
   */
  async source(signal: AbortSignal): Promise<ConnectionSource> {
    const found = await this.find();
    signal.throwIfAborted();
    // One that is found may be at its end: only a lease makes it stay.
    if (found && (await this.hold(found))) return connectionTo(found);
    const started = await this.start(signal, false);
    signal.throwIfAborted();
    if (!(await this.hold(started))) {
      throw new UserError(`The sandbox ended as soon as it had started. Its log is ${this.program.logFile}.`);
    }
    return connectionTo(started);
  }

  /** What is in it now; undefined when it does not run. */
  async activity(): Promise<Activity | undefined> {
    const running = await this.find();
    return running && this.status(running);
  }

  /** Ends it and what runs in it; false when it did not run. */
  async stop(): Promise<boolean> {
    const running = await this.find();
    if (!running) return false;
    this.log(`Stopping the sandbox at ${running.endpoint} (process ${running.pid}).`);
    this.release();
    await this.ask(running, 'POST', 'stop');
    for (const end = Date.now() + stopMilliseconds; isAlive(running.pid); await delay(50)) {
      if (Date.now() > end) throw new UserError(`The sandbox (process ${running.pid}) does not end: end it yourself.`);
    }
    return true;
  }

  /**
   * Ends it and starts one that has forgotten everything. At once, not at the next use: what another window makes in the
   * sandbox between now and then must not be forgotten with it.
   * @throws {UserError} when another window is quicker, and nothing was forgotten
   */
  async reset(signal: AbortSignal = new AbortController().signal): Promise<void> {
    await this.stop();
    await this.start(signal, true);
  }

  /** Gives the lease back. */
  dispose(): void {
    this.release();
  }

  private async find(): Promise<Running | undefined> {
    const read = async (name: string) =>
      readFile(path.join(this.folder, name), 'utf8').catch((error: unknown) => {
        if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
        throw error;
      });
    const lock = v.safeParse(v.pipe(v.string(), v.parseJson(), Lock), await read('lock.json'));
    const token = await read('control-token');
    if (!lock.success || token === undefined || !isAlive(lock.output.pid)) return undefined;
    const running = { ...lock.output, token };
    // After a kill -9 the lock file stays, and its process id and port may be somebody else's by now.
    return this.status(running).then(
      () => running,
      () => undefined,
    );
  }

  private get program(): SandboxProgram {
    return new SandboxProgram(this.options().program, `${this.folder}.log`);
  }

  private async start(signal: AbortSignal, fresh: boolean): Promise<Running> {
    signal.throwIfAborted();
    const { folder, program } = this;
    const { python, tunerPython } = this.options();
    const args = [
      ...['--data', folder, '--end-when-idle', String(endWhenIdle)],
      ...(python === undefined ? [] : ['--python', python]),
      ...(tunerPython === undefined ? [] : ['--tuner-python', tunerPython]),
      ...(fresh ? ['--fresh'] : []),
    ];
    let child = await program.start(args);
    let said = '';
    for (const end = Date.now() + startMilliseconds; Date.now() < end; await delay(30, undefined, { signal })) {
      const running = await this.find();
      if (running && (running.pid === child.pid || !fresh)) {
        this.log(`A sandbox runs on ${folder} (process ${running.pid}); its log is ${program.logFile}.`);
        return running;
      }
      if (running) {
        throw new UserError('The sandbox was not reset: another window started it at the same moment. Reset it again.');
      }
      if (!child.ended) continue;
      said = await child.complaint();
      // Of two windows that start one at the same moment one is first, and the other finds it. One that is ending has
      // the folder as long as its jobs save what they have.
      if (!said.includes('Another sandbox is using')) throw new UserError(`The sandbox did not start: ${said}`);
      await delay(300, undefined, { signal });
      child = await program.start(args);
    }
    const reason = said === '' ? `Its log is ${program.logFile}.` : said;
    throw new UserError(`The sandbox did not answer within ${startMilliseconds / 1000} s. ${reason}`);
  }

  /** An open answer is the lease: it ends with this process, however that ends. False when there is nobody to give one. */
  private hold(running: Running): Promise<boolean> {
    if (this.lease?.token === running.token) return this.lease.taken;
    this.release();
    if (running.version !== version) {
      this.log(
        `The sandbox that runs (process ${running.pid}) is version ${running.version}, this extension's is ${version}. ` +
          'It is used as it is: stop it to have this one at the next use.',
      );
    }
    const request = http.get(`${running.endpoint}/-/sandbox/lease`, { headers: authorization(running), agent: false });
    const taken = new Promise<boolean>((resolve) => {
      const lost = (): void => {
        if (this.lease?.request === request) this.lease = undefined;
        resolve(false);
      };
      const unanswered = setTimeout(() => request.destroy(), answerMilliseconds);
      request.on('response', (response) => {
        clearTimeout(unanswered);
        // Nothing waits for its end: it must not keep this process alive.
        response.socket.unref();
        response.on('error', lost).on('close', lost).resume();
        resolve(response.statusCode === 200);
      });
      request.on('error', lost).on('close', () => {
        clearTimeout(unanswered);
        lost();
      });
    });
    this.lease = { token: running.token, request, taken };
    return taken;
  }

  private release(): void {
    this.lease?.request.destroy();
    this.lease = undefined;
  }

  private async status(running: Running): Promise<Activity> {
    return v.parse(Status, await this.ask(running, 'GET', 'status'));
  }

  private async ask(running: Running, method: 'GET' | 'POST', what: string): Promise<unknown> {
    // The first `fetch` of a process is 100 ms of work (undici and the WebAssembly of its parser): more than to load the SDK.
    const request = http.request(`${running.endpoint}/-/sandbox/${what}`, {
      method,
      headers: authorization(running),
      agent: false,
      signal: AbortSignal.timeout(answerMilliseconds),
    });
    const answered = once(request, 'response') as Promise<[http.IncomingMessage]>;
    // What goes wrong once the answer has begun is told by its own stream, too.
    request.on('error', () => undefined).end();
    const [response] = await answered;
    const said = await text(response);
    if ((response.statusCode ?? 0) >= 300) throw new Error(`The sandbox answered ${response.statusCode}: ${said}`);
    return JSON.parse(said);
  }
}

function connectionTo(running: Running): ConnectionSource {
  const { endpoint, region, profile, configFile, credentialsFile, executionRoleArn } = running;
  return { endpoint, region, profile, configFile, credentialsFile, executionRole: executionRoleArn };
}

function authorization({ token }: Running) {
  return { authorization: `Bearer ${token}` };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return hasCode(error, 'EPERM');
  }
}
