import type { TemporaryKeys } from '../services/ports.js';

/** A training job as the engine needs it: names resolved, nothing left to look up but objects. */
export interface TrainingSpec {
  readonly name: string;
  readonly arn: string;
  readonly region: string;
  readonly image: string;
  /** SDK v3's form: replaces script mode's launcher. Both are argv, never a shell line. */
  readonly entrypoint: readonly string[] | undefined;
  readonly arguments: readonly string[] | undefined;
  readonly environment: Readonly<Record<string, string>>;
  /** As in the API: every value a string. */
  readonly hyperparameters: Readonly<Record<string, string>>;
  readonly channels: readonly TrainingChannel[];
  readonly instance: { readonly type: string; readonly count: number };
  /** `s3://bucket/prefix`; the job's name and `output/model.tar.gz` are appended. */
  readonly outputUri: string;
  readonly compression: 'GZIP' | 'NONE';
  readonly checkpoints: CheckpointLocation | undefined;
  readonly metrics: readonly { readonly name: string; readonly regex: string }[];
  readonly maxRuntimeSeconds: number;
  /** Set: the job may be interrupted and runs again, this long altogether. */
  readonly spot: { readonly maxWaitSeconds: number } | undefined;
  /**
   * Asked before an object is read or written for the job, which on AWS happens with its role's rights.
   * Undefined: everything is allowed. @throws {ServiceError} whose message becomes part of the FailureReason.
   */
  readonly authorize?: (action: 's3:ListBucket' | 's3:GetObject' | 's3:PutObject', resource: string) => void;
  /** New keys of the job's role; called again before the old ones expire. */
  readonly keys: () => TemporaryKeys;
}

export interface TrainingChannel {
  readonly name: string;
  readonly s3Uri: string;
  readonly s3DataType: 'S3Prefix' | 'ManifestFile' | 'AugmentedManifestFile';
  readonly contentType: string | undefined;
  readonly distribution: 'FullyReplicated' | 'ShardedByS3Key';
}

export interface CheckpointLocation {
  readonly s3Uri: string;
  /** The folder below `/opt/ml` that is kept in step with it, with `/`. */
  readonly folder: string;
}

/** SecondaryStatus in the order of a job's life; the API's own words. */
export type TrainingPhase = 'Starting' | 'Downloading' | 'Training' | 'Interrupted' | 'Uploading';

export type TrainingOutcome =
  | { readonly status: 'Completed' }
  | { readonly status: 'Failed'; readonly reason: string; readonly exitCode?: number }
  | { readonly status: 'Stopped'; readonly secondary: 'Stopped' | 'MaxRuntimeExceeded' | 'MaxWaitTimeExceeded' };

/** What the engine tells while a job runs; the service turns it into the record that Describe shows. */
export interface TrainingObserver {
  phase(phase: TrainingPhase, message: string, at: Date): void;
  /** A number that a metric definition found in a log line. */
  metric(name: string, value: number, at: Date): void;
  /** Exactly once, last. `artifacts` is the model's s3 URI when one was uploaded (also by a stopped job). */
  ended(outcome: TrainingOutcome, artifacts: string | undefined, at: Date): void;
}

export interface Interruption {
  /** Between SIGTERM and SIGKILL. */
  readonly graceSeconds: number;
  /** Until there are instances again. */
  readonly waitSeconds: number;
}

export interface RunningTraining {
  /** SIGTERM to the script, 120 s to save, then SIGKILL; what is in /opt/ml/model is uploaded all the same. */
  stop(): void;
  /** Takes the hosts away, as when a spot instance is reclaimed. @returns false when the script is not running now. */
  interrupt(interruption: Interruption): boolean;
}

export interface TrainingEngine {
  /** Returns at once; everything that happens is told to `observer`. Never throws: a job that cannot start fails. */
  start(spec: TrainingSpec, observer: TrainingObserver): RunningTraining;
  /** Ends every job at once (the sandbox is going down); resolves when no process is left. */
  close(): Promise<void>;
}
