import * as v from 'valibot';

/**
 * `sagemaker.jsonc`: what a person wants, in SageMaker's and its SDK's words. Unknown keys are mistakes, not extensions:
 * a misspelt `hyperparamters` must not train with defaults. Limits are the API's (botocore sagemaker 2017-07-24).
 */

/** Keys and values of an object; valibot's own record takes a list for one. */
function recordOf<K extends v.GenericSchema<string, string>, V extends v.GenericSchema>(key: K, value: V) {
  const object = v.custom<Record<string, unknown>>(
    (input) => typeof input === 'object' && input !== null && !Array.isArray(input),
    'Expected an object here.',
  );
  return v.pipe(object, v.record(key, value));
}

/** Name of an entry: it becomes part of resource names, S3 keys and tags. */
const EntryName = v.pipe(
  v.string(),
  v.regex(/^[a-zA-Z0-9](-*[a-zA-Z0-9])*$/, 'A name has letters, digits and single hyphens between them.'),
  v.maxLength(40, 'A name has at most 40 characters, so that the names made from it fit into 63.'),
);

const RelativePath = v.pipe(
  v.string(),
  v.nonEmpty('A path is missing.'),
  v.check((path) => !/^([/\\]|[a-zA-Z]:)/.test(path), 'A path is relative to the folder of sagemaker.jsonc.'),
  v.check((path) => !path.split(/[/\\]/).includes('..'), 'A path stays inside the folder of sagemaker.jsonc.'),
);

export const Data = v.strictObject({ path: v.pipe(RelativePath, v.description('Folder that is uploaded.')) });

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
const HyperParameter = v.pipe(
  v.union(
    [v.string(), v.number(), v.boolean(), v.null(), v.array(v.unknown()), recordOf(v.string(), v.unknown())],
    'A hyperparameter is a string, a number, a boolean, null, a list or an object.',
  ),
  v.check((value) => JSON.stringify(value).length <= 2500, 'A hyperparameter has at most 2500 characters.'),
);

const ChannelName = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9._-]+$/, 'A channel name has letters, digits, dots, hyphens and underscores.'),
  v.maxLength(64, 'A channel name has at most 64 characters.'),
);

const Channel = v.pipe(
  v.string(),
  v.regex(/^(data\.[^.]+|s3:\/\/.+)$/, 'A channel is "data.<name>" or an s3:// prefix.'),
);

const MetricRegex = v.pipe(
  v.string(),
  v.maxLength(500, 'A metric regex has at most 500 characters.'),
  v.rawCheck(({ dataset, addIssue }) => {
    const problem = dataset.typed ? metricRegexProblem(dataset.value) : undefined;
    if (problem) addIssue({ message: problem });
  }),
);

const Role = v.pipe(
  v.string(),
  v.regex(/^(arn:aws[a-z-]*:iam::\d{12}:role\/.+|[\w+=,.@-]{1,64})$/, 'A role is its name or its ARN.'),
);

const Environment = recordOf(v.string(), v.string('An environment variable is a string.'));
const Seconds = v.pipe(v.number(), v.integer('Seconds are a whole number.'), v.minValue(1, 'At least one second.'));

/** What jobs and endpoints have in common. */
const container = {
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

const kindOfJob = '"training": one training job. "tuning" is kept, and nothing acts on it yet.';

export const TrainingJob = v.strictObject({
  kind: v.pipe(v.literal('training'), v.description(kindOfJob)),
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
    v.check((channels) => Object.keys(channels).length >= 1, 'A training job needs at least one channel.'),
    v.check((channels) => Object.keys(channels).length <= 20, 'A training job has at most 20 channels.'),
  ),
  hyperparameters: v.optional(
    v.pipe(
      recordOf(
        v.pipe(v.string(), v.maxLength(256, 'A hyperparameter name has at most 256 characters.')),
        HyperParameter,
      ),
      v.description('What the script gets as arguments: "learning-rate": 0.1 is passed as --learning-rate 0.1.'),
      v.check((all) => Object.keys(all).length <= 90, 'A training job has at most 100 hyperparameters, ours included.'),
    ),
    {},
  ),
  metrics: v.optional(
    v.pipe(
      recordOf(v.pipe(v.string(), v.maxLength(255, 'A metric name has at most 255 characters.')), MetricRegex),
      v.description('Numbers to read from the log: a name, and a regex whose first group is the number.'),
      v.check((metrics) => Object.keys(metrics).length <= 40, 'A training job has at most 40 metrics.'),
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
  /** Seconds until SageMaker stops the job. */
  maxRuntime: v.optional(
    v.pipe(Seconds, v.description('Seconds until SageMaker stops the job; 86400 if left out. It bounds the price.')),
    86_400,
  ),
  volumeSizeInGB: v.optional(
    v.pipe(v.number(), v.description('Disk of each instance in GB, 30 if left out.'), v.integer(), v.minValue(1)),
    30,
  ),
});
export type TrainingJob = v.InferOutput<typeof TrainingJob>;

/** Known by name, kept as written; nothing acts on it yet. */
const TuningJob = v.looseObject({ kind: v.pipe(v.literal('tuning'), v.description(kindOfJob)) });

const Model = v.union(
  [
    v.strictObject({
      from: v.pipe(
        v.string(),
        v.description('The job that trains the model: "jobs.<name>". Its newest run that left a model is taken.'),
        v.regex(/^jobs\.[^.]+$/),
      ),
    }),
    v.strictObject({
      data: v.pipe(
        v.string(),
        v.description('An archive in S3: s3://…/model.tar.gz.'),
        v.regex(/^s3:\/\/[^/]+\/.+\.tar\.gz$/),
      ),
    }),
  ],
  'A model is { "from": "jobs.<name>" } or { "data": "s3://…/model.tar.gz" }.',
);

export const Endpoint = v.strictObject({
  ...container,
  model: v.pipe(Model, v.description('What is served: the model of a job of this file, or an archive in S3.')),
  /** Folder shipped as `code/`; without it the inference script and the requirements.txt beside it are. */
  source: v.optional(
    v.pipe(
      RelativePath,
      v.description('Folder shipped as code/; without it the inference script and the requirements.txt beside it are.'),
    ),
  ),
  /** Script with model_fn, input_fn, predict_fn, output_fn; shipped in the model's archive. Relative to `source`. */
  inference: v.pipe(
    RelativePath,
    v.description('Script with model_fn, input_fn, predict_fn, output_fn, relative to source.'),
  ),
  scaling: v.optional(
    v.pipe(v.unknown(), v.description('Automatic scaling: kept as written, and nothing acts on it yet.')),
  ),
});
export type Endpoint = v.InferOutput<typeof Endpoint>;

export const ProjectFile = v.strictObject({
  $schema: v.optional(v.pipe(v.string(), v.description('JSON schema of this file, for editors that ask for one.'))),
  /** Prefix of names and S3 keys; by default the folder's name. */
  name: v.optional(v.pipe(EntryName, v.description("Prefix of names and S3 keys; the folder's name if left out."))),
  /** By default `sagemaker-<region>-<account>`, as the SageMaker SDK has it; created when it does not exist. */
  bucket: v.optional(
    v.pipe(
      v.string(),
      v.description('S3 bucket; sagemaker-<region>-<account> if left out. Created when it does not exist.'),
      v.regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'A bucket name has 3 to 63 of a-z, 0-9, "." and "-".'),
    ),
  ),
  /** Execution role of jobs and endpoints that name none of their own. */
  role: v.optional(
    v.pipe(Role, v.description('Execution role of jobs and endpoints, by name or ARN. The sandbox has one ready.')),
  ),
  data: v.optional(
    v.pipe(recordOf(EntryName, Data), v.description('Data folders, uploaded to s3://<bucket>/<project>/data/<name>.')),
    {},
  ),
  jobs: v.optional(
    v.pipe(recordOf(EntryName, v.variant('kind', [TrainingJob, TuningJob])), v.description('Training jobs by name.')),
    {},
  ),
  endpoints: v.optional(
    v.pipe(recordOf(EntryName, Endpoint), v.description('Endpoints by name, each serving the model of a job.')),
    {},
  ),
  functions: v.optional(
    v.pipe(
      recordOf(EntryName, v.unknown()),
      v.description('Functions by name: kept as written, and nothing acts on them yet.'),
    ),
    {},
  ),
  machines: v.optional(
    v.pipe(
      recordOf(EntryName, v.unknown()),
      v.description('Machines by name: kept as written, and nothing acts on them yet.'),
    ),
    {},
  ),
});
export type ProjectFile = v.InferOutput<typeof ProjectFile>;

/** The entries that can be acted on. */
export interface Project {
  readonly name: string | undefined;
  readonly bucket: string | undefined;
  readonly role: string | undefined;
  readonly data: Readonly<Record<string, { readonly path: string }>>;
  readonly jobs: Readonly<Record<string, TrainingJob>>;
  readonly endpoints: Readonly<Record<string, Endpoint>>;
}

/**
 * Why a metric's regex finds nothing, or undefined. SageMaker takes the number from the first group; a regex without
 * one is accepted by the API and yields no metric at all.
 */
export function metricRegexProblem(regex: string): string | undefined {
  try {
    // With an empty alternative the regex matches anything, and the match tells how many groups there are.
    const groups = (new RegExp(`${regex}|`).exec('')?.length ?? 1) - 1;
    return groups > 0 ? undefined : 'The regex has no group: put the number in parentheses, as in "loss=([0-9.]+)".';
  } catch (error) {
    return `This is not a regular expression: ${error instanceof Error ? error.message : String(error)}.`;
  }
}
