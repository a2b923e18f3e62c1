import type { HyperParameterTuningJobObjectiveType } from '@aws-sdk/client-sagemaker';

/**
 * SageMaker's rule for stopping a training job early (developer guide, "Stop Training Jobs Early"): after each epoch, the
 * objective's value is compared with the median of the running averages that the earlier jobs had up to that epoch. Jobs
 * that are worse are stopped. An epoch is a value of the objective that was printed.
 *
 * @param values of the job, so far.
 * @param earlier the values of each job that has ended with a result.
 */
export function isWorseThanMedian(
  values: readonly number[],
  earlier: readonly (readonly number[])[],
  direction: HyperParameterTuningJobObjectiveType | undefined,
): boolean {
  const epoch = values.length;
  const averages = earlier.filter(({ length }) => length >= epoch).map((others) => mean(others.slice(0, epoch)));
  const current = values.at(-1);
  if (current === undefined || averages.length === 0) return false;
  const middle = median(averages);
  return direction === 'Maximize' ? current < middle : current > middle;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[upper]! : (sorted[upper - 1]! + sorted[upper]!) / 2;
}
