import { rm } from 'node:fs/promises';
import path from 'node:path';
import { algorithmError, clientError, internalError } from '../../../container/failure.js';
import { decodeHyperparameters } from '../../../container/hyperparameters.js';
import { frameworkImage, imageRefusal } from '../../../container/images.js';
import { str } from '../../../container/pythonText.js';
import { hostNames } from '../../../container/trainingFiles.js';
import type { Clock } from '../../clock.js';
import type { LogSink, MetricSink } from '../../services/ports.js';
import type { Objects } from '../../store/objects.js';
import { CappedLog } from '../process/cappedLog.js';
import { NoPythonError } from '../process/interpreter.js';
import { JobMetrics } from './jobMetrics.js';
import { networkInterface } from '../process/machine.js';
import type { TrainingObserver, TrainingOutcome, TrainingPhase, TrainingSpec } from '../training.js';
import { asJobFailed, JobFailed } from './trainingFailure.js';
import { type TrainingRuntime, TrainingHost } from './trainingHost.js';
import { TrainingInput } from './trainingInput.js';
import { TrainingOutput } from './trainingOutput.js';

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

const logGroup = '/aws/sagemaker/TrainingJobs';

/** The messages that SageMaker gives with its secondary statuses. */
const phaseMessages: Readonly<Record<TrainingPhase, string>> = {
  Starting: 'Preparing the instances for training',
  Downloading: 'Downloading input data',
  Training: 'Training image download completed. Training in progress.',
  Uploading: 'Uploading generated training model',
};

/** One training job from its start to its end. */
export class TrainingJob {
  private readonly abort = new AbortController();
  private stopped: 'Stopped' | 'MaxRuntimeExceeded' | undefined;
  private host: TrainingHost | undefined;
  private killTimer: NodeJS.Timeout | undefined;
  private cancelDeadline: () => void = () => undefined;

  constructor(
    private readonly parts: TrainingJobParts,
    private readonly spec: TrainingSpec,
    private readonly observer: TrainingObserver,
    private readonly folder: string,
  ) {}

  /** Resolves when the job has ended and its observer knows; never rejects. */
  async run(): Promise<void> {
    let outcome: TrainingOutcome;
    let artifacts: string | undefined;
    try {
      ({ outcome, artifacts } = await this.live());
    } catch (error) {
      const failure = this.abort.signal.aborted ? closed() : asJobFailed(error);
      outcome = { status: 'Failed', reason: failure.message, ...exitCodeOf(failure) };
    } finally {
      this.cancelDeadline();
      clearTimeout(this.killTimer);
      this.host?.close();
    }
    // What cannot be removed now goes when the sandbox starts the next time.
    await rm(this.folder, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined);
    this.observer.ended(outcome, artifacts, this.parts.clock.now());
  }

  /** SIGTERM, the time of grace, SIGKILL. The first reason stands. */
  stop(secondary: 'Stopped' | 'MaxRuntimeExceeded'): void {
    if (this.stopped !== undefined) return;
    this.stopped = secondary;
    this.host?.terminate();
    this.killTimer = setTimeout(() => this.host?.kill(), this.parts.graceMs);
  }

  /** Ends the job at once: the sandbox is going down. */
  close(): void {
    this.abort.abort();
    this.host?.kill();
  }

  private async live(): Promise<{ outcome: TrainingOutcome; artifacts: string | undefined }> {
    this.enter('Starting');
    this.refuse();
    await rm(this.folder, { recursive: true, force: true });
    const runtime = await this.runtime();
    const stream = `${this.spec.name}/${hostNames(1)[0]!}-${Math.floor(Date.now() / 1000)}`;
    const log = new CappedLog(this.parts.logs, logGroup, stream);
    const metrics = this.measurements(log);
    try {
      const host = await this.prepare(runtime, log, metrics);
      this.enter('Downloading');
      this.cancelDeadline = after(this.spec.maxRuntimeSeconds * 1000, () => this.stop('MaxRuntimeExceeded'));
      await this.download(runtime, host);
      if (!this.stopped) {
        this.enter('Training');
        const end = await host.train();
        this.cancelDeadline();
        if (!this.stopped && end.exitCode !== 0) {
          throw new JobFailed(algorithmError(end.failure, end.exitCode, end.hint), end.exitCode);
        }
      }
      this.abort.signal.throwIfAborted();
      this.enter('Uploading');
      const output = new TrainingOutput(this.parts.objects, this.spec, host.container.ml, this.abort.signal);
      const artifacts = await output.upload();
      const secondary = this.stopped;
      return { outcome: secondary ? { status: 'Stopped', secondary } : { status: 'Completed' }, artifacts };
    } finally {
      metrics.flush();
      log.close();
    }
  }

  /** What the sandbox does not do, said before anything is done. */
  private refuse(): void {
    const { image, instance, entrypoint, arguments: args, environment } = this.spec;
    if (!frameworkImage(image, 'training')) throw new JobFailed(clientError(imageRefusal(image, 'training')));
    if (instance.count > 1) {
      throw new JobFailed(
        clientError(
          `The sandbox runs training jobs on one host; this one asks for InstanceCount ${instance.count} (NotImplemented). Set it to 1.`,
        ),
      );
    }
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

  private async prepare(runtime: TrainingRuntime, log: CappedLog, metrics: JobMetrics): Promise<TrainingHost> {
    const hosts = hostNames(1);
    const cluster = {
      ...{ currentHost: hosts[0]!, hosts },
      ...{ instanceType: this.spec.instance.type, networkInterface: networkInterface() },
    };
    const host = new TrainingHost(runtime, this.spec, cluster, path.join(this.folder, hosts[0]!), (lines) => {
      log.append(lines);
      metrics.add(lines);
    });
    this.host = host;
    await host.prepare();
    log.append([host.container.description]);
    return host;
  }

  private async download(runtime: TrainingRuntime, host: TrainingHost): Promise<void> {
    const { objects } = this.parts;
    const { ml, base } = host.container;
    const input = new TrainingInput(objects, this.spec, ml, runtime.isolation.keepsReadOnly, this.abort.signal);
    const source = decodeHyperparameters(this.spec.hyperparameters).toolkit.get('sagemaker_submit_directory');
    const fromS3 = source !== undefined && str(source).startsWith('s3://');
    await Promise.all([
      ...this.spec.channels.map((channel) => input.channel(channel)),
      ...(fromS3 ? [input.source(str(source), base)] : []),
    ]);
    if (source !== undefined && !fromS3) await input.source(str(source), base);
  }

  private measurements(log: CappedLog): JobMetrics {
    return new JobMetrics(
      this.spec.metrics,
      (name, values) => {
        const at = this.parts.clock.now();
        for (const value of values) {
          this.parts.metrics.record(logGroup, { TrainingJobName: this.spec.name }, name, value, at);
          this.observer.metric(name, value, at);
        }
      },
      ({ name, problem }) => log.append([`[sagemaker-sandbox] The metric "${name}" is not measured: ${problem}.`]),
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
