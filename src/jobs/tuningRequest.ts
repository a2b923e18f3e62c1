import type { CreateHyperParameterTuningJobCommandInput, ParameterRanges } from '@aws-sdk/client-sagemaker';
import type { TuningJob } from '../project/jobs.js';
import { scriptHyperparameters, sorted, tags, trainingDefinition, type TrainingPlan } from './trainingRequest.js';

/** What a tuning job searches, and how. */
export type Search = Pick<
  TuningJob,
  | 'strategy'
  | 'objective'
  | 'ranges'
  | 'maxJobs'
  | 'maxParallelJobs'
  | 'earlyStopping'
  | 'randomSeed'
  | 'maxTuningRuntime'
>;

/**
 * The exact CreateHyperParameterTuningJob input. Pure, as trainingRequest.
 * @param plan of each trial, with the name of the tuning job and the hyperparameters that are not searched
 */
export function tuningRequest(plan: TrainingPlan, search: Search): CreateHyperParameterTuningJobCommandInput {
  const { maxJobs, maxTuningRuntime, randomSeed } = search;
  return {
    HyperParameterTuningJobName: plan.name,
    HyperParameterTuningJobConfig: {
      Strategy: search.strategy,
      HyperParameterTuningJobObjective: { Type: search.objective.type, MetricName: search.objective.metric },
      ResourceLimits: {
        ...(maxJobs !== undefined && { MaxNumberOfTrainingJobs: maxJobs }),
        MaxParallelTrainingJobs: search.maxParallelJobs,
        ...(maxTuningRuntime !== undefined && { MaxRuntimeInSeconds: maxTuningRuntime }),
      },
      ParameterRanges: parameterRanges(search.ranges),
      TrainingJobEarlyStoppingType: search.earlyStopping,
      ...(randomSeed !== undefined && { RandomSeed: randomSeed }),
    },
    TrainingJobDefinition: { StaticHyperParameters: scriptHyperparameters(plan), ...trainingDefinition(plan) },
    Tags: tags(plan),
  };
}

/**
 * The values of a list as JSON strings, whatever they are, as the SageMaker SDK sends them (sagemaker-python-sdk v2,
 * parameter.py, CategoricalParameter.as_json_range); the container decodes them as it does all others.
 */
function parameterRanges(ranges: Search['ranges']): ParameterRanges {
  const all = sorted(ranges);
  const numeric = (type: 'continuous' | 'integer') =>
    all.flatMap(([Name, range]) =>
      Array.isArray(range) || range.type !== type
        ? []
        : [{ Name, MinValue: String(range.min), MaxValue: String(range.max), ScalingType: range.scaling }],
    );
  return {
    ContinuousParameterRanges: numeric('continuous'),
    IntegerParameterRanges: numeric('integer'),
    CategoricalParameterRanges: all.flatMap(([Name, range]) =>
      Array.isArray(range) ? [{ Name, Values: range.map((value) => JSON.stringify(String(value))) }] : [],
    ),
  };
}
