import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { realTime } from '../../src/sandbox/clock.js';
import { findIsolation, type Isolation } from '../../src/sandbox/engines/process/isolation.js';
import type { TrainingOutcome, TrainingSpec } from '../../src/sandbox/engines/training.js';
import { LocalTraining, type TrainingDependencies } from '../../src/sandbox/engines/training/trainingEngine.js';
import { Folders } from '../../src/sandbox/settings.js';
import { ObjectFiles } from '../../src/sandbox/store/objectFiles.js';
import { Store } from '../../src/sandbox/store/store.js';
import { type Files, tarGz } from './archives.js';
import { trainingImage } from './images.js';
import { interpreters } from './interpreters.js';

export const bucket = 'training-data';

/** What an observer was told, and what the job's log got. */
export interface TrainingRecord {
  readonly phases: string[];
  readonly metrics: { readonly name: string; readonly value: number }[];
  readonly outcome: TrainingOutcome;
  readonly artifacts: string | undefined;
}

/** A training engine on a data folder of its own, with real objects, a real Python and real isolation. */
export class TrainingBench {
  readonly dataDir = mkdtempSync(path.join(tmpdir(), 'training-'));
  readonly folders = new Folders(this.dataDir);
  readonly store = new Store(this.folders.database());
  readonly objects: ObjectFiles;
  readonly log: { group: string; stream: string; message: string }[] = [];
  readonly measured: { dimensions: Readonly<Record<string, string>>; name: string; value: number }[] = [];
  readonly engine: LocalTraining;
  private readonly listeners = new Set<() => void>();

  constructor(options: Partial<TrainingDependencies> = {}) {
    mkdirSync(this.folders.objects(), { recursive: true });
    this.objects = new ObjectFiles(this.store, this.folders.objects());
    this.objects.buckets.put(bucket, { name: bucket, created: new Date(), versioning: undefined, tags: [] });
    this.engine = new LocalTraining({
      settings: { account: '000000000000', region: 'us-east-1', dataDir: this.dataDir, python: '/usr/bin/python3' },
      folders: this.folders,
      objects: this.objects,
      logs: {
        append: (group, stream, lines) => {
          for (const { message } of lines) this.log.push({ group, stream, message });
          for (const listener of this.listeners) listener();
        },
      },
      metrics: { record: (_, dimensions, name, value) => void this.measured.push({ dimensions, name, value }) },
      interpreters: interpreters('/usr/bin/python3'),
      isolation: isolation(),
      endpoint: () => 'http://127.0.0.1:9',
      environment: process.env,
      resources: path.resolve('resources'),
      clock: realTime,
      ...options,
    });
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
      keys: () => ({
        ...{ accessKeyId: 'ASIAROLE', secretAccessKey: 'role-secret', sessionToken: 'role-token' },
        expires: new Date(Date.now() + 3_600_000),
      }),
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

  /** Resolves when a log line contains `text`. */
  logged(text: string): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (!this.log.some(({ message }) => message.includes(text))) return;
        this.listeners.delete(look);
        resolve();
      };
      this.listeners.add(look);
      look();
    });
  }

  lines(): string[] {
    return this.log.map(({ message }) => message);
  }

  put(key: string, body: string | Uint8Array): Promise<unknown> {
    return this.objects.put(bucket, key, typeof body === 'string' ? Buffer.from(body) : body);
  }

  object(key: string): Buffer {
    return readFileSync(this.objects.get(bucket, key)!.file);
  }

  async close(): Promise<void> {
    await this.engine.close();
    this.store.close();
    rmSync(this.dataDir, { recursive: true, force: true });
  }
}

let found: Promise<Isolation> | undefined;

/** The best isolation of this machine; probed once for all tests of a file. */
function isolation(): Promise<Isolation> {
  return (found ??= findIsolation(tmpdir()));
}

export function channel(name: string, s3Uri: string): TrainingSpec['channels'][number] {
  return { name, s3Uri, s3DataType: 'S3Prefix', contentType: undefined, distribution: 'FullyReplicated' };
}
