import * as v from 'valibot';
import { LambdaFunction } from './functions.js';
import { Job } from './jobs.js';
import { container, EntryName, recordOf, RelativePath, Role } from './values.js';

/**
 * `sagemaker.jsonc`: what a person wants, in SageMaker's and its SDK's words. Unknown keys are mistakes, not extensions:
 * a misspelt `hyperparamters` must not train with defaults. Limits are the API's (botocore sagemaker 2017-07-24).
 */

export const Data = v.strictObject({ path: v.pipe(RelativePath, v.description('Folder that is uploaded.')) });

const Model = v.union(
  [
    v.strictObject({
      from: v.pipe(
        v.string(),
        v.description(
          'The job that trains the model: "jobs.<name>". Its newest run that left a model is taken; of a tuning job, the best trial.',
        ),
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
  jobs: v.optional(v.pipe(recordOf(EntryName, Job), v.description('Training and tuning jobs by name.')), {}),
  endpoints: v.optional(
    v.pipe(recordOf(EntryName, Endpoint), v.description('Endpoints by name, each serving the model of a job.')),
    {},
  ),
  functions: v.optional(
    v.pipe(
      recordOf(EntryName, LambdaFunction),
      v.description('Lambda functions by name, such as one that stands in front of an endpoint.'),
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
  readonly jobs: Readonly<Record<string, Job>>;
  readonly endpoints: Readonly<Record<string, Endpoint>>;
  readonly functions: Readonly<Record<string, LambdaFunction>>;
}
