import type * as Api from '@aws-sdk/client-sagemaker';
import type { KnownTrial } from '../../engines/tuning.js';
import type { TrainingJob } from './trainingRecord.js';

/** How a tuning job ends. */
export interface TuningEnd {
  readonly status: 'Completed' | 'Stopped' | 'Failed';
  readonly reason?: string;
}

export interface TuningJob {
  readonly name: string;
  readonly arn: string;
  readonly config: Api.HyperParameterTuningJobConfig;
  readonly definition: Api.HyperParameterTrainingJobDefinition;
  readonly warmStart: Api.HyperParameterTuningJobWarmStartConfig | undefined;
  /** What the parents' trials found (warm start), and the best of these. */
  readonly inherited: readonly KnownTrial[];
  readonly inheritedBest: TrialSummary | undefined;
  /** The request's, or a random one: a search that is taken up again needs the same. */
  readonly seed: number;
  readonly created: Date;
  readonly modified: Date;
  /** Decided: from then on no trial is started, and those that run are stopped. */
  readonly ending?: TuningEnd;
  /** When the last trial has ended, too. */
  readonly ended?: Date;
}

/** As ListTrainingJobsForHyperParameterTuningJob shows it. */
export type TrialSummary = Api.HyperParameterTrainingJobSummary & {
  readonly TrainingJobName: string;
  readonly CreationTime: Date;
  readonly TunedHyperParameters: Record<string, string>;
};

/** A training job of a tuning job. Kept here also when the training job's own record is deleted. */
export interface Trial {
  readonly tuningJob: string;
  /** 1 for the first that was started, as in its name. */
  readonly number: number;
  /** By which the search knows it. */
  readonly index: number;
  readonly summary: TrialSummary;
  /** The objective; null when there is none, undefined while the trial runs. */
  readonly objective?: number | null;
  /** It ended because the sandbox did: its index is tried again, by a trial that counts in its stead. */
  readonly interrupted?: true;
  /** Every value of the objective that it printed, for the median rule; kept when that is on. */
  readonly values?: readonly number[];
}

/** As SageMaker names trials in public outputs: `xgboost-190407-1532-005-0e830ada`. */
export function trialName(tuningJob: string, number: number, suffix: string): string {
  return `${tuningJob}-${String(number).padStart(3, '0')}-${suffix}`;
}

/** The trial after its training job has ended. */
export function endedTrial(
  trial: Trial,
  job: TrainingJob,
  { MetricName, Type }: Api.HyperParameterTuningJobObjective,
  how: { readonly interrupted: boolean; readonly values: readonly number[] | undefined },
): Trial {
  const found = job.FinalMetricDataList?.find((metric) => metric.MetricName === MetricName)?.Value;
  // What a failed job printed before it failed is no result.
  const objective = job.TrainingJobStatus === 'Failed' ? null : (found ?? null);
  return {
    ...trial,
    objective,
    ...(how.interrupted && { interrupted: true }),
    ...(how.values && { values: how.values }),
    summary: {
      ...liveSummary(trial, job),
      TrainingEndTime: job.TrainingEndTime,
      ...(job.FailureReason !== undefined && { FailureReason: job.FailureReason }),
      ObjectiveStatus: objective === null ? 'Failed' : 'Succeeded',
      ...(objective !== null && {
        FinalHyperParameterTuningJobObjectiveMetric: { Type, MetricName, Value: objective },
      }),
    },
  };
}

export function liveSummary({ summary }: Trial, { TrainingJobStatus, TrainingStartTime }: TrainingJob): TrialSummary {
  return { ...summary, TrainingJobStatus, ...(TrainingStartTime && { TrainingStartTime }) };
}

/** The trial with the best objective, the first of them in the order of their starts; undefined while there is none. */
export function bestOf(
  summaries: readonly TrialSummary[],
  direction: Api.HyperParameterTuningJobObjectiveType | undefined,
): TrialSummary | undefined {
  const value = (summary: TrialSummary) => summary.FinalHyperParameterTuningJobObjectiveMetric?.Value;
  return summaries.reduce<TrialSummary | undefined>((best, summary) => {
    const found = value(summary);
    if (found === undefined) return best;
    return best === undefined || isBetter(found, value(best)!, direction) ? summary : best;
  }, undefined);
}

export function isBetter(
  a: number,
  b: number,
  direction: Api.HyperParameterTuningJobObjectiveType | undefined,
): boolean {
  return direction === 'Maximize' ? a > b : a < b;
}

/** What counts as an error that can be retried is an internal one (TrainingJobStatusCounters, API reference). */
export function statusCounters(trials: readonly Trial[]): Required<Api.TrainingJobStatusCounters> {
  const counters = { Completed: 0, InProgress: 0, RetryableError: 0, NonRetryableError: 0, Stopped: 0 };
  for (const { objective, summary } of trials) {
    if (objective === undefined) counters.InProgress++;
    else if (summary.TrainingJobStatus === 'Completed') counters.Completed++;
    else if (summary.TrainingJobStatus === 'Stopped') counters.Stopped++;
    else if (summary.FailureReason?.startsWith('InternalServerError')) counters.RetryableError++;
    else counters.NonRetryableError++;
  }
  return counters;
}

export function objectiveCounters(trials: readonly Trial[]): Required<Api.ObjectiveStatusCounters> {
  const counters = { Succeeded: 0, Pending: 0, Failed: 0 };
  for (const { objective } of trials) {
    if (objective === undefined) counters.Pending++;
    else if (objective === null) counters.Failed++;
    else counters.Succeeded++;
  }
  return counters;
}

export function tuningStatus({ ending, ended }: TuningJob): Api.HyperParameterTuningJobStatus {
  if (ended && ending) return ending.status;
  return ending?.status === 'Stopped' ? 'Stopping' : 'InProgress';
}
