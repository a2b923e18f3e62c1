import type {
  CreateTrainingJobRequest,
  DescribeTrainingJobResponse,
  MetricData,
  SecondaryStatus,
  SecondaryStatusTransition,
} from '@aws-sdk/client-sagemaker';
import type { TrainingOutcome } from '../../engines/training.js';

/** A training job as DescribeTrainingJob shows it. */
export type TrainingJob = DescribeTrainingJobResponse & {
  readonly TrainingJobName: string;
  readonly TrainingJobArn: string;
  readonly RoleArn: string;
  readonly CreationTime: Date;
  readonly LastModifiedTime: Date;
};

/** StoppingCondition, API reference: one day. */
export const defaultRuntimeSeconds = 86_400;
/** DescribeTrainingJob's FailureReason (API reference). */
const maxReason = 1024;

/** The job as it stands right after CreateTrainingJob; what the request left out has SageMaker's defaults. */
export function createdJob(request: CreateTrainingJobRequest, arn: string, now: Date): TrainingJob {
  const { TrainingJobName = '', RoleArn = '', Tags: _, SessionChainingConfig: __, ...described } = request;
  const rules = (names: readonly { RuleConfigurationName: string | undefined }[] | undefined) =>
    names?.map(({ RuleConfigurationName }) => ({
      RuleConfigurationName,
      RuleEvaluationStatus: 'Error' as const,
      StatusDetails: 'InternalServerError: this sandbox does not evaluate Debugger and Profiler rules.',
      LastModifiedTime: now,
    }));
  const debugRules = rules(request.DebugRuleConfigurations);
  const profilerRules = rules(request.ProfilerRuleConfigurations);
  const job: TrainingJob = {
    ...described,
    TrainingJobName,
    TrainingJobArn: arn,
    RoleArn,
    ModelArtifacts: undefined,
    InputDataConfig: request.InputDataConfig?.map((channel) => ({
      CompressionType: 'None' as const,
      RecordWrapperType: 'None' as const,
      ...channel,
    })),
    // SDK v2's attach() reads KmsKeyId without asking whether it is there.
    OutputDataConfig: { KmsKeyId: '', CompressionType: 'GZIP', S3OutputPath: undefined, ...request.OutputDataConfig },
    StoppingCondition: { MaxRuntimeInSeconds: defaultRuntimeSeconds, ...request.StoppingCondition },
    EnableNetworkIsolation: request.EnableNetworkIsolation ?? false,
    EnableInterContainerTrafficEncryption: request.EnableInterContainerTrafficEncryption ?? false,
    EnableManagedSpotTraining: request.EnableManagedSpotTraining ?? false,
    ProfilingStatus: request.ProfilerConfig?.DisableProfiler ? 'Disabled' : 'Enabled',
    ...(debugRules && { DebugRuleEvaluationStatuses: debugRules }),
    ...(profilerRules && { ProfilerRuleEvaluationStatuses: profilerRules }),
    TrainingJobStatus: 'InProgress',
    SecondaryStatus: 'Starting',
    CreationTime: now,
    LastModifiedTime: now,
    SecondaryStatusTransitions: [],
  };
  return withSecondaryStatus(job, 'Starting', 'Starting the training job', now);
}

/**
 * The job in its next stage, or with a new message in the same one. A stopping job keeps its status while it uploads.
 * Training time starts with the download (DescribeTrainingJob's TrainingStartTime, API reference).
 */
export function withSecondaryStatus(
  job: TrainingJob,
  status: SecondaryStatus,
  message: string,
  now: Date,
): TrainingJob {
  const past = job.SecondaryStatusTransitions ?? [];
  const last = past.at(-1);
  const current = last?.Status === status;
  const before = current ? past.slice(0, -1) : past.map((transition) => ({ EndTime: now, ...transition }));
  const transition: SecondaryStatusTransition = {
    Status: status,
    StartTime: current ? last.StartTime : now,
    StatusMessage: message,
  };
  const starts = status === 'Downloading' || status === 'Training';
  return {
    ...job,
    SecondaryStatus: status,
    SecondaryStatusTransitions: [...before, transition],
    LastModifiedTime: now,
    ...(starts && !job.TrainingStartTime && { TrainingStartTime: now }),
  };
}

export function stoppingJob(job: TrainingJob, now: Date): TrainingJob {
  return { ...withSecondaryStatus(job, 'Stopping', 'Stopping the training job', now), TrainingJobStatus: 'Stopping' };
}

export interface TrainingEnd {
  readonly outcome: TrainingOutcome;
  /** The model's S3 URI, when there is one. */
  readonly artifacts: string | undefined;
  readonly metrics: readonly MetricData[];
}

export function endedJob(job: TrainingJob, { outcome, artifacts, metrics }: TrainingEnd, now: Date): TrainingJob {
  const secondary = outcome.status === 'Stopped' ? outcome.secondary : outcome.status;
  const ended = withSecondaryStatus(job, secondary, endMessages[secondary], now);
  const transitions = ended.SecondaryStatusTransitions?.map((transition) => ({ EndTime: now, ...transition }));
  return {
    ...ended,
    TrainingJobStatus: outcome.status,
    SecondaryStatusTransitions: transitions,
    TrainingEndTime: now,
    ...(job.TrainingStartTime && times(job.TrainingStartTime, now, transitions ?? [])),
    ...(artifacts !== undefined && { ModelArtifacts: { S3ModelArtifacts: artifacts } }),
    ...(metrics.length > 0 && { FinalMetricDataList: [...metrics] }),
    ...(outcome.status === 'Failed' && { FailureReason: outcome.reason.slice(0, maxReason) }),
  };
}

/**
 * Of the time from the first download to the end an interrupted spot job does not pay for that without instances. AWS
 * takes the spot discount off as well: what is saved is 1 - billable / training time (DescribeTrainingJob, API reference).
 */
function times(start: Date, end: Date, transitions: readonly SecondaryStatusTransition[]) {
  const without = transitions.filter(
    ({ Status, StartTime = end }) => ['Interrupted', 'Starting'].includes(Status ?? '') && StartTime >= start,
  );
  const idle = without.reduce((total, { StartTime = end, EndTime = end }) => total + (+EndTime - +StartTime), 0);
  const seconds = (milliseconds: number) => Math.max(1, Math.round(milliseconds / 1000));
  return { TrainingTimeInSeconds: seconds(+end - +start), BillableTimeInSeconds: seconds(+end - +start - idle) };
}

/** As SDK v2 prints them in public notebooks' outputs ("Completed - Training job completed"). */
const endMessages = {
  Completed: 'Training job completed',
  Failed: 'Training job failed',
  Stopped: 'Training job stopped',
  MaxRuntimeExceeded: 'Training job runtime exceeded MaxRuntimeInSeconds provided',
  MaxWaitTimeExceeded: 'Training job exceeded MaxWaitTimeInSeconds provided',
};
