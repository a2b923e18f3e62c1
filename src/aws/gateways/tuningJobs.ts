import {
  CreateHyperParameterTuningJobCommand,
  type CreateHyperParameterTuningJobCommandInput,
  DeleteHyperParameterTuningJobCommand,
  DescribeHyperParameterTuningJobCommand,
  type DescribeHyperParameterTuningJobCommandOutput,
  type HyperParameterTrainingJobSummary,
  ListHyperParameterTuningJobsCommand,
  ListTrainingJobsForHyperParameterTuningJobCommand,
  type ParameterRanges,
  type SageMakerClient,
  StopHyperParameterTuningJobCommand,
  type TrainingJobStatusCounters,
} from '@aws-sdk/client-sagemaker';
import { type Change, receipt } from '../change.js';
import { type Page, type PageRequest, pageSize } from '../page.js';
import { channelAddresses, type JobState, metricDefinitions } from './trainingJobs.js';

export type TuningJobState = JobState | 'Deleting' | 'DeleteFailed';

/** How many trials are in which state. */
export interface TrialCounters {
  readonly completed: number;
  readonly inProgress: number;
  readonly failed: number;
  readonly stopped: number;
}

/** A tuning job as List tells it. */
export interface TuningJobSummary {
  readonly name: string;
  readonly arn: string;
  readonly state: TuningJobState;
  readonly strategy: string;
  readonly created: Date;
  readonly modified: Date;
  readonly ended: Date | undefined;
  readonly trials: TrialCounters;
  readonly maxJobs: number | undefined;
  readonly maxParallelJobs: number | undefined;
}

/** A hyperparameter that is searched. Bounds are numbers as the request has them; a categorical one has its values. */
export type TuningRange =
  | {
      readonly kind: 'continuous' | 'integer';
      readonly name: string;
      readonly min: number;
      readonly max: number;
      /** Auto, Linear, Logarithmic, ReverseLogarithmic. */
      readonly scaling: string;
    }
  | { readonly kind: 'categorical'; readonly name: string; readonly values: readonly string[] };

/** A tuning job as Describe tells it. */
export interface TuningJobDetail extends TuningJobSummary {
  readonly objective: { readonly metric: string; readonly type: 'Minimize' | 'Maximize' };
  readonly ranges: readonly TuningRange[];
  /** As they were sent: JSON text each, `sagemaker_*` ones included. */
  readonly staticHyperparameters: Readonly<Record<string, string>>;
  readonly metricDefinitions: readonly { readonly name: string; readonly regex: string }[];
  /** Of each trial. */
  readonly instance: { readonly type: string; readonly count: number };
  readonly image: string | undefined;
  readonly roleArn: string;
  readonly channels: Readonly<Record<string, string>>;
  readonly earlyStopping: boolean;
  /** Seconds, of the whole search; undefined when it has no limit of its own. */
  readonly maxRuntime: number | undefined;
  readonly best: Trial | undefined;
  /** Why it failed, in the service's words. */
  readonly failure: string | undefined;
}

/** One training job of a tuning job. */
export interface Trial {
  readonly name: string;
  readonly arn: string;
  readonly state: JobState;
  readonly created: Date;
  /** When its instances began to be paid for; undefined before. */
  readonly started: Date | undefined;
  readonly ended: Date | undefined;
  /** The tuned ones, as the service shows them: text, categorical values perhaps in JSON's quotes. */
  readonly hyperparameters: Readonly<Record<string, string>>;
  /** Undefined until it is known, and for a trial that printed none. */
  readonly objective: number | undefined;
  readonly failure: string | undefined;
}

/** SageMaker's hyperparameter tuning jobs. Thin, as TrainingJobsGateway is. */
export class TuningJobsGateway {
  constructor(private readonly client: SageMakerClient) {}

  async describe(name: string, signal: AbortSignal): Promise<TuningJobDetail> {
    const command = new DescribeHyperParameterTuningJobCommand({ HyperParameterTuningJobName: name });
    return detail(await this.client.send(command, { abortSignal: signal }));
  }

  /** One page, newest first. */
  async list({ token, createdAfter }: PageRequest, signal: AbortSignal): Promise<Page<TuningJobSummary>> {
    const command = new ListHyperParameterTuningJobsCommand({
      MaxResults: pageSize,
      SortBy: 'CreationTime',
      SortOrder: 'Descending',
      NextToken: token,
      CreationTimeAfter: createdAfter,
    });
    const { HyperParameterTuningJobSummaries, NextToken } = await this.client.send(command, { abortSignal: signal });
    const items = (HyperParameterTuningJobSummaries ?? []).map((job) => ({
      name: job.HyperParameterTuningJobName!,
      arn: job.HyperParameterTuningJobArn!,
      state: job.HyperParameterTuningJobStatus as TuningJobState,
      strategy: job.Strategy!,
      created: job.CreationTime!,
      modified: job.LastModifiedTime ?? job.CreationTime!,
      ended: job.HyperParameterTuningEndTime,
      trials: counters(job.TrainingJobStatusCounters),
      maxJobs: job.ResourceLimits?.MaxNumberOfTrainingJobs,
      maxParallelJobs: job.ResourceLimits?.MaxParallelTrainingJobs,
    }));
    return { items, token: NextToken };
  }

  /** One page of the trials of a tuning job, newest first. */
  async trials(name: string, token: string | undefined, signal: AbortSignal): Promise<Page<Trial>> {
    const command = new ListTrainingJobsForHyperParameterTuningJobCommand({
      HyperParameterTuningJobName: name,
      MaxResults: pageSize,
      SortBy: 'CreationTime',
      SortOrder: 'Descending',
      NextToken: token,
    });
    const { TrainingJobSummaries, NextToken } = await this.client.send(command, { abortSignal: signal });
    return { items: (TrainingJobSummaries ?? []).map(trial), token: NextToken };
  }

  create(request: CreateHyperParameterTuningJobCommandInput): Change {
    return {
      operation: 'CreateHyperParameterTuningJob',
      kind: 'tuning-job',
      effect: 'create',
      name: request.HyperParameterTuningJobName!,
      send: async () => {
        const output = await this.client.send(new CreateHyperParameterTuningJobCommand(request));
        return receipt(output, output.HyperParameterTuningJobArn);
      },
    };
  }

  /** No new trials; those that run are stopped, and keep what they have. */
  stop(name: string): Change {
    return {
      operation: 'StopHyperParameterTuningJob',
      kind: 'tuning-job',
      effect: 'stop',
      name,
      send: async () =>
        receipt(await this.client.send(new StopHyperParameterTuningJobCommand({ HyperParameterTuningJobName: name }))),
    };
  }

  /** The job alone: its trials stay, as training jobs. */
  delete(name: string): Change {
    return {
      operation: 'DeleteHyperParameterTuningJob',
      kind: 'tuning-job',
      effect: 'delete',
      name,
      send: async () =>
        receipt(
          await this.client.send(new DeleteHyperParameterTuningJobCommand({ HyperParameterTuningJobName: name })),
        ),
    };
  }
}

function detail(job: DescribeHyperParameterTuningJobCommandOutput): TuningJobDetail {
  const { HyperParameterTuningJobConfig: config, TrainingJobDefinition: definition } = job;
  // Newer SDKs write the second (sagemaker-python-sdk v2.257.6, on the wire).
  const resources = definition?.ResourceConfig ?? definition?.HyperParameterTuningResourceConfig;
  const objective = config?.HyperParameterTuningJobObjective;
  return {
    name: job.HyperParameterTuningJobName!,
    arn: job.HyperParameterTuningJobArn!,
    state: job.HyperParameterTuningJobStatus as TuningJobState,
    strategy: config?.Strategy ?? '',
    created: job.CreationTime!,
    modified: job.LastModifiedTime ?? job.CreationTime!,
    ended: job.HyperParameterTuningEndTime,
    trials: counters(job.TrainingJobStatusCounters),
    maxJobs: config?.ResourceLimits?.MaxNumberOfTrainingJobs,
    maxParallelJobs: config?.ResourceLimits?.MaxParallelTrainingJobs,
    objective: { metric: objective?.MetricName ?? '', type: objective?.Type ?? 'Minimize' },
    ranges: ranges(config?.ParameterRanges),
    staticHyperparameters: definition?.StaticHyperParameters ?? {},
    metricDefinitions: metricDefinitions(definition?.AlgorithmSpecification),
    instance: { type: resources?.InstanceType ?? '', count: resources?.InstanceCount ?? 0 },
    image: definition?.AlgorithmSpecification?.TrainingImage,
    roleArn: definition?.RoleArn ?? '',
    channels: channelAddresses(definition?.InputDataConfig),
    earlyStopping: config?.TrainingJobEarlyStoppingType === 'Auto',
    maxRuntime: config?.ResourceLimits?.MaxRuntimeInSeconds,
    best: job.BestTrainingJob && trial(job.BestTrainingJob),
    failure: job.FailureReason,
  };
}

function counters(counted: TrainingJobStatusCounters | undefined): TrialCounters {
  return {
    completed: counted?.Completed ?? 0,
    inProgress: counted?.InProgress ?? 0,
    failed: (counted?.NonRetryableError ?? 0) + (counted?.RetryableError ?? 0),
    stopped: counted?.Stopped ?? 0,
  };
}

function ranges(all: ParameterRanges | undefined): TuningRange[] {
  const numeric =
    (kind: 'continuous' | 'integer') =>
    ({ Name, MinValue, MaxValue, ScalingType }: NumericRange): TuningRange => ({
      kind,
      name: Name!,
      min: Number(MinValue),
      max: Number(MaxValue),
      scaling: ScalingType ?? 'Auto',
    });
  return [
    ...(all?.ContinuousParameterRanges ?? []).map(numeric('continuous')),
    ...(all?.IntegerParameterRanges ?? []).map(numeric('integer')),
    ...(all?.CategoricalParameterRanges ?? []).map(({ Name, Values }): TuningRange => ({
      kind: 'categorical',
      name: Name!,
      values: Values ?? [],
    })),
  ];
}

type NumericRange = NonNullable<ParameterRanges['ContinuousParameterRanges']>[number];

function trial(job: HyperParameterTrainingJobSummary): Trial {
  const { FinalHyperParameterTuningJobObjectiveMetric: final } = job;
  return {
    name: job.TrainingJobName!,
    arn: job.TrainingJobArn!,
    state: job.TrainingJobStatus as JobState,
    created: job.CreationTime!,
    started: job.TrainingStartTime,
    ended: job.TrainingEndTime,
    hyperparameters: job.TunedHyperParameters ?? {},
    objective: final?.Value,
    failure: job.FailureReason,
  };
}
