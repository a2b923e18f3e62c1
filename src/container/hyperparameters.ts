import { jsonLoads } from './pythonJson.js';
import { compareText, isDict, type PythonDict, type PythonValue, str } from './pythonText.js';

/**
 * Names that SageMaker and its SDK use for themselves; the script never sees them. So are all others that begin with
 * `sagemaker_`, but those are handed to the framework.
 *
 * Source: aws/sagemaker-training-toolkit 5.1, params.py SAGEMAKER_HYPERPARAMETERS.
 */
const reserved: ReadonlySet<string> = new Set([
  'sagemaker_program',
  'sagemaker_submit_directory',
  'sagemaker_enable_cloudwatch_metrics',
  'sagemaker_region',
  'sagemaker_container_log_level',
  'sagemaker_job_name',
  'default_user_module_name',
  '_tuning_objective_metric',
  'sagemaker_s3_output',
]);

/** A job's hyperparameters as the training toolkit sorts them. */
export interface Hyperparameters {
  /** What becomes arguments and SM_HP_*. */
  readonly user: PythonDict;
  /** For the framework's launcher: `sagemaker_mpi_enabled`, `sagemaker_torch_distributed_enabled`… */
  readonly framework: PythonDict;
  /** For the toolkit: `sagemaker_program`, `sagemaker_submit_directory`… */
  readonly toolkit: PythonDict;
}

/**
 * Decodes each value as JSON; what is no JSON stays the string that it is (SDK v2 quotes strings, v3 does not).
 *
 * Source: environment.py read_hyperparameters, mapping.py split_by_criteria.
 */
export function decodeHyperparameters(values: Readonly<Record<string, string>>): Hyperparameters {
  const [user, framework, toolkit] = [new Map(), new Map(), new Map()] as Map<string, PythonValue>[];
  for (const [name, text] of Object.entries(values)) {
    const kind = reserved.has(name) ? toolkit : name.startsWith('sagemaker_') ? framework : user;
    kind!.set(name, decode(text));
  }
  return { user: user!, framework: framework!, toolkit: toolkit! };
}

function decode(text: string): PythonValue {
  try {
    return jsonLoads(text);
  } catch {
    return text;
  }
}

/**
 * `--key value` in the order of the keys, `-k value` for a key of one letter. None is empty, a dict is `a=1,b=2`,
 * everything else Python's `str`.
 *
 * Source: mapping.py to_cmd_args.
 */
export function scriptArguments(user: PythonDict): string[] {
  return [...user]
    .sort(([left], [right]) => compareText(left, right))
    .flatMap(([name, value]) => [argumentName(name), argumentValue(value)]);
}

function argumentName(name: string): string {
  if (name === '') return '';
  return [...name].length > 1 ? `--${name}` : `-${name}`;
}

function argumentValue(value: PythonValue): string {
  if (value === null) return '';
  if (!isDict(value)) return str(value);
  return [...value]
    .sort(([left], [right]) => compareText(left, right))
    .map(([name, item]) => `${name}=${str(item)}`)
    .join(',');
}
