import type { HyperParameterTuningJobObjectiveType } from '@aws-sdk/client-sagemaker';
import { isBetter, type Trial, type TuningEnd, type TuningJob } from './tuningRecord.js';

/** Without any success after so many trials a tuning job gives up. */
const hopeless = 5;

/** An improvement below one per cent counts as none (HyperParameterTuningJobCompletionDetails, API reference). */
const improvement = 0.01;

/**
 * Whether a tuning job has come to its end, by what is known now; undefined: it goes on.
 * @param trials in the order of their starts.
 * @param maxJobs how many trials there are to be.
 */
export function verdict(job: TuningJob, trials: readonly Trial[], maxJobs: number, now: Date): TuningEnd | undefined {
  const { ResourceLimits: limits, TuningJobCompletionCriteria: criteria } = job.config;
  const direction = job.config.HyperParameterTuningJobObjective?.Type;
  const counted = trials.filter(({ interrupted }) => !interrupted);
  const ended = counted.filter(({ objective }) => objective !== undefined);
  const objectives = objectivesOf(trials);

  if (objectives.length === 0 && ended.length >= Math.min(hopeless, maxJobs)) return withoutSuccess(ended);
  const target = criteria?.TargetObjectiveMetricValue;
  if (target !== undefined && objectives.some((value) => value === target || isBetter(value, target, direction))) {
    return { status: 'Completed' };
  }
  const patience = criteria?.BestObjectiveNotImproving?.MaxNumberOfTrainingJobsNotImproving ?? Infinity;
  if (notImproving(objectives, direction) >= patience) return { status: 'Completed' };
  const seconds = (now.getTime() - job.created.getTime()) / 1000;
  if (seconds >= (limits?.MaxRuntimeInSeconds ?? Infinity)) return { status: 'Completed' };
  return ended.length >= maxJobs ? { status: 'Completed' } : undefined;
}

/** The objectives that were found, in the order in which their trials ended. */
export function objectivesOf(trials: readonly Trial[]): number[] {
  const found = trials.filter((trial): trial is Trial & { objective: number } => typeof trial.objective === 'number');
  const endOf = ({ summary }: Trial) => summary.TrainingEndTime?.getTime() ?? 0;
  return found.sort((a, b) => endOf(a) - endOf(b)).map(({ objective }) => objective);
}

/** How many trials have ended since the best objective last became better by more than one per cent. */
export function notImproving(
  objectives: readonly number[],
  direction: HyperParameterTuningJobObjectiveType | undefined,
): number {
  let best: number | undefined;
  let since = 0;
  for (const value of objectives) {
    const improves =
      best === undefined || (isBetter(value, best, direction) && Math.abs(value - best) > improvement * Math.abs(best));
    since = improves ? 0 : since + 1;
    if (improves) best = value;
  }
  return since;
}

/** The first text: aws/amazon-sagemaker-examples#2437, in its form of 2025. The second is our own. */
function withoutSuccess(ended: readonly Trial[]): TuningEnd {
  const silent = ended.some(({ summary }) => summary.TrainingJobStatus !== 'Failed');
  const reason = silent
    ? `No objective metrics found after running ${ended.length} training jobs. Please ensure that the training script ` +
      'prints the objective metric as defined by the regular expression provided.'
    : `No training job succeeded after ${ended.length} attempts. For additional details, please take a look at the ` +
      'training job failures by listing training jobs for the hyperparameter tuning job.';
  return { status: 'Failed', reason };
}
