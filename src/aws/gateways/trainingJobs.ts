import {
  CreateTrainingJobCommand,
  type CreateTrainingJobCommandInput,
  DescribeTrainingJobCommand,
  type DescribeTrainingJobCommandOutput,
  type SageMakerClient,
  StopTrainingJobCommand,
} from '@aws-sdk/client-sagemaker';
import { type Change, receipt } from '../change.js';

type JobState = 'InProgress' | 'Completed' | 'Failed' | 'Stopping' | 'Stopped';

/** A training job as Describe tells it. */
export interface TrainingJobDetail {
  readonly name: string;
  readonly state: JobState;
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

function detail(job: DescribeTrainingJobCommandOutput): TrainingJobDetail {
  return {
    name: job.TrainingJobName!,
    state: job.TrainingJobStatus as JobState,
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
