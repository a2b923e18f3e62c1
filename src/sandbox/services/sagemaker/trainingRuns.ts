import type { MetricData } from '@aws-sdk/client-sagemaker';
import type { Clock } from '../../clock.js';
import type {
  Interruption,
  RunningTraining,
  TrainingEngine,
  TrainingObserver,
  TrainingOutcome,
  TrainingSpec,
} from '../../engines/training.js';
import { isFullDisk } from '../../store/fullDisk.js';
import type { Collection } from '../../store/store.js';
import { endedJob, stoppingJob, type TrainingJob, withSecondaryStatus } from './trainingRecord.js';

export interface TrainingRunsOptions {
  readonly jobs: Collection<TrainingJob>;
  readonly engine: TrainingEngine;
  readonly clock: Clock;
  /** The most jobs at a time; others wait, in the order in which they came. */
  readonly limit: number;
  readonly specOf: (job: TrainingJob) => TrainingSpec;
}

/** Told of what happens to jobs. */
export interface JobListener {
  /** A running job has printed a value of a metric. */
  metric(job: string, metric: string, value: number): void;
  /** A job has ended, and its record says how. */
  ended(job: string): void;
}

/** How recovered jobs, and those that the engine had when it was closed, have failed. */
const interruption = /^InternalServerError: The sandbox (ended|was stopped) while/i;

/** Whether a job failed for no other reason than that the sandbox ended. */
export function wasInterrupted({ FailureReason: reason = '' }: TrainingJob): boolean {
  return interruption.test(reason);
}

/** Between two attempts to write down how a job ended, milliseconds. */
const retryMs = 1000;

/** Runs jobs on the engine, a few at a time, and keeps their records as the engine tells. */
export class TrainingRuns {
  private readonly jobs: Collection<TrainingJob>;
  private readonly waiting: string[] = [];
  /** Jobs on the engine; undefined while the engine's start has not returned. */
  private readonly running = new Map<string, RunningTraining | undefined>();
  /** Latest values of running jobs: too many to write each one down; the record gets them with the next stage. */
  private readonly metrics = new Map<string, Map<string, MetricData>>();
  private listener: JobListener | undefined;
  private closed = false;

  constructor(private readonly options: TrainingRunsOptions) {
    this.jobs = options.jobs;
  }

  listen(listener: JobListener): void {
    this.listener = listener;
  }

  /** Takes up what an earlier process left: waiting jobs wait again; jobs that were running have failed. */
  recover(): void {
    const left = [...this.jobs.values()].filter(({ TrainingJobStatus: status }) =>
      ['InProgress', 'Stopping'].includes(status ?? ''),
    );
    for (const job of left.sort((a, b) => +a.CreationTime - +b.CreationTime)) {
      if (job.SecondaryStatus === 'Pending') this.submit(job);
      else this.fail(job, 'InternalServerError: the sandbox ended while this job was running. Start the job again.');
    }
  }

  /** Jobs that wait or are on the engine. */
  get unfinished(): number {
    return this.waiting.length + this.running.size;
  }

  submit(job: TrainingJob): void {
    this.waiting.push(job.TrainingJobName);
    this.startNext();
    if (!this.waiting.includes(job.TrainingJobName)) return;
    const message = `Waiting for other training jobs to end: this sandbox runs ${this.options.limit} at a time`;
    this.put(withSecondaryStatus(job, 'Pending', message, this.options.clock.now()));
  }

  stop(job: TrainingJob): void {
    const now = this.options.clock.now();
    this.put(stoppingJob(job, now));
    const place = this.waiting.indexOf(job.TrainingJobName);
    if (place < 0) return this.running.get(job.TrainingJobName)?.stop();
    this.waiting.splice(place, 1);
    this.end(job.TrainingJobName, { status: 'Stopped', secondary: 'Stopped' }, undefined, now);
  }

  /** @returns false when it is not training. */
  interrupt(job: TrainingJob, interruption: Interruption): boolean {
    return this.running.get(job.TrainingJobName)?.interrupt(interruption) ?? false;
  }

  /** The latest value of each metric that a running job has printed. */
  metricsOf(name: string): MetricData[] | undefined {
    const latest = this.metrics.get(name);
    return latest && [...latest.values()];
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.options.engine.close();
  }

  private startNext(): void {
    while (!this.closed && this.running.size < this.options.limit) {
      const name = this.waiting.shift();
      if (name === undefined) return;
      const job = this.jobs.get(name);
      if (job) this.start(job);
    }
  }

  private start(job: TrainingJob): void {
    const name = job.TrainingJobName;
    this.running.set(name, undefined);
    this.metrics.set(name, new Map());
    const run = this.options.engine.start(this.options.specOf(job), this.observer(name));
    if (!this.running.has(name)) return; // It has ended already.
    this.running.set(name, run);
    if (this.jobs.get(name)?.TrainingJobStatus === 'Stopping') run.stop();
  }

  private observer(name: string): TrainingObserver {
    return {
      phase: (phase, message, at) => {
        const job = this.jobs.get(name);
        // A stage that a full disk refuses is not worth more than the job: the next one is written again.
        if (job) this.attempt(() => this.put(withSecondaryStatus(job, phase, message, at)));
      },
      metric: (metric, value, at) => {
        this.metrics.get(name)?.set(metric, { MetricName: metric, Value: value, Timestamp: at });
        this.listener?.metric(name, metric, value);
      },
      ended: (outcome, artifacts, at) => {
        this.running.delete(name);
        this.finish(() => this.end(name, outcome, artifacts, at));
        this.startNext();
      },
    };
  }

  /** An end must not get lost: while the disk is full it is tried again, so that nobody waits for ever. */
  private finish(end: () => void): void {
    if (!this.attempt(end) && !this.closed) setTimeout(() => this.finish(end), retryMs).unref();
  }

  private attempt(write: () => void): boolean {
    try {
      write();
      return true;
    } catch (error) {
      if (isFullDisk(error)) return false;
      throw error;
    }
  }

  private end(name: string, outcome: TrainingOutcome, artifacts: string | undefined, at: Date): void {
    const job = this.jobs.get(name);
    if (job) this.put(endedJob(job, { outcome, artifacts, metrics: this.metricsOf(name) ?? [] }, at));
    this.metrics.delete(name);
    this.listener?.ended(name);
  }

  private fail(job: TrainingJob, reason: string): void {
    const outcome: TrainingOutcome = { status: 'Failed', reason };
    this.put(endedJob(job, { outcome, artifacts: undefined, metrics: [] }, this.options.clock.now()));
  }

  private put(job: TrainingJob): void {
    this.jobs.put(job.TrainingJobName, job);
  }
}
