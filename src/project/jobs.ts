import * as v from 'valibot';
import {
  Channel,
  ChannelName,
  container,
  HyperParameter,
  MetricRegex,
  recordOf,
  RelativePath,
  Seconds,
} from './values.js';

const kindOfJob = '"training": one training job. "tuning": a search for the best hyperparameters, by many of them.';

const Count = v.pipe(v.number(), v.integer('A count is a whole number.'), v.minValue(1, 'At least one is needed.'));

const HyperParameterName = v.pipe(v.string(), v.maxLength(256, 'A hyperparameter name has at most 256 characters.'));

/** What training and tuning jobs have in common: a script, what it reads, what it prints. */
const scriptJob = {
  ...container,
  /** Folder that is shipped, data folders left out. */
  source: v.optional(
    v.pipe(RelativePath, v.description('Folder that is shipped with the script; data folders are left out.')),
    '.',
  ),
  /** Entry point, relative to `source`. */
  script: v.pipe(
    RelativePath,
    v.description('Entry point, relative to source. SageMaker passes it the hyperparameters as arguments.'),
  ),
  channels: v.pipe(
    recordOf(ChannelName, Channel),
    v.description(
      'What the job reads: a channel name (SM_CHANNEL_<NAME> in the script) and "data.<name>" or an s3:// prefix.',
    ),
    v.check((channels) => Object.keys(channels).length >= 1, 'A job needs at least one channel.'),
    v.check((channels) => Object.keys(channels).length <= 20, 'A job has at most 20 channels.'),
  ),
  metrics: v.optional(
    v.pipe(
      recordOf(v.pipe(v.string(), v.maxLength(255, 'A metric name has at most 255 characters.')), MetricRegex),
      v.description('Numbers to read from the log: a name, and a regex whose first group is the number.'),
      v.check((metrics) => Object.keys(metrics).length <= 40, 'A job has at most 40 metrics.'),
    ),
    {},
  ),
  /** torchrun starts one rank per GPU on every host; without it N hosts train N separate models. */
  distribution: v.optional(
    v.pipe(
      v.literal('torchrun'),
      v.description('torchrun starts one rank per GPU on every host; without it N hosts train N separate models.'),
    ),
  ),
  volumeSizeInGB: v.optional(
    v.pipe(v.number(), v.description('Disk of each instance in GB, 30 if left out.'), v.integer(), v.minValue(1)),
    30,
  ),
};

const hyperparameters = v.pipe(
  recordOf(HyperParameterName, HyperParameter),
  v.check((all) => Object.keys(all).length <= 90, 'A job has at most 100 hyperparameters, ours included.'),
);

export const TrainingJob = v.strictObject({
  kind: v.pipe(v.literal('training'), v.description(kindOfJob)),
  ...scriptJob,
  hyperparameters: v.optional(
    v.pipe(
      hyperparameters,
      v.description(
        'What the script gets as arguments: "learning-rate": 0.1 is passed as --learning-rate 0.1. ' +
          '"from": "jobs.<name>" takes those of the best trial of a tuning job; others beside it come first.',
      ),
    ),
    {},
  ),
  /** Seconds until SageMaker stops the job. */
  maxRuntime: v.optional(
    v.pipe(Seconds, v.description('Seconds until SageMaker stops the job; 86400 if left out. It bounds the price.')),
    86_400,
  ),
});
export type TrainingJob = v.InferOutput<typeof TrainingJob>;

/**
 * The tuning job of which a training job takes the winner's hyperparameters: `jobs.tune` for `{ "from": "jobs.tune" }`.
 * Another `from` is the script's own.
 */
export function winnerFrom({ hyperparameters }: Pick<TrainingJob, 'hyperparameters'>): string | undefined {
  const from = hyperparameters['from'];
  return typeof from === 'string' && from.startsWith('jobs.') ? from : undefined;
}

const NumericRange = v.strictObject({
  min: v.pipe(v.number(), v.description('The least value that is tried.')),
  max: v.pipe(v.number(), v.description('The greatest value that is tried.')),
  /** Auto leaves the choice to SageMaker. */
  scaling: v.optional(
    v.pipe(
      v.picklist(
        ['Auto', 'Linear', 'Logarithmic', 'ReverseLogarithmic'],
        'A scaling is "Auto", "Linear", "Logarithmic" or "ReverseLogarithmic".',
      ),
      v.description(
        'How values are spread: "Logarithmic" for what spans several orders of magnitude; "Auto" if left out.',
      ),
    ),
    'Auto',
  ),
  type: v.optional(
    v.pipe(
      v.picklist(['continuous', 'integer'], 'A range is "continuous" or "integer".'),
      v.description('"integer" tries whole numbers only; "continuous" if left out.'),
    ),
    'continuous',
  ),
});
export type NumericRange = v.InferOutput<typeof NumericRange>;

/** What is tried of a hyperparameter: all between two numbers, or one of several values. */
const Range = v.union(
  [NumericRange, v.array(v.union([v.string(), v.number()]))],
  'A range is { "min": 0.001, "max": 0.1 } with "scaling" and "type" if need be, or a list of strings or numbers.',
);
export type Range = v.InferOutput<typeof Range>;
/** As it is written: what has a default may be left out. */
export type WrittenRange = v.InferInput<typeof Range>;

export const TuningJob = v.strictObject({
  kind: v.pipe(v.literal('tuning'), v.description(kindOfJob)),
  ...scriptJob,
  strategy: v.optional(
    v.pipe(
      v.picklist(['Bayesian', 'Random', 'Grid'], 'A strategy is "Bayesian", "Random" or "Grid".'),
      v.description(
        'How values are chosen: "Bayesian" learns from the trials before, "Random" does not, "Grid" tries every combination.',
      ),
    ),
    'Bayesian',
  ),
  objective: v.pipe(
    v.strictObject({
      metric: v.pipe(v.string(), v.description('One of "metrics": the last value that a trial prints counts.')),
      type: v.pipe(
        v.picklist(['Minimize', 'Maximize'], 'An objective is "Minimize" or "Maximize".'),
        v.description('"Minimize" for a loss, "Maximize" for an accuracy.'),
      ),
    }),
    v.description('What makes one trial better than another.'),
  ),
  ranges: v.pipe(
    recordOf(HyperParameterName, Range),
    v.description(
      'The hyperparameters that are searched, by name: { "min": 0.001, "max": 0.1 }, or a list of the values to try.',
    ),
  ),
  hyperparameters: v.optional(
    v.pipe(hyperparameters, v.description('Those that are the same in every trial, as a training job has them.')),
    {},
  ),
  /** Required but in a grid, which bounds itself. */
  maxJobs: v.optional(
    v.pipe(Count, v.description('How many trials there are in all. With "Grid" it is the number of combinations.')),
  ),
  maxParallelJobs: v.optional(
    v.pipe(
      Count,
      v.description('How many trials run at a time, 1 if left out. "Bayesian" learns the more, the fewer they are.'),
    ),
    1,
  ),
  earlyStopping: v.optional(
    v.pipe(
      v.picklist(['Off', 'Auto'], 'Early stopping is "Off" or "Auto".'),
      v.description('"Auto" stops a trial that is worse than the median of those before; "Off" if left out.'),
    ),
    'Off',
  ),
  randomSeed: v.optional(
    v.pipe(
      v.number(),
      v.description('The same number leads to the same choices, as far as trials run one at a time.'),
      v.integer('A seed is a whole number.'),
      v.minValue(0, 'A seed is 0 or more.'),
      v.maxValue(2 ** 31 - 1, 'A seed is at most 2147483647.'),
    ),
  ),
  /** Seconds until SageMaker stops a trial. */
  maxRuntime: v.optional(
    v.pipe(
      Seconds,
      v.description('Seconds until SageMaker stops a trial; 86400 if left out. With maxJobs it bounds the price.'),
    ),
    86_400,
  ),
  /** Seconds until SageMaker stops the search. */
  maxTuningRuntime: v.optional(
    v.pipe(
      Seconds,
      v.description('Seconds until SageMaker stops the whole search; without it the trials alone bound it.'),
      v.minValue(120, 'A search has at least 120 seconds.'),
      v.maxValue(2_592_000, 'A search has at most 30 days, 2592000 seconds.'),
    ),
  ),
});
export type TuningJob = v.InferOutput<typeof TuningJob>;

export const Job = v.variant('kind', [TrainingJob, TuningJob]);
export type Job = v.InferOutput<typeof Job>;
