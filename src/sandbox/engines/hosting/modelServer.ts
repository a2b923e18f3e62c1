import { setTimeout as delay } from 'node:timers/promises';
import { invocationTimedOut, noWorker, workerDied } from '../../../container/inferenceMessages.js';
import { messageOf } from '../../../core/errors.js';
import {
  type ContainerAnswer,
  type ContainerRequest,
  InferenceWorker,
  WorkerFailed,
  type WorkerProcess,
} from './inferenceWorker.js';

/** What one instance runs: its folder, its environment, and worker processes as often as asked. */
export interface InferenceContainer {
  /** @throws {NotServing}, also when `signal` aborts what a start needs before it. */
  start(signal: AbortSignal): Promise<WorkerProcess>;
  /** What helps against the reason for which a worker cannot start, in a sentence. */
  advice(reason: string): string | undefined;
  /** Called once, when no worker is left. */
  dispose(): Promise<void>;
}

export interface ModelServerOptions {
  readonly workers: number;
  /** How many requests may wait for a worker; TorchServe's `job_queue_size` is 100. */
  readonly queueLength: number;
  /** What SageMaker waits for an answer, the time in the queue included. */
  readonly invocationMs: number;
  /** What the model server waits for a worker. */
  readonly workerMs: number;
  readonly startupMs: number;
  /** How long to wait before a worker that ended is started again: after the first end, the second… */
  readonly restartMs: readonly number[];
  /** Between SIGTERM and SIGKILL. */
  readonly stopMs: number;
  /** A line of the model server's own in the instance's log. */
  readonly say: (line: string) => void;
}

/** The model server cannot serve; the message is why, in a sentence. */
export class NotServing extends Error {
  override readonly name = 'NotServing';
}

interface Job {
  readonly input: ContainerRequest;
  /** Only the first answer counts. */
  readonly answer: (answer: ContainerAnswer) => void;
  worker: InferenceWorker | undefined;
}

/** One instance of a variant: workers that have loaded the model, and a queue in front of them. */
export class ModelServer {
  private readonly workers = new Set<InferenceWorker>();
  private readonly idle: InferenceWorker[] = [];
  private readonly waiting: Job[] = [];
  private readonly stopped = new AbortController();
  private readonly quiet: (() => void)[] = [];
  private started = Promise.resolve();
  private ending: Promise<void> | undefined;
  private supervision: Promise<void>[] = [];
  private running = 0;

  constructor(
    private readonly container: InferenceContainer,
    private readonly options: ModelServerOptions,
  ) {}

  /** Requests that are being answered or wait. */
  get load(): number {
    return this.running + this.waiting.length;
  }

  /** Resolves when every worker has answered /ping. @throws {NotServing} when one cannot; then none is left. */
  start(): Promise<void> {
    this.started = this.startAll();
    return this.started;
  }

  /** The container's answer; never rejects. Status 0: SageMaker got none in time. */
  invoke(input: ContainerRequest): Promise<ContainerAnswer> {
    if (this.waiting.length >= this.options.queueLength) return Promise.resolve(plain(noWorker));
    return new Promise((resolve) => {
      const deadline = setTimeout(() => this.timeOut(job), this.options.invocationMs);
      const job: Job = {
        input,
        worker: undefined,
        answer: (answer) => {
          clearTimeout(deadline);
          resolve(answer);
        },
      };
      this.waiting.push(job);
      this.dispatch();
    });
  }

  /** Resolves when nothing is being answered any more and nothing waits. */
  drained(): Promise<void> {
    if (this.load === 0) return Promise.resolve();
    return new Promise((resolve) => this.quiet.push(resolve));
  }

  /** SIGTERM, then SIGKILL; resolves when no process is left. Whoever still waits for an answer gets one. */
  stop(): Promise<void> {
    return (this.ending ??= this.end());
  }

  private async end(): Promise<void> {
    this.stopped.abort();
    for (const { process } of this.workers) process.terminate();
    const kill = setTimeout(() => this.workers.forEach(({ process }) => process.kill()), this.options.stopMs);
    await Promise.allSettled([this.started, ...this.supervision]);
    clearTimeout(kill);
    for (const job of this.waiting.splice(0)) job.answer(plain(noWorker));
    this.tellWhenQuiet();
    await this.container.dispose();
  }

  private async startAll(): Promise<void> {
    const starts = Array.from({ length: this.options.workers }, () => this.startWorker());
    try {
      const workers = await Promise.all(starts);
      this.supervision = workers.map((worker) => this.supervise(worker));
    } catch (error) {
      this.stopped.abort();
      for (const { process } of this.workers) process.kill();
      await Promise.allSettled(starts);
      throw error;
    }
  }

  private dispatch(): void {
    while (this.idle.length > 0 && this.waiting.length > 0) void this.serve(this.idle.pop()!, this.waiting.shift()!);
  }

  private async serve(worker: InferenceWorker, job: Job): Promise<void> {
    this.running++;
    job.worker = worker;
    const late = setTimeout(() => {
      this.options.say(`A worker gave no answer within ${this.options.workerMs / 1000} seconds and is ended.`);
      job.answer(plain(workerDied));
      worker.process.kill();
    }, this.options.workerMs);
    try {
      job.answer(await worker.invoke(job.input));
      this.idle.push(worker);
    } catch (error) {
      if (error instanceof WorkerFailed && error.cause instanceof WorkerFailed) this.options.say(error.cause.message);
      job.answer(plain(workerDied));
      worker.process.kill(); // What takes its place starts when it is gone.
    } finally {
      clearTimeout(late);
      this.running--;
      this.dispatch();
      this.tellWhenQuiet();
    }
  }

  private tellWhenQuiet(): void {
    if (this.load === 0) for (const tell of this.quiet.splice(0)) tell();
  }

  /** A request that nobody began takes nobody with it; one that a worker is stuck in ends the worker. */
  private timeOut(job: Job): void {
    job.answer(plain({ status: 0, body: new TextEncoder().encode(invocationTimedOut) }));
    if (job.worker) return job.worker.process.kill();
    this.waiting.splice(this.waiting.indexOf(job), 1);
    this.tellWhenQuiet();
  }

  /** @throws {NotServing} */
  private async startWorker(): Promise<InferenceWorker> {
    const worker = new InferenceWorker(await this.container.start(this.stopped.signal));
    this.workers.add(worker);
    if (this.stopped.signal.aborted) worker.process.kill();
    const reason = await this.whyNotReady(worker);
    if (reason === undefined) return worker;
    worker.process.kill();
    await exitStatus(worker);
    this.workers.delete(worker);
    const advice = this.container.advice(reason);
    throw new NotServing(advice === undefined ? reason : `${reason.replace(/\.$/, '')}. ${advice}`);
  }

  private async whyNotReady(worker: InferenceWorker): Promise<string | undefined> {
    const { startupMs } = this.options;
    const ready = new AbortController();
    const late = delay(startupMs, `It did not answer /ping within ${startupMs / 1000} seconds.`, {
      signal: ready.signal,
    });
    try {
      const reason = await Promise.race([worker.ping(), late]);
      // A worker that said what is wrong ends by itself, and its log is whole then.
      if (reason !== undefined) await endedSoon(worker);
      return reason;
    } catch {
      await endedSoon(worker);
      worker.process.kill();
      return `The process ended with exit code ${await exitStatus(worker)} before it answered /ping.`;
    } finally {
      late.catch(() => undefined); // That is how an aborted delay ends.
      ready.abort();
    }
  }

  /** Keeps one worker's place filled for as long as the server runs. */
  private async supervise(first: InferenceWorker): Promise<void> {
    const { restartMs, say } = this.options;
    let worker: InferenceWorker | undefined = first;
    let failures = 0;
    while (!this.stopped.signal.aborted) {
      if (worker) {
        this.idle.push(worker);
        this.dispatch();
        const status = await exitStatus(worker);
        this.workers.delete(worker);
        const place = this.idle.indexOf(worker);
        if (place >= 0) this.idle.splice(place, 1);
        if (this.stopped.signal.aborted) return;
        failures = worker.answered > 0 ? 0 : failures + 1;
        worker = undefined;
        say(`A worker ended with exit code ${status} and is started again.`);
      }
      const pause = restartMs[Math.min(failures, restartMs.length - 1)] ?? 0;
      await delay(pause, undefined, { signal: this.stopped.signal }).catch(() => undefined);
      if (this.stopped.signal.aborted) return;
      try {
        worker = await this.startWorker();
      } catch (error) {
        failures++;
        say(`A worker could not be started again. ${messageOf(error)}`);
      }
    }
  }
}

function plain({ status, body }: { status: number; body: Uint8Array }): ContainerAnswer {
  return { status, body, contentType: 'application/json', customAttributes: undefined };
}

/** A program that could not even be started counts as a shell counts it. */
function exitStatus(worker: InferenceWorker): Promise<number> {
  return worker.process.exited.catch(() => 127);
}

/** The connection closes a moment before the process is gone, whose exit status says more. */
async function endedSoon(worker: InferenceWorker): Promise<void> {
  const gone = new AbortController();
  const patience = delay(2000, undefined, { signal: gone.signal }).catch(() => undefined);
  await Promise.race([exitStatus(worker), patience]);
  gone.abort();
}
