import type { NumericRange, Range, TuningJob } from './jobs.js';
import { fixesOfWord, type QuickFix } from './quickFixes.js';

/** What the service would refuse of an entry whose keys are right each on its own, and where. */
export interface Fault {
  /** From the entry: `['ranges', 'learning-rate', 'min']`. */
  readonly path: readonly string[];
  readonly message: string;
  readonly fixes?: readonly QuickFix[];
}

/** Resource Limits for Automatic Model Tuning (developer guide); the length of a value is botocore's. */
const most = { ranges: 30, values: 30, valueLength: 256, metrics: 20, hyperparameters: 90, jobs: 750 } as const;

export function* tuningFaults(job: TuningJob): Generator<Fault> {
  const { metrics, objective, ranges, hyperparameters, strategy, maxJobs, maxParallelJobs } = job;
  const names = Object.keys(metrics);
  if (names.length > most.metrics) {
    yield { path: ['metrics'], message: `A tuning job has at most ${most.metrics} metrics.` };
  }
  if (!names.includes(objective.metric)) {
    yield {
      path: ['objective', 'metric'],
      message: `There is no "${objective.metric}" among the metrics of this job.`,
      fixes: fixesOfWord(objective.metric, names),
    };
  }
  const inRanges = [...rangesFaults(job)];
  yield* inRanges;
  if (Object.keys(ranges).length + Object.keys(hyperparameters).length > most.hyperparameters) {
    yield { path: ['ranges'], message: 'A job has at most 100 hyperparameters, searched ones and ours included.' };
  }
  if (maxJobs === undefined && strategy !== 'Grid') {
    yield { path: [], message: `The key "maxJobs" is missing: ${strategy} search has no end of its own.` };
  }
  if (maxJobs !== undefined && maxParallelJobs > maxJobs) {
    yield {
      path: ['maxParallelJobs'],
      message: `${maxParallelJobs} trials at a time are more than the ${maxJobs} that there are in all.`,
    };
  }
  // What a wrong range holds cannot be counted.
  if (inRanges.length === 0) yield* budgetFaults(job);
}

/** How many combinations of values there are; infinite as soon as one range is continuous. */
export function combinations(ranges: TuningJob['ranges']): number {
  return Object.values(ranges).reduce((product, range) => product * valuesIn(range), 1);
}

/** How many trials a tuning job has at most: a grid has all its combinations. */
export function trialsOf({ maxJobs, ranges }: Pick<TuningJob, 'maxJobs' | 'ranges'>): number {
  return maxJobs ?? combinations(ranges);
}

function valuesIn(range: Range): number {
  if (Array.isArray(range)) return range.length;
  return range.type === 'integer' ? range.max - range.min + 1 : Infinity;
}

function* rangesFaults({ ranges, hyperparameters, strategy }: TuningJob): Generator<Fault> {
  const names = Object.keys(ranges);
  if (names.length === 0) yield { path: ['ranges'], message: 'There is nothing to search: name at least one range.' };
  if (names.length > most.ranges) {
    yield { path: ['ranges'], message: `At most ${most.ranges} hyperparameters can be searched.` };
  }
  for (const [name, range] of Object.entries(ranges)) {
    if (name in hyperparameters) {
      yield { path: ['hyperparameters', name], message: `${name} is searched: it cannot have one value as well.` };
    }
    const path = ['ranges', name];
    if (Array.isArray(range)) yield* valuesFaults(path, range.map(String));
    else yield* numericFaults(path, range);
    // HyperParameterTuningJobConfig, API reference: "Grid" takes categorical hyperparameters alone.
    if (strategy === 'Grid' && !Array.isArray(range)) {
      yield { path, message: 'Grid search takes lists of values only: write the numbers to try as a list.' };
    }
  }
}

function* valuesFaults(path: readonly string[], values: readonly string[]): Generator<Fault> {
  if (values.length === 0) yield { path, message: 'A list of values to try has at least one.' };
  if (values.length > most.values) {
    yield { path, message: `A list of values to try has at most ${most.values}, not ${values.length}.` };
  }
  const twice = values.find((value, index) => values.indexOf(value) !== index);
  if (twice !== undefined) yield { path, message: `The value ${twice} is there more than once.` };
  // As it is sent, in the quotes of JSON.
  if (values.some((value) => JSON.stringify(value).length > most.valueLength)) {
    yield { path, message: `A value to try has at most ${most.valueLength} characters.` };
  }
}

function* numericFaults(path: readonly string[], { min, max, scaling, type }: NumericRange): Generator<Fault> {
  if (min >= max) {
    yield { path: [...path, 'min'], message: `The range is empty: min ${min} must be less than max ${max}.` };
  }
  if (type === 'integer') {
    for (const [bound, value] of Object.entries({ min, max })) {
      if (!Number.isSafeInteger(value)) {
        yield { path: [...path, bound], message: `${value} is no whole number, and the range is one of integers.` };
      }
    }
  }
  const at = [...path, 'scaling'];
  if (scaling === 'Logarithmic' && min <= 0) {
    yield { path: at, message: `A logarithmic scale begins above 0: ${min} is not on it.` };
  }
  if (scaling !== 'ReverseLogarithmic') return;
  if (type === 'integer') yield { path: at, message: 'Only continuous ranges can have a reverse logarithmic scale.' };
  else if (min < 0 || max >= 1) {
    yield { path: at, message: `A reverse logarithmic scale lies within 0 <= x < 1: ${min} to ${max} does not.` };
  }
}

function* budgetFaults({ ranges, strategy, maxJobs }: TuningJob): Generator<Fault> {
  const total = combinations(ranges);
  const path = ['maxJobs'];
  if (maxJobs !== undefined && maxJobs > total) {
    yield { path, message: `${maxJobs} trials are more than the ${total} combinations that the ranges have.` };
  } else if (maxJobs !== undefined && strategy === 'Grid' && maxJobs < total) {
    yield { path, message: `Grid search tries all ${total} combinations: leave maxJobs out, or make it ${total}.` };
  }
  // Random search alone can have more on request.
  const jobs = maxJobs ?? total;
  if (strategy !== 'Random' && isFinite(jobs) && jobs > most.jobs) {
    yield {
      path: maxJobs === undefined ? ['ranges'] : path,
      message: `${strategy} search has at most ${most.jobs} trials, not ${jobs}.`,
    };
  }
}
