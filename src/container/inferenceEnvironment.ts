/** TorchServe's limit on an answer (`max_response_size`); a worker that gives more is ended. */
export const maxAnswerBytes = 6_553_500;

/** How long SageMaker waits for a container's answer; no setting makes it longer. */
export const invocationSeconds = 60;

/** Where a container finds things, when `/opt/ml` can be a real path in it. */
const containerBase = '/opt/ml';

/** What decides how a model is served: the model's own `Environment`, as CreateModel got it. */
export type ModelEnvironment = Readonly<Record<string, string>>;

/**
 * The variables of an inference container. Names and defaults are those of aws/sagemaker-inference-toolkit
 * (`environment.py`, `parameters.py`) and of what the SageMaker SDK puts in a model; what the model says wins.
 *
 * @param base `/opt/ml`, or the folder that stands for it where it cannot be a real path.
 */
export function inferenceEnvironment(model: ModelEnvironment, region: string, base: string): Record<string, string> {
  return {
    SAGEMAKER_REGION: region,
    SAGEMAKER_PROGRAM: 'inference.py',
    SAGEMAKER_SUBMIT_DIRECTORY: `${base}/model/code`,
    SAGEMAKER_CONTAINER_LOG_LEVEL: '20',
    SAGEMAKER_BIND_TO_PORT: '8080',
    ...(base !== containerBase && { SAGEMAKER_BASE_DIR: base }),
    ...model,
    PYTHONPATH: [`${base}/model/code`, model['PYTHONPATH']].filter(Boolean).join(':'),
  };
}

/**
 * How many processes serve one instance: what the model asks for, else as TorchServe does by itself, one for each GPU
 * or vCPU of the instance type, but never more than this machine has cores.
 *
 * A `SAGEMAKER_TS_*` variable makes the toolkit write a configuration whose workers default to one
 * (sagemaker-pytorch-inference-toolkit, `ts_environment.py`).
 */
export function workerCount(model: ModelEnvironment, instanceType: string, cores: number): number {
  const torchServe = Object.keys(model).some((name) => torchServeSettings.has(name));
  if (torchServe) return positive(model['SAGEMAKER_TS_MIN_WORKERS']) ?? 1;
  return positive(model['SAGEMAKER_MODEL_SERVER_WORKERS']) ?? Math.max(1, Math.min(processors(instanceType), cores));
}

const torchServeSettings = new Set(
  ['BATCH_SIZE', 'MAX_BATCH_DELAY', 'MIN_WORKERS', 'MAX_WORKERS', 'RESPONSE_TIMEOUT'].map((s) => `SAGEMAKER_TS_${s}`),
);

/**
 * How long the model server lets a worker think before it takes it for dead: it can be shorter than SageMaker's own
 * 60 s, and then the container answers with an error; longer makes no difference.
 */
export function workerTimeoutSeconds(model: ModelEnvironment): number {
  return positive(model['SAGEMAKER_TS_RESPONSE_TIMEOUT']) ?? positive(model['SAGEMAKER_MODEL_SERVER_TIMEOUT']) ?? 60;
}

/** How long a container may take to answer its first /ping. */
export function startupTimeoutSeconds(model: ModelEnvironment): number {
  return positive(model['SAGEMAKER_STARTUP_TIMEOUT']) ?? 600;
}

/** vCPUs by the size in an instance type's name (`large` 2, `xlarge` 4, `2xlarge` 8…); one for a type with GPUs. */
function processors(instanceType: string): number {
  const [, family = '', size = ''] = instanceType.split('.');
  if (/^(g|p)\d/.test(family)) return 1;
  const multiple = /^(\d*)xlarge$/.exec(size);
  return multiple ? 4 * Number(multiple[1] || 1) : 2;
}

function positive(text: string | undefined): number | undefined {
  const number = Number(text);
  return Number.isInteger(number) && number > 0 ? number : undefined;
}
