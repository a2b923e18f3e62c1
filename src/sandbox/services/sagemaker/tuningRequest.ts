import type * as Api from '@aws-sdk/client-sagemaker';
import type { SearchParameter } from '../../engines/tuning.js';
import { notImplemented, refuse } from '../refusals.js';
import { validation } from './errors.js';
import { combinations, searchParameters } from './tuningRanges.js';

/** What a CreateHyperParameterTuningJob request asks for, checked. */
export interface TuningRequest {
  readonly config: Api.HyperParameterTuningJobConfig;
  /** With `_tuning_objective_metric` among its static hyperparameters. */
  readonly definition: Api.HyperParameterTrainingJobDefinition;
  readonly objective: Api.HyperParameterTuningJobObjective & { readonly MetricName: string };
  readonly strategy: 'Bayesian' | 'Random' | 'Grid';
  readonly parameters: readonly SearchParameter[];
  readonly maxJobs: number;
}

const objectiveName = '_tuning_objective_metric';

/**
 * Checks what is not a training job's own.
 * @throws {ServiceError} ValidationException, or NotImplemented with the feature's name.
 */
export function tuningRequest(
  request: Pick<
    Api.CreateHyperParameterTuningJobRequest,
    'HyperParameterTuningJobConfig' | 'TrainingJobDefinition' | 'TrainingJobDefinitions' | 'Autotune'
  >,
): TuningRequest {
  const { HyperParameterTuningJobConfig: config, TrainingJobDefinition: definition } = request;
  refuse({
    'several training job definitions (TrainingJobDefinitions)': request.TrainingJobDefinitions,
    Autotune: request.Autotune,
    'Autotune (ParameterRanges.AutoParameters)': config?.ParameterRanges?.AutoParameters?.length,
    'the strategy Hyperband': config?.Strategy === 'Hyperband',
    'HyperParameterTuningJobConfig.StrategyConfig': config?.StrategyConfig,
    'ConvergenceDetected (SageMaker does not publish its criteria)':
      config?.TuningJobCompletionCriteria?.ConvergenceDetected?.CompleteOnConvergence === 'Enabled',
    'TrainingJobDefinition.HyperParameterRanges and TuningObjective, which go with several definitions':
      definition?.HyperParameterRanges ?? definition?.TuningObjective,
  });
  if (!config || !definition) throw validation('A hyperparameter tuning job must have a TrainingJobDefinition.');
  const objective = checkObjective(config, definition);
  const parameters = searchParameters(config.ParameterRanges);
  const { StaticHyperParameters: fixed = {} } = definition;
  const both = parameters.find(({ name }) => name in fixed);
  if (both) throw validation(`The hyperparameter ${both.name} is both static and in ParameterRanges.`);
  return {
    config,
    definition: { ...definition, StaticHyperParameters: withObjective(fixed, objective.MetricName) },
    objective,
    strategy: config.Strategy as TuningRequest['strategy'],
    parameters,
    maxJobs: checkBudget(config, parameters),
  };
}

/** The request of a trial's training job. */
export function trialRequest(
  { definition }: Pick<TuningRequest, 'definition'>,
  name: string,
  parameters: Readonly<Record<string, string>>,
): Api.CreateTrainingJobRequest {
  const { HyperParameterTuningResourceConfig: tuningResources, ResourceConfig: resources, ...rest } = definition;
  const { DefinitionName: _, StaticHyperParameters: fixed, ...training } = rest;
  if (tuningResources && resources) {
    throw validation('TrainingJobDefinition must have one of ResourceConfig and HyperParameterTuningResourceConfig.');
  }
  const { AllocationStrategy: allocation, InstanceConfigs: instances, ...instance } = tuningResources ?? {};
  if (allocation ?? instances) throw notImplemented('HyperParameterTuningResourceConfig.InstanceConfigs');
  return {
    ...training,
    TrainingJobName: name,
    HyperParameters: { ...fixed, ...parameters },
    ResourceConfig: resources ?? instance,
  };
}

/** The sentence about metrics: aws/amazon-sagemaker-examples#1207. */
function checkObjective(
  { HyperParameterTuningJobObjective: objective }: Api.HyperParameterTuningJobConfig,
  { AlgorithmSpecification: algorithm }: Api.HyperParameterTrainingJobDefinition,
): TuningRequest['objective'] {
  if (!objective?.MetricName) throw validation('HyperParameterTuningJobConfig must have an objective.');
  const metrics = (algorithm?.MetricDefinitions ?? []).map(({ Name }) => Name);
  if (!metrics.includes(objective.MetricName)) {
    throw validation(
      'A metric is required for this hyperparameter tuning job objective. Provide a metric in the metric definitions.',
    );
  }
  return { ...objective, MetricName: objective.MetricName };
}

/** How many trials there are to be; undefined bounds only in a grid, which bounds itself. */
function checkBudget(config: Api.HyperParameterTuningJobConfig, parameters: readonly SearchParameter[]): number {
  const total = combinations(parameters);
  const asked = config.ResourceLimits?.MaxNumberOfTrainingJobs;
  if (config.Strategy === 'Grid') {
    const other = parameters.find(({ kind }) => kind !== 'categorical');
    if (other)
      throw validation(`Grid search works on categorical hyperparameters only: ${other.name} is ${other.kind}.`);
    if (total > mostJobs) throw validation(`The grid has ${total} combinations: at most ${mostJobs} can be tried.`);
  } else if (asked === undefined) {
    throw validation(`ResourceLimits must have MaxNumberOfTrainingJobs with the strategy ${config.Strategy}.`);
  }
  const maxJobs = asked ?? total;
  if (maxJobs > total) {
    // aws/amazon-sagemaker-operator-for-k8s#123
    throw validation(
      `You don't have enough combinations of hyperparameter ranges. The total number of hyperparameter combinations ` +
        `for the provided ranges [${total.toFixed(1)}] must be equal or greater than the value of MaxNumberOfJobs, ` +
        `[${maxJobs}]. Provide additional ranges.`,
    );
  }
  if (config.Strategy === 'Grid' && maxJobs < total) {
    throw validation(
      `Grid search tries all ${total} combinations: leave MaxNumberOfTrainingJobs out, or make it ${total}.`,
    );
  }
  if (maxJobs > mostJobs) throw validation(`MaxNumberOfTrainingJobs must be at most ${mostJobs}.`);
  return maxJobs;
}

/** As far as Service Quotas lets the number of training jobs of a tuning job be raised. */
const mostJobs = 10_000;

/**
 * SageMaker writes the objective's name among the static hyperparameters, where SDK v2's `attach` takes it out again. In
 * public outputs it is quoted as JSON where the others are (jobs of the SDKs' frameworks), and plain where they are.
 */
function withObjective(fixed: Readonly<Record<string, string>>, metric: string): Record<string, string> {
  const quoted = fixed['sagemaker_program']?.startsWith('"') ?? false;
  return { ...fixed, [objectiveName]: quoted ? JSON.stringify(metric) : metric };
}
