import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open, readFile } from 'node:fs/promises';
import http from 'node:http';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import * as v from 'valibot';
import { hasCode, UserError } from '../core/errors.js';
import { defaultSandboxFolder } from '../core/sandboxFolder.js';
import type { ConnectionSource } from './connection.js';

export interface LocalSandboxOptions {
  /** dist/sandbox.js */
  readonly program: string;
  /** Undefined: the sandbox's own default. */
  readonly dataFolder: string | undefined;
  readonly python: string | undefined;
}

export interface Activity {
  readonly jobs: number;
  readonly deployments: number;
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

/**
 * The sandbox of this machine, as a process of its own that outlives the window: found by its lock file, started when
 * there is none, and kept alive by an open lease.
 */
export class LocalSandbox {
  private lease: { readonly endpoint: string; readonly request: http.ClientRequest } | undefined;
  private forgetAtStart = false;

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
    const running = (await this.find()) ?? (await this.start(signal));
    this.hold(running);
    const { endpoint, region, profile, configFile, credentialsFile, executionRoleArn } = running;
    return { endpoint, region, profile, configFile, credentialsFile, executionRole: executionRoleArn };
  }

  /** What is in it now; undefined when it does not run. */
  async activity(): Promise<Activity | undefined> {
    const running = await this.find();
    return running && v.parse(Status, await this.ask(running, 'GET', 'status'));
  }

  /** Ends it and what runs in it; false when it did not run. */
  async stop(): Promise<boolean> {
    const running = await this.find();
    if (!running) return false;
    this.log(`Stopping the sandbox at ${running.endpoint} (process ${running.pid}).`);
    this.release();
    await this.ask(running, 'POST', 'stop');
    // Jobs get their time to save what they have.
    for (const end = Date.now() + 130_000; isAlive(running.pid); await delay(50)) {
      if (Date.now() > end) throw new UserError(`The sandbox (process ${running.pid}) does not end: end it yourself.`);
    }
    return true;
  }

  /** Ends it; the next start forgets everything in its data folder. */
  async reset(): Promise<void> {
    await this.stop();
    this.forgetAtStart = true;
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
    return this.ask(running, 'GET', 'status').then(
      () => running,
      () => undefined,
    );
  }

  private async start(signal: AbortSignal): Promise<Running> {
    const { program, python } = this.options();
    const folder = this.folder;
    const args = [
      ...[program, '--data', folder, '--end-when-idle', String(endWhenIdle)],
      ...(python === undefined ? [] : ['--python', python]),
      ...(this.forgetAtStart ? ['--fresh'] : []),
    ];
    // Beside the data folder, which has to be empty or a sandbox's own.
    const logFile = `${folder}.log`;
    await mkdir(path.dirname(folder), { recursive: true });
    const output = await open(logFile, 'w', 0o600);
    let child: ChildProcess;
    try {
      child = spawn(process.execPath, args, {
        // A session of its own: no window, and no terminal, takes it down with it.
        detached: true,
        stdio: ['ignore', output.fd, output.fd],
        // VS Code's own program is Electron, which is Node when it is told so.
        env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
        cwd: path.dirname(folder),
      });
      await once(child, 'spawn');
    } finally {
      await output.close();
    }
    child.unref();
    this.log(`Started a sandbox on ${folder} (process ${child.pid}); its log is ${logFile}.`);
    for (const end = Date.now() + startMilliseconds; Date.now() < end; await delay(30, undefined, { signal })) {
      const running = await this.find();
      if (running) {
        this.forgetAtStart = false;
        return running;
      }
      const said = child.exitCode === null ? '' : await complaint(logFile);
      // Of two windows that start one at the same moment one is first, and the other finds it.
      if (said !== '' && !said.startsWith('Another sandbox is using')) {
        throw new UserError(`The sandbox did not start: ${said}`);
      }
    }
    throw new UserError(`The sandbox did not answer within ${startMilliseconds / 1000} s. Its log is ${logFile}.`);
  }

  /** An open answer is the lease: it ends with this process, however that ends. */
  private hold(running: Running): void {
    if (this.lease?.endpoint === running.endpoint) return;
    this.release();
    const request = http.get(`${running.endpoint}/-/sandbox/lease`, { headers: authorization(running), agent: false });
    const lost = (): void => {
      if (this.lease?.request === request) this.lease = undefined;
    };
    request.on('response', (response) => response.resume().on('close', lost));
    request.on('error', lost);
    request.on('socket', (socket) => socket.unref());
    this.lease = { endpoint: running.endpoint, request };
  }

  private release(): void {
    this.lease?.request.destroy();
    this.lease = undefined;
  }

  private async ask(running: Running, method: 'GET' | 'POST', what: string): Promise<unknown> {
    const response = await fetch(`${running.endpoint}/-/sandbox/${what}`, {
      method,
      headers: authorization(running),
      signal: AbortSignal.timeout(answerMilliseconds),
    });
    if (!response.ok) throw new Error(`The sandbox answered ${response.status}: ${await response.text()}`);
    return response.json();
  }
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

async function complaint(logFile: string): Promise<string> {
  const text = (await readFile(logFile, 'utf8')).trim();
  if (/node:sqlite/.test(text)) {
    return 'its state needs node:sqlite, which this VS Code does not have. Use VS Code 1.104 or newer, or start `npx sagemaker-sandbox` with Node 22.13 or newer.';
  }
  return text.replace(/^sagemaker-sandbox: /, '').slice(-1000) || 'it said nothing.';
}
