import {
  type AlgorithmSpecification,
  type Channel,
  CreateTrainingJobCommand,
  type CreateTrainingJobCommandInput,
  DescribeTrainingJobCommand,
  type DescribeTrainingJobCommandOutput,
  ListTrainingJobsCommand,
  type SageMakerClient,
  StopTrainingJobCommand,
} from '@aws-sdk/client-sagemaker';
import { type Change, receipt } from '../change.js';
import { type Page, type PageRequest, pageSize } from '../page.js';

export type JobState = 'InProgress' | 'Completed' | 'Failed' | 'Stopping' | 'Stopped';

/** A training job as List tells it. */
export interface TrainingJobSummary {
  readonly name: string;
  readonly arn: string;
  readonly state: JobState;
  /** Starting, Downloading, Training, Uploading… while it runs; undefined where List does not say. */
  readonly phase: string | undefined;
  readonly created: Date;
  readonly modified: Date;
  readonly ended: Date | undefined;
}

/** A training job as Describe tells it. */
export interface TrainingJobDetail {
  readonly name: string;
  readonly arn: string;
  readonly state: JobState;
  readonly created: Date;
  /** When instances began to be paid for; undefined before. */
  readonly started: Date | undefined;
  readonly ended: Date | undefined;
  readonly instance: { readonly type: string; readonly count: number };
  readonly image: string | undefined;
  readonly roleArn: string;
  /** As they were sent: JSON text each, `sagemaker_*` ones included. */
  readonly hyperparameters: Readonly<Record<string, string>>;
  readonly metricDefinitions: readonly { readonly name: string; readonly regex: string }[];
  /** Channel name to its S3 address. */
  readonly channels: Readonly<Record<string, string>>;
  /** Channels of which every host gets a part (ShardedByS3Key), and not all. */
  readonly sharded: readonly string[];
  /** `s3://…` under which the job writes. */
  readonly output: string;
  /** Seconds after which it is stopped. */
  readonly maxRuntime: number | undefined;
  readonly phases: readonly Phase[];
  /** Why it failed, in the service's words. */
  readonly failure: string | undefined;
  /** `s3://…/model.tar.gz`, once it is there. */
  readonly model: string | undefined;
  /** The last value of each metric definition. */
  readonly metrics: Readonly<Record<string, number>>;
  readonly billableSeconds: number | undefined;
}

/** One of SecondaryStatusTransitions: Starting, Downloading, Training, Uploading, Completed… */
export interface Phase {
  readonly status: string;
  readonly message: string;
  readonly start: Date;
  readonly end: Date | undefined;
}

/** SageMaker's training jobs. Thin: our types out, one API call a method, no retries beyond the SDK's, nothing cached. */
export class TrainingJobsGateway {
  constructor(private readonly client: SageMakerClient) {}

  async describe(name: string, signal: AbortSignal): Promise<TrainingJobDetail> {
    const command = new DescribeTrainingJobCommand({ TrainingJobName: name });
    return detail(await this.client.send(command, { abortSignal: signal }));
  }

  /**
   * One page, newest first. StatusEquals and NameContains are not offered: the service cuts the page first and filters it
   * then, so that an empty page does not mean that there are none (ListTrainingJobs, API reference).
   */
  async list({ token, createdAfter }: PageRequest, signal: AbortSignal): Promise<Page<TrainingJobSummary>> {
    const command = new ListTrainingJobsCommand({
      MaxResults: pageSize,
      SortBy: 'CreationTime',
      SortOrder: 'Descending',
      NextToken: token,
      CreationTimeAfter: createdAfter,
    });
    const { TrainingJobSummaries, NextToken } = await this.client.send(command, { abortSignal: signal });
    const items = (TrainingJobSummaries ?? []).map((job) => ({
      name: job.TrainingJobName!,
      arn: job.TrainingJobArn!,
      state: job.TrainingJobStatus as JobState,
      phase: job.SecondaryStatus,
      created: job.CreationTime!,
      modified: job.LastModifiedTime ?? job.CreationTime!,
      ended: job.TrainingEndTime,
    }));
    return { items, token: NextToken };
  }

  create(request: CreateTrainingJobCommandInput): Change {
    return {
      operation: 'CreateTrainingJob',
      kind: 'training-job',
      effect: 'create',
      name: request.TrainingJobName!,
      send: async () => {
        const output = await this.client.send(new CreateTrainingJobCommand(request));
        return receipt(output, output.TrainingJobArn);
      },
    };
  }

  /** The job gets SIGTERM and 120 s to save what it has; its model is still uploaded. */
  stop(name: string): Change {
    return {
      operation: 'StopTrainingJob',
      kind: 'training-job',
      effect: 'stop',
      name,
      send: async () => receipt(await this.client.send(new StopTrainingJobCommand({ TrainingJobName: name }))),
    };
  }
}

export function metricDefinitions(algorithm: Pick<AlgorithmSpecification, 'MetricDefinitions'> | undefined) {
  return (algorithm?.MetricDefinitions ?? []).map(({ Name, Regex }) => ({ name: Name!, regex: Regex! }));
}

/** Channel name to its S3 address. */
export function channelAddresses(channels: readonly Channel[] | undefined): Record<string, string> {
  return Object.fromEntries(
    (channels ?? []).map(({ ChannelName, DataSource }) => [ChannelName!, DataSource?.S3DataSource?.S3Uri ?? '']),
  );
}

function detail(job: DescribeTrainingJobCommandOutput): TrainingJobDetail {
  const { ResourceConfig: resources } = job;
  return {
    name: job.TrainingJobName!,
    arn: job.TrainingJobArn!,
    state: job.TrainingJobStatus as JobState,
    created: job.CreationTime!,
    started: job.TrainingStartTime,
    ended: job.TrainingEndTime,
    instance: { type: resources?.InstanceType ?? '', count: resources?.InstanceCount ?? 0 },
    image: job.AlgorithmSpecification?.TrainingImage,
    roleArn: job.RoleArn ?? '',
    hyperparameters: job.HyperParameters ?? {},
    metricDefinitions: metricDefinitions(job.AlgorithmSpecification),
    channels: channelAddresses(job.InputDataConfig),
    sharded: (job.InputDataConfig ?? [])
      .filter(({ DataSource }) => DataSource?.S3DataSource?.S3DataDistributionType === 'ShardedByS3Key')
      .map(({ ChannelName }) => ChannelName!),
    output: job.OutputDataConfig?.S3OutputPath ?? '',
    maxRuntime: job.StoppingCondition?.MaxRuntimeInSeconds,
    phases: (job.SecondaryStatusTransitions ?? []).map(({ Status, StatusMessage, StartTime, EndTime }) => ({
      status: Status!,
      message: StatusMessage ?? '',
      start: StartTime!,
      end: EndTime,
    })),
    failure: job.FailureReason,
    model: job.ModelArtifacts?.S3ModelArtifacts,
    metrics: Object.fromEntries((job.FinalMetricDataList ?? []).map(({ MetricName, Value }) => [MetricName!, Value!])),
    billableSeconds: job.BillableTimeInSeconds,
  };
}
