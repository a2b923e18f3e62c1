import {
  CreateTrainingJobCommand,
  type CreateTrainingJobCommandInput,
  DescribeTrainingJobCommand,
  type DescribeTrainingJobCommandOutput,
  paginateListTrainingJobs,
  type SageMakerClient,
  StopTrainingJobCommand,
} from '@aws-sdk/client-sagemaker';
import type { TokenBucket } from '../../core/tokenBucket.js';
import type { Change } from '../change.js';

type JobState = 'InProgress' | 'Completed' | 'Failed' | 'Stopping' | 'Stopped';

/** A training job as the rest of the extension knows it. */
export interface TrainingJob {
  readonly arn: string;
  readonly name: string;
  readonly state: JobState;
  readonly created: Date;
  readonly modified: Date;
}

/** What only Describe tells. */
export interface TrainingJobDetail extends TrainingJob {
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
  constructor(
    private readonly client: SageMakerClient,
    private readonly listRate: TokenBucket,
  ) {}

  /**
   * Jobs created after `since`, newest first. Every page takes a token; pages of 100, because a page is cut before its
   * filters apply and may come back empty.
   */
  async *list(since: Date | undefined, signal: AbortSignal): AsyncGenerator<TrainingJob> {
    await this.listRate.take(signal);
    const pages = paginateListTrainingJobs(
      { client: this.client, pageSize: 100 },
      { CreationTimeAfter: since, SortBy: 'CreationTime', SortOrder: 'Descending' },
      { abortSignal: signal },
    );
    for await (const page of pages) {
      for (const job of page.TrainingJobSummaries ?? []) {
        yield {
          arn: job.TrainingJobArn!,
          name: job.TrainingJobName!,
          state: job.TrainingJobStatus as JobState,
          created: job.CreationTime!,
          modified: job.LastModifiedTime ?? job.CreationTime!,
        };
      }
      if (page.NextToken) await this.listRate.take(signal);
    }
  }

  async describe(name: string, signal: AbortSignal): Promise<TrainingJobDetail> {
    const command = new DescribeTrainingJobCommand({ TrainingJobName: name });
    return detail(await this.client.send(command, { abortSignal: signal }));
  }

  create(request: CreateTrainingJobCommandInput): Change {
    return {
      operation: 'CreateTrainingJob',
      kind: 'training-job',
      effect: 'create',
      name: request.TrainingJobName!,
      send: async () => {
        const { TrainingJobArn, $metadata } = await this.client.send(new CreateTrainingJobCommand(request));
        return { arn: TrainingJobArn, requestId: $metadata.requestId };
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
      send: async () => {
        const { $metadata } = await this.client.send(new StopTrainingJobCommand({ TrainingJobName: name }));
        return { arn: undefined, requestId: $metadata.requestId };
      },
    };
  }
}

function detail(job: DescribeTrainingJobCommandOutput): TrainingJobDetail {
  return {
    arn: job.TrainingJobArn!,
    name: job.TrainingJobName!,
    state: job.TrainingJobStatus as JobState,
    created: job.CreationTime!,
    modified: job.LastModifiedTime ?? job.CreationTime!,
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
