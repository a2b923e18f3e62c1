import { mkdir } from 'node:fs/promises';
import type { Clock } from '../../clock.js';
import type { LogSink, MetricSink } from '../../services/ports.js';
import type { Objects } from '../../store/objects.js';
import { findRuntime, type Machine } from '../process/container.js';
import { countGpus } from '../process/machine.js';
import { removeFolder } from '../process/removeFolder.js';
import type { RunningTraining, TrainingEngine, TrainingObserver, TrainingSpec } from '../training.js';
import type { TrainingRuntime } from './trainingHost.js';
import { TrainingJob, type TrainingJobParts } from './trainingJob.js';

export interface TrainingDependencies extends Machine {
  readonly objects: Objects;
  readonly logs: LogSink;
  readonly metrics: MetricSink;
  readonly clock: Clock;
  /** Milliseconds between SIGTERM and SIGKILL; SageMaker gives 120 s (botocore, StoppingCondition). */
  readonly graceMs?: number;
}

/** Training jobs as processes of this machine. */
export class LocalTraining implements TrainingEngine {
  private readonly running = new Map<TrainingJob, Promise<void>>();
  private readonly ready: Promise<void>;
  private readonly gpus = countGpus();
  private readonly parts: TrainingJobParts;
  private closed = false;

  constructor(private readonly dependencies: TrainingDependencies) {
    const { folders, graceMs = 120_000 } = dependencies;
    this.parts = { ...dependencies, graceMs, runtime: () => this.runtime() };
    // Jobs of a sandbox that was killed: nothing of them runs any more, and nobody will ask for their folders.
    this.ready = removeFolder(folders.trainingJobs()).then(
      () => void mkdir(folders.trainingJobs(), { recursive: true, mode: 0o700 }),
    );
    this.ready.catch(() => undefined); // Reported by the first job, which waits for it.
  }

  start(spec: TrainingSpec, observer: TrainingObserver): RunningTraining {
    const job = new TrainingJob(this.parts, spec, observer, this.dependencies.folders.trainingJob(spec.name));
    if (this.closed) job.close();
    const ended = job.run().finally(() => this.running.delete(job));
    this.running.set(job, ended);
    return { stop: () => job.stop('Stopped'), interrupt: (interruption) => job.interrupt(interruption) };
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const job of this.running.keys()) job.close();
    await Promise.all(this.running.values());
  }

  private async runtime(): Promise<TrainingRuntime> {
    const [runtime, gpus] = await Promise.all([findRuntime(this.dependencies), this.gpus, this.ready]);
    return { ...runtime, gpus };
  }
}
