import * as v from 'valibot';
import { messageOf } from '../core/errors.js';
import { countGroups, readRegex } from '../core/regex.js';

/** Keys and values of an object; valibot's own record takes a list for one. */
export function recordOf<K extends v.GenericSchema<string, string>, V extends v.GenericSchema>(key: K, value: V) {
  const object = v.custom<Record<string, unknown>>(
    (input) => typeof input === 'object' && input !== null && !Array.isArray(input),
    'Expected an object here.',
  );
  return v.pipe(object, v.record(key, value));
}

/** Name of an entry: it becomes part of resource names, S3 keys and tags. */
export const EntryName = v.pipe(
  v.string(),
  v.regex(/^[a-zA-Z0-9](-*[a-zA-Z0-9])*$/, 'A name has letters, digits and single hyphens between them.'),
  v.maxLength(40, 'A name has at most 40 characters, so that the names made from it fit into 63.'),
);

export const RelativePath = v.pipe(
  v.string(),
  v.nonEmpty('A path is missing.'),
  v.check((path) => !/^([/\\]|[a-zA-Z]:)/.test(path), 'A path is relative to the folder of sagemaker.jsonc.'),
  v.check((path) => !path.split(/[/\\]/).includes('..'), 'A path stays inside the folder of sagemaker.jsonc.'),
);

const Instance = v.strictObject({
  type: v.pipe(
    v.string(),
    v.description('An instance type of SageMaker: ml.m5.xlarge (CPU), ml.g4dn.xlarge (GPU).'),
    v.regex(/^ml\.[a-z0-9-]+\.[a-z0-9]+$/, 'An instance type looks like ml.m5.xlarge; on SageMaker it starts with ml.'),
  ),
  count: v.optional(
    v.pipe(
      v.number(),
      v.description('How many instances, 1 if left out.'),
      v.integer('A count is a whole number.'),
      v.minValue(1, 'At least one instance is needed.'),
    ),
    1,
  ),
});

/** As the API takes it after JSON encoding: at most 2500 characters. */
export const HyperParameter = v.pipe(
  v.union(
    [v.string(), v.number(), v.boolean(), v.null(), v.array(v.unknown()), recordOf(v.string(), v.unknown())],
    'A hyperparameter is a string, a number, a boolean, null, a list or an object.',
  ),
  v.check((value) => JSON.stringify(value).length <= 2500, 'A hyperparameter has at most 2500 characters.'),
);

export const ChannelName = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9._-]+$/, 'A channel name has letters, digits, dots, hyphens and underscores.'),
  v.maxLength(64, 'A channel name has at most 64 characters.'),
);

export const Channel = v.pipe(
  v.string(),
  v.regex(/^(data\.[^.]+|s3:\/\/.+)$/, 'A channel is "data.<name>" or an s3:// prefix.'),
);

export const MetricRegex = v.pipe(
  v.string(),
  v.maxLength(500, 'A metric regex has at most 500 characters.'),
  v.rawCheck(({ dataset, addIssue }) => {
    const problem = dataset.typed ? metricRegexProblem(dataset.value) : undefined;
    if (problem) addIssue({ message: problem });
  }),
);

export const Role = v.pipe(
  v.string(),
  v.regex(/^(arn:aws[a-z-]*:iam::\d{12}:role\/.+|[\w+=,.@-]{1,64})$/, 'A role is its name or its ARN.'),
);

const Environment = recordOf(v.string(), v.string('An environment variable is a string.'));
export const Seconds = v.pipe(
  v.number(),
  v.integer('Seconds are a whole number.'),
  v.minValue(1, 'At least one second.'),
);

/** What jobs and endpoints have in common. */
export const container = {
  instance: v.pipe(Instance, v.description('What it runs on: the type and the number of instances.')),
  /** Full URI of an image; without it the official PyTorch image of `frameworkVersion` is used. */
  image: v.optional(
    v.pipe(
      v.string(),
      v.description('Full URI of an image; without it the official PyTorch image.'),
      v.nonEmpty('An image URI is missing.'),
    ),
  ),
  frameworkVersion: v.optional(
    v.pipe(v.string(), v.description('PyTorch version of the official image, such as 2.6.')),
  ),
  environment: v.optional(
    v.pipe(Environment, v.description('Environment variables of the container, each a string.')),
    {},
  ),
  role: v.optional(v.pipe(Role, v.description("Execution role, by name or ARN; the file's if left out."))),
};

/**
 * Why a metric's regex finds nothing, or undefined. SageMaker takes the number from the first group; a regex without
 * one is accepted by the API and yields no metric at all.
 */
export function metricRegexProblem(regex: string): string | undefined {
  try {
    return countGroups(readRegex(regex)) > 0
      ? undefined
      : 'The regex has no group: put the number in parentheses, as in "loss=([0-9.]+)".';
  } catch (error) {
    return `This is not a regular expression: ${messageOf(error)}.`;
  }
}
