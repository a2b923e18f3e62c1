import type { HyperParameterTuningJobWarmStartConfig } from '@aws-sdk/client-sagemaker';
import type { KnownTrial } from '../../engines/tuning.js';
import { refuse } from '../refusals.js';
import { validation } from './errors.js';
import { bestOf, type Trial, type TuningJob } from './tuningRecord.js';
import type { TuningRequest } from './tuningRequest.js';

interface Parent {
  readonly job: TuningJob;
  readonly trials: readonly Trial[];
}

/**
 * What a tuning job takes over from its parents: every result, and the best of them. Static hyperparameters of a parent
 * may be tuned here, and the other way round (developer guide, "Run a Warm Start Hyperparameter Tuning Job").
 *
 * @param find throws when there is no tuning job of that name.
 * @throws {ServiceError}
 */
export function inheritance(
  config: HyperParameterTuningJobWarmStartConfig | undefined,
  request: TuningRequest,
  find: (name: string) => Parent,
): Pick<TuningJob, 'inherited' | 'inheritedBest'> {
  refuse({ 'the warm start type TransferLearning': config?.WarmStartType === 'TransferLearning' });
  const parents = (config?.ParentHyperParameterTuningJobs ?? []).map(({ HyperParameterTuningJobName: name = '' }) =>
    find(name),
  );
  for (const { job } of parents) checkParent(job, request);
  const trials = parents.flatMap((parent) => parent.trials.map((trial) => ({ ...trial, parent: parent.job })));
  return {
    inherited: trials.flatMap(({ objective: value, summary, parent }): KnownTrial[] =>
      typeof value === 'number'
        ? [{ value, parameters: { ...parent.definition.StaticHyperParameters, ...summary.TunedHyperParameters } }]
        : [],
    ),
    inheritedBest: bestOf(
      trials.map(({ summary }) => summary),
      request.objective.Type,
    ),
  };
}

/** The texts are our own: no public example was found. */
function checkParent(parent: TuningJob, { objective, definition }: TuningRequest): void {
  const of = (what: string) => `The ${what} of the parent tuning job ${parent.name}`;
  if (!parent.ended) throw validation(`The parent tuning job ${parent.name} has not ended: wait for it, or stop it.`);
  const { HyperParameterTuningJobObjective: theirs } = parent.config;
  if (theirs?.MetricName !== objective.MetricName || theirs.Type !== objective.Type) {
    throw validation(`${of('objective')} is another one: with warm start it must be the same.`);
  }
  if (parent.definition.AlgorithmSpecification?.TrainingImage !== definition.AlgorithmSpecification?.TrainingImage) {
    throw validation(`${of('TrainingImage')} is another one: with IdenticalDataAndAlgorithm it must be the same.`);
  }
}
