import type { TrainingJobDetail } from '../aws/gateways/trainingJobs.js';
import type { Job, TuningJob } from '../project/jobs.js';
import { receivedHyperparameters } from './tune.js';

/**
 * An entry that trains as the trials of a tuning job's entry did, with the hyperparameters of the best one.
 * @param from `jobs.tune`
 */
export function trainingOfSearch(from: string, job: TuningJob): object {
  return { kind: 'training', ...written(job), hyperparameters: { from }, maxRuntime: job.maxRuntime };
}

/** An entry that trains as a trial did which no entry of this workspace has launched: with its values. */
export function trainingOfTrial(trial: TrainingJobDetail): object {
  const program = trial.hyperparameters['sagemaker_program'] ?? 'train.py';
  return {
    kind: 'training',
    // In the quotes of JSON when it was sent by the SDK v2 or by us.
    script: program.replace(/^"(.*)"$/, '$1'),
    channels: trial.channels,
    instance: trial.instance,
    hyperparameters: receivedHyperparameters(trial.hyperparameters),
    metrics: Object.fromEntries(trial.metricDefinitions.map(({ name, regex }) => [name, regex])),
    ...(trial.maxRuntime !== undefined && { maxRuntime: trial.maxRuntime }),
  };
}

/** What an entry takes over from another job's, without what has a default. */
export function written(job: Job): object {
  const { source, script, channels, instance, image, frameworkVersion, environment, role, distribution, metrics } = job;
  return {
    ...(source !== '.' && { source }),
    script,
    channels,
    instance,
    ...(image !== undefined && { image }),
    ...(frameworkVersion !== undefined && { frameworkVersion }),
    ...(Object.keys(environment).length > 0 && { environment }),
    ...(role !== undefined && { role }),
    ...(distribution !== undefined && { distribution }),
    metrics,
  };
}
