import type { EnvironmentFailure } from '../../../container/functionMessages.js';
import { memoryOfTree, tellsMemory } from '../process/processMemory.js';
import type { RunningProcess } from '../process/processes.js';
import { RuntimeApi, type RuntimeEvent, type RuntimeObserver } from './runtimeApi.js';

/** The runtime waits for an event. */
interface Ready {
  readonly kind: 'ready';
}

/** The runtime could not load the handler: what it says of that. */
export interface InitError {
  readonly kind: 'initError';
  readonly errorType: string;
  readonly payload: Uint8Array;
}

export interface HandlerAnswer {
  readonly kind: 'answer';
  readonly payload: Uint8Array;
  readonly error: 'Unhandled' | undefined;
}

type Told = Ready | InitError | HandlerAnswer | EnvironmentFailure;

export interface RuntimeProcessOptions {
  /** Starts the program with the address of its Runtime API. */
  readonly start: (runtimeApi: string) => Promise<RunningProcess>;
  /** Bytes, of the program and everything that it starts. */
  readonly memoryLimit: number;
}

/** How often memory is looked at while the handler runs. A process fills about 100 MB in that time. */
const samplingMs = 50;

/** What a runtime that has told of its failure gets to end by itself. */
const lastWordsMs = 2000;

/** One process that runs a handler, and its Runtime API. */
export class RuntimeProcess implements RuntimeObserver {
  /** Bytes, the most that was seen. */
  memoryUsed = 0;
  /** Resolves when no process of it is left and all of its output has been told. */
  readonly exited: Promise<EnvironmentFailure>;
  private waiting = false;
  private listener: ((told: Told) => void) | undefined;

  private constructor(
    private readonly api: RuntimeApi,
    private readonly process: RunningProcess,
    private readonly options: RuntimeProcessOptions,
  ) {
    api.observe(this);
    const status = process.exited.catch(() => 127); // As a shell counts a program that cannot be started.
    this.exited = status.then((exitStatus) => {
      api.close();
      return { kind: 'exit', status: exitStatus };
    });
  }

  static async start(options: RuntimeProcessOptions): Promise<RuntimeProcess> {
    const api = await RuntimeApi.listen();
    try {
      return new RuntimeProcess(api, await options.start(api.address), options);
    } catch (error) {
      api.close();
      throw error;
    }
  }

  /** Resolves when the runtime waits for an event, or with what prevents it; then no process is left. */
  async untilReady(limitMs: number): Promise<Ready | InitError | EnvironmentFailure> {
    if (this.waiting) return { kind: 'ready' };
    const outcome = await this.until<Ready | InitError>(['ready', 'initError'], limitMs);
    if (outcome.kind !== 'ready') await this.end(outcome.kind === 'initError' ? lastWordsMs : 0);
    return outcome;
  }

  /** Whether it can get an event. */
  get idle(): boolean {
    return this.waiting;
  }

  /**
   * Runs the handler once. As on Lambda, an invocation ends when the runtime waits for the next one; when it does not,
   * no process is left.
   */
  async invoke(event: RuntimeEvent, limitMs: number): Promise<HandlerAnswer | EnvironmentFailure> {
    const started = performance.now();
    this.waiting = false;
    this.api.send(event);
    const outcome = await this.until<HandlerAnswer>(['answer', 'tooLarge'], limitMs);
    if (outcome.kind === 'answer' || outcome.kind === 'tooLarge') {
      await this.untilReady(Math.max(lastWordsMs, limitMs - (performance.now() - started)));
      this.process.drain();
    } else {
      await this.end();
    }
    return outcome;
  }

  /** Ends everything that belongs to it. @param patienceMs how long it may end by itself */
  async end(patienceMs = 0): Promise<void> {
    if (patienceMs === 0) this.process.kill();
    const kill = setTimeout(() => this.process.kill(), patienceMs);
    await this.exited;
    clearTimeout(kill);
  }

  ready(): void {
    this.waiting = true;
    this.listener?.({ kind: 'ready' });
  }

  gone(): void {
    this.waiting = false;
  }

  answered(payload: Uint8Array | undefined, error: 'Unhandled' | undefined): void {
    this.listener?.(payload ? { kind: 'answer', payload, error } : { kind: 'tooLarge' });
  }

  initFailed(errorType: string, payload: Uint8Array): void {
    this.listener?.({ kind: 'initError', errorType, payload });
  }

  /** The first of: one of these, the process's end, too much memory, too much time. */
  private until<Wanted extends Told>(
    wanted: readonly Told['kind'][],
    limitMs: number,
  ): Promise<Wanted | EnvironmentFailure> {
    return new Promise((resolve) => {
      let settled = false;
      const sampler = setInterval(() => this.sample(), samplingMs);
      const late = setTimeout(() => settle({ kind: 'timeout', seconds: limitMs / 1000 }), limitMs);
      const settle = (outcome: Told) => {
        if (settled) return;
        settled = true;
        clearInterval(sampler);
        clearTimeout(late);
        this.listener = undefined;
        this.sample();
        resolve(outcome as Wanted | EnvironmentFailure);
      };
      this.listener = (told) => {
        if (told.kind === 'memory' || wanted.includes(told.kind)) settle(told);
      };
      void this.exited.then(settle);
    });
  }

  private sample(): void {
    const { pid } = this.process;
    if (!tellsMemory || pid === undefined) return;
    const used = memoryOfTree(pid, this.options.memoryLimit);
    this.memoryUsed = Math.max(this.memoryUsed, used);
    if (used > this.options.memoryLimit) this.listener?.({ kind: 'memory' });
  }
}
