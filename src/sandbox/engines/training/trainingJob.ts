import { setTimeout as delay } from 'node:timers/promises';
import { algorithmError, clientError, internalError } from '../../../container/failure.js';
import { frameworkImage, imageRefusal } from '../../../container/images.js';
import type { Clock } from '../../clock.js';
import type { LogSink, MetricSink } from '../../services/ports.js';
import type { Objects } from '../../store/objects.js';
import { NoPythonError } from '../../../core/interpreter.js';
import type { Interruption, TrainingObserver, TrainingOutcome, TrainingPhase, TrainingSpec } from '../training.js';
import { removeFolder } from '../process/removeFolder.js';
import { JobMetrics } from './jobMetrics.js';
import { type HostFailure, logGroup, TrainingCluster } from './trainingCluster.js';
import { asJobFailed, JobFailed } from './trainingFailure.js';
import type { TrainingRuntime } from './trainingHost.js';

/** What a job needs of the sandbox. */
export interface TrainingJobParts {
  readonly objects: Objects;
  readonly logs: LogSink;
  readonly metrics: MetricSink;
  readonly clock: Clock;
  /** Between SIGTERM and SIGKILL. */
  readonly graceMs: number;
  /** Where jobs run now. @throws {NoPythonError} */
  readonly runtime: () => Promise<TrainingRuntime>;
}

/** The messages that SageMaker gives with its secondary statuses. */
const phaseMessages: Readonly<Record<TrainingPhase, string>> = {
  Starting: 'Preparing the instances for training',
  Downloading: 'Downloading input data',
  Training: 'Training image download completed. Training in progress.',
  Interrupted: 'The spot instances were reclaimed. Waiting for instances to go on',
  Uploading: 'Uploading generated training model',
};

type StopReason = Extract<TrainingOutcome, { status: 'Stopped' }>['secondary'];

interface Result {
  readonly outcome: TrainingOutcome;
  /** The model's address, when one was uploaded. */
  readonly artifacts: string | undefined;
}

/** One training job from its start to its end. */
export class TrainingJob {
  private readonly abort = new AbortController();
  private readonly stopping = new AbortController();
  private stopped: StopReason | undefined;
  private cluster: TrainingCluster | undefined;
  /** Whether scripts run, and whether their hosts are being taken away. */
  private training = false;
  private interruption: Interruption | undefined;
  private killTimer: NodeJS.Timeout | undefined;
  /** Milliseconds for which hosts have run, until the last interruption. */
  private spent = 0;

  constructor(
    private readonly parts: TrainingJobParts,
    private readonly spec: TrainingSpec,
    private readonly observer: TrainingObserver,
    private readonly folder: string,
  ) {}

  /** Resolves when the job has ended and its observer knows; never rejects. */
  async run(): Promise<void> {
    let result: Result;
    const { spot } = this.spec;
    const cancelWait = spot && after(spot.maxWaitSeconds * 1000, () => this.stop('MaxWaitTimeExceeded'));
    try {
      result = await this.live();
    } catch (error) {
      const failure = this.abort.signal.aborted ? closed() : asJobFailed(error);
      const outcome = { status: 'Failed', reason: failure.message, ...exitCodeOf(failure) } as const;
      result = { outcome, artifacts: undefined };
    } finally {
      cancelWait?.();
      clearTimeout(this.killTimer);
    }
    // What cannot be removed now goes when the sandbox starts the next time.
    await removeFolder(this.folder).catch(() => undefined);
    this.observer.ended(result.outcome, result.artifacts, this.parts.clock.now());
  }

  /** SIGTERM, the time of grace, SIGKILL. The first reason stands. */
  stop(secondary: StopReason): void {
    if (this.stopped !== undefined) return;
    this.stopped = secondary;
    this.stopping.abort();
    this.end(this.parts.graceMs);
  }

  interrupt(interruption: Interruption): boolean {
    if (!this.training || this.interruption || this.stopped) return false;
    this.interruption = interruption;
    this.cluster?.remark('[sagemaker-sandbox] The spot instances are being reclaimed.');
    this.end(interruption.graceSeconds * 1000);
    return true;
  }

  /** Ends the job at once: the sandbox is going down. */
  close(): void {
    this.abort.abort();
    this.cluster?.kill();
  }

  private end(graceMs: number): void {
    clearTimeout(this.killTimer);
    this.cluster?.terminate();
    this.killTimer = setTimeout(() => this.cluster?.kill(), graceMs);
  }

  private async live(): Promise<Result> {
    this.enter('Starting');
    this.refuse();
    const runtime = await this.runtime();
    for (;;) {
      const result = await this.attempt(runtime);
      if (result) return result;
      await this.waitForInstances();
      if (this.stopped) return { outcome: { status: 'Stopped', secondary: this.stopped }, artifacts: undefined };
      this.enter('Starting');
    }
  }

  /** One run on hosts of its own. @returns undefined when they were taken away before its end. */
  private async attempt(runtime: TrainingRuntime): Promise<Result | undefined> {
    await removeFolder(this.folder);
    const { objects, logs } = this.parts;
    const cluster = await TrainingCluster.prepare(runtime, this.spec, {
      ...{ objects, logs, folder: this.folder, signal: this.abort.signal },
      onLines: (lines) => metrics.add(lines),
    });
    this.cluster = cluster;
    const metrics = this.measurements(cluster);
    const started = performance.now();
    let cancelDeadline = (): void => undefined;
    try {
      this.enter('Downloading');
      const left = this.spec.maxRuntimeSeconds * 1000 - this.spent;
      cancelDeadline = after(left, () => this.stop('MaxRuntimeExceeded'));
      await cluster.download();
      if (!this.stopped) await this.train(cluster);
      cancelDeadline();
      this.abort.signal.throwIfAborted();
      if (this.interruption && !this.stopped) return undefined;
      this.enter('Uploading');
      const artifacts = await cluster.upload();
      const secondary = this.stopped;
      return { outcome: secondary ? { status: 'Stopped', secondary } : { status: 'Completed' }, artifacts };
    } finally {
      cancelDeadline();
      this.spent += performance.now() - started;
      metrics.flush();
      this.cluster = undefined;
      cluster.close();
    }
  }

  private async train(cluster: TrainingCluster): Promise<void> {
    this.enter('Training');
    this.training = true;
    try {
      const failure = await cluster.train();
      if (failure && !this.stopped && !this.interruption) throw this.failed(failure);
    } finally {
      this.training = false;
    }
  }

  private failed({ host, end }: HostFailure): JobFailed {
    const { count } = this.spec.instance;
    const where = count > 1 ? `The first of ${count} hosts to fail was ${host}.` : '';
    const hint = [where, end.hint].filter(Boolean).join(' ');
    return new JobFailed(algorithmError(end.failure, end.exitCode, hint), end.exitCode);
  }

  private async waitForInstances(): Promise<void> {
    this.enter('Interrupted');
    clearTimeout(this.killTimer);
    const { waitSeconds } = this.interruption!;
    this.interruption = undefined;
    const either = AbortSignal.any([this.abort.signal, this.stopping.signal]);
    await delay(waitSeconds * 1000, undefined, { signal: either }).catch(() => undefined);
    this.abort.signal.throwIfAborted();
  }

  /** What the sandbox does not do, said before anything is done. */
  private refuse(): void {
    const { image, entrypoint, arguments: args, environment } = this.spec;
    if (!frameworkImage(image, 'training')) throw new JobFailed(clientError(imageRefusal(image, 'training')));
    const names = [this.spec.hyperparameters['sagemaker_program'], environment['SAGEMAKER_PROGRAM'], entrypoint];
    if (names.every((name) => name === undefined)) {
      throw new JobFailed(
        clientError('The job names no script to run: set the hyperparameter sagemaker_program, as the SDKs do.'),
      );
    }
    if (entrypoint === undefined && args !== undefined) {
      throw new JobFailed(
        clientError('ContainerArguments without ContainerEntrypoint would replace script mode: give both, or neither.'),
      );
    }
  }

  private async runtime(): Promise<TrainingRuntime> {
    try {
      const runtime = await this.parts.runtime();
      if (this.spec.entrypoint !== undefined && runtime.isolation.kind === 'environment') {
        throw new JobFailed(
          clientError(
            'A job with a ContainerEntrypoint needs a real /opt/ml, which takes bubblewrap or unshare: install bubblewrap.',
          ),
        );
      }
      return runtime;
    } catch (error) {
      throw error instanceof NoPythonError ? new JobFailed(clientError(error.message)) : error;
    }
  }

  private measurements(cluster: TrainingCluster): JobMetrics {
    return new JobMetrics(
      this.spec.metrics,
      (name, values) => {
        const at = this.parts.clock.now();
        for (const value of values) {
          this.parts.metrics.record(logGroup, { TrainingJobName: this.spec.name }, name, value, at);
          this.observer.metric(name, value, at);
        }
      },
      ({ name, problem }) => cluster.remark(`[sagemaker-sandbox] The metric "${name}" is not measured: ${problem}.`),
    );
  }

  private enter(phase: TrainingPhase): void {
    this.abort.signal.throwIfAborted();
    this.observer.phase(phase, phaseMessages[phase], this.parts.clock.now());
  }
}

function closed(): JobFailed {
  return new JobFailed(internalError('The sandbox was stopped while the job was running.'));
}

/** setTimeout holds 24.8 days; a job may run for 28 (botocore MaxRuntimeInSeconds). */
function after(milliseconds: number, act: () => void): () => void {
  const longest = 2 ** 31 - 1;
  let timer: NodeJS.Timeout;
  const wait = (left: number) => {
    timer = setTimeout(() => (left > longest ? wait(left - longest) : act()), Math.min(left, longest));
  };
  wait(milliseconds);
  return () => clearTimeout(timer);
}

function exitCodeOf({ exitCode }: JobFailed): { exitCode?: number } {
  return exitCode === undefined ? {} : { exitCode };
}
