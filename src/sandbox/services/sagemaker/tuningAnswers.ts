import type * as Api from '@aws-sdk/client-sagemaker';
import { inTime, nameContains } from './listing.js';
import {
  bestOf,
  objectiveCounters,
  statusCounters,
  type Trial,
  type TrialSummary,
  type TuningJob,
  tuningStatus,
} from './tuningRecord.js';
import { notImproving, objectivesOf } from './tuningVerdict.js';

/** DescribeHyperParameterTuningJob. @param trials in the order of their starts. */
export function describeTuningJob(job: TuningJob, trials: readonly Trial[], now: Date) {
  const { HyperParameterTuningJobObjective: objective } = job.config;
  const best = bestOf(
    trials.map(({ summary }) => summary),
    objective?.Type,
  );
  const until = job.ended ?? now;
  return {
    ...common(job, trials),
    HyperParameterTuningJobConfig: job.config,
    // SDK v2 sends HyperParameterTuningResourceConfig, and its `attach` reads ResourceConfig.
    TrainingJobDefinition: { ResourceConfig: job.definition.HyperParameterTuningResourceConfig, ...job.definition },
    ...(best && { BestTrainingJob: best }),
    ...(job.warmStart && { WarmStartConfig: job.warmStart, ...overallBest(job, best) }),
    ...(job.ended && job.ending?.reason !== undefined && { FailureReason: job.ending.reason }),
    TuningJobCompletionDetails: {
      NumberOfTrainingJobsObjectiveNotImproving: notImproving(objectivesOf(trials), objective?.Type),
    },
    ConsumedResources: { RuntimeInSeconds: Math.round((until.getTime() - job.created.getTime()) / 1000) },
  };
}

/** Of this job and its parents: there with warm start (DescribeHyperParameterTuningJob, API reference). */
function overallBest({ inheritedBest, config }: TuningJob, best: TrialSummary | undefined) {
  const found = [inheritedBest, best].filter((one) => one !== undefined);
  const overall = bestOf(found, config.HyperParameterTuningJobObjective?.Type);
  return overall && { OverallBestTrainingJob: overall };
}

/** One of ListHyperParameterTuningJobs. */
export function summarizeTuningJob(job: TuningJob, trials: readonly Trial[]) {
  const { Strategy, ResourceLimits } = job.config;
  return { ...common(job, trials), Strategy, ResourceLimits };
}

function common(job: TuningJob, trials: readonly Trial[]) {
  return {
    HyperParameterTuningJobName: job.name,
    HyperParameterTuningJobArn: job.arn,
    HyperParameterTuningJobStatus: tuningStatus(job),
    CreationTime: job.created,
    LastModifiedTime: job.modified,
    ...(job.ended && { HyperParameterTuningEndTime: job.ended }),
    TrainingJobStatusCounters: statusCounters(trials),
    ObjectiveStatusCounters: objectiveCounters(trials),
  };
}

/** The filters of ListHyperParameterTuningJobs. */
export function matches(job: TuningJob, input: Api.ListHyperParameterTuningJobsRequest): boolean {
  return (
    nameContains(job.name, input.NameContains) &&
    (input.StatusEquals === undefined || tuningStatus(job) === input.StatusEquals) &&
    inTime(job.created, input.CreationTimeAfter, input.CreationTimeBefore) &&
    inTime(job.modified, input.LastModifiedTimeAfter, input.LastModifiedTimeBefore)
  );
}
