import { mkdirSync, readFileSync } from 'node:fs';
import { onTestFinished } from 'vitest';
import type { TrainingOutcome, TrainingSpec } from '../../src/sandbox/engines/training.js';
import { LocalTraining, type TrainingDependencies } from '../../src/sandbox/engines/training/trainingEngine.js';
import { ObjectFiles } from '../../src/sandbox/store/objectFiles.js';
import { Store } from '../../src/sandbox/store/store.js';
import { type Files, tarGz } from './archives.js';
import { EngineBench, keysFor } from './engineBench.js';
import { trainingImage } from './images.js';

export const bucket = 'training-data';

/** What an observer was told, and what the job's log got. */
export interface TrainingRecord {
  readonly phases: string[];
  readonly metrics: { readonly name: string; readonly value: number }[];
  readonly outcome: TrainingOutcome;
  readonly artifacts: string | undefined;
}

/** A training engine with real objects. */
export class TrainingBench extends EngineBench {
  readonly store = new Store(this.folders.database());
  readonly objects: ObjectFiles;
  readonly engine: LocalTraining;

  constructor(options: Partial<TrainingDependencies> = {}) {
    super();
    mkdirSync(this.folders.objects(), { recursive: true });
    this.objects = new ObjectFiles(this.store, this.folders.objects());
    this.objects.buckets.put(bucket, { name: bucket, created: new Date(), versioning: undefined, tags: [] });
    this.engine = new LocalTraining({ ...this.parts, objects: this.objects, ...options });
  }

  /** One that is closed with the test that opens it. */
  static open(options: Partial<TrainingDependencies> = {}): TrainingBench {
    const bench = new TrainingBench(options);
    onTestFinished(() => bench.close());
    return bench;
  }

  /** A training job of one script; further files, data and settings as given. */
  async spec(script: string, changes: Partial<TrainingSpec> & { files?: Files } = {}): Promise<TrainingSpec> {
    const { files, ...rest } = changes;
    const name = rest.name ?? 'job-1';
    await this.put(`source/${name}.tar.gz`, await tarGz({ 'train.py': script, ...files }));
    return {
      name,
      arn: `arn:aws:sagemaker:us-east-1:000000000000:training-job/${name}`,
      ...{ region: 'us-east-1', image: trainingImage, entrypoint: undefined, arguments: undefined },
      ...{
        environment: {},
        channels: [],
        metrics: [],
        maxRuntimeSeconds: 3600,
        checkpoints: undefined,
        spot: undefined,
      },
      ...{ instance: { type: 'ml.m5.xlarge', count: 1 }, compression: 'GZIP' },
      outputUri: `s3://${bucket}/out`,
      keys: () => keysFor(3_600_000),
      ...rest,
      hyperparameters: {
        sagemaker_program: '"train.py"',
        sagemaker_submit_directory: JSON.stringify(`s3://${bucket}/source/${name}.tar.gz`),
        ...rest.hyperparameters,
      },
    };
  }

  /** Runs a job to its end; `during` gets the handle with which to stop it. */
  run(spec: TrainingSpec, during?: (job: { stop(): void }) => void): Promise<TrainingRecord> {
    return new Promise((resolve) => {
      const [phases, metrics]: [string[], TrainingRecord['metrics']] = [[], []];
      const job = this.engine.start(spec, {
        phase: (phase) => void phases.push(phase),
        metric: (name, value) => void metrics.push({ name, value }),
        ended: (outcome, artifacts) => resolve({ phases, metrics, outcome, artifacts }),
      });
      during?.(job);
    });
  }

  put(key: string, body: string | Uint8Array): Promise<unknown> {
    return this.objects.put(bucket, key, typeof body === 'string' ? Buffer.from(body) : body);
  }

  object(key: string): Buffer {
    return readFileSync(this.objects.get(bucket, key)!.file);
  }

  protected async end(): Promise<void> {
    await this.engine.close();
    this.store.close();
  }
}

export function channel(name: string, s3Uri: string): TrainingSpec['channels'][number] {
  return { name, s3Uri, s3DataType: 'S3Prefix', contentType: undefined, distribution: 'FullyReplicated' };
}
