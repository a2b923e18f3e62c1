import type { SearchLimits } from '../costs/estimate.js';
import type { TrainingJob } from '../project/jobs.js';
import { type RangeProposal, rangeProposals } from './proposeRanges.js';
import { written } from './proposeTraining.js';
import type { TrainingScript } from './scanWorkspace.js';

/** What a tuning job is proposed from: a training job of the project file, and what its script says. */
export interface TuningBase {
  /** `train` */
  readonly name: string;
  readonly job: TrainingJob;
  readonly script: TrainingScript | undefined;
}

export interface TuningObjective {
  readonly metric: string;
  readonly type: 'Minimize' | 'Maximize';
}

/** Of its script's arguments, those worth searching, around the values that the training job has. */
export function searchable({ job, script }: TuningBase): RangeProposal[] {
  return rangeProposals(
    (script?.hyperparameters ?? []).map((argument) => {
      const own = job.hyperparameters[argument.name];
      return typeof own === 'number' ? { ...argument, default: own } : argument;
    }),
  );
}

/** Metrics of the job, else those that its script prints, those of validation first. */
export function metricsOf({ job, script }: TuningBase): Readonly<Record<string, string>> {
  if (Object.keys(job.metrics).length > 0) return job.metrics;
  return Object.fromEntries((script?.metrics ?? []).map(({ name, regex }) => [name, regex]));
}

export function objectivesOf(base: TuningBase): TuningObjective[] {
  // What is tuned on what the model was trained on is learnt by heart; what is tuned on the test is no test any more.
  const rank = (name: string) => (/val/i.test(name) ? 0 : /test|train/i.test(name) ? 2 : 1);
  return Object.keys(metricsOf(base))
    .toSorted((a, b) => rank(a) - rank(b))
    .map((metric) => ({ metric, type: /loss|error|rmse|mae|mse|perplexity/i.test(metric) ? 'Minimize' : 'Maximize' }));
}

/** The entry, as it is written. */
export function tuningEntry(
  base: TuningBase,
  searched: readonly RangeProposal[],
  objective: TuningObjective | undefined,
  { maxJobs, maxParallelJobs }: Pick<SearchLimits, 'maxJobs' | 'maxParallelJobs'>,
): object {
  const { job } = base;
  const { from: _, ...own } = job.hyperparameters;
  const names = searched.map(({ name }) => name);
  const fixed = Object.entries(own).filter(([name]) => !names.includes(name));
  return {
    kind: 'tuning',
    ...written(job),
    metrics: metricsOf(base),
    strategy: 'Bayesian',
    maxJobs,
    maxParallelJobs,
    objective: objective ?? { metric: '', type: 'Minimize' },
    hyperparameters: Object.fromEntries(fixed),
    ranges: Object.fromEntries(searched.map(({ name, range }) => [name, range])),
    maxRuntime: job.maxRuntime,
  };
}
