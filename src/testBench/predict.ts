import type { Cloud } from '../aws/cloud.js';
import { codeOf, messageOf } from '../aws/errors.js';
import type { Answer } from '../aws/gateways/runtime.js';
import { largestInvocation } from '../aws/limits.js';
import { UserError } from '../core/errors.js';
import { type AnswerReading, readAnswer } from './answers.js';
import { classify, type Prediction } from './classes.js';

/** How long a container may take to answer (InvokeEndpoint, API reference). */
const answerSeconds = 60;
/** Beyond that the service itself says that the model was late: its answer is waited for. */
const marginSeconds = 5;

export interface EndpointAnswer {
  readonly reading: AnswerReading;
  readonly text: string;
  /** Of the body, as it came. */
  readonly bytes: number;
  readonly contentType: string;
  readonly variant: string | undefined;
  readonly milliseconds: number;
}

export interface PredictionAnswer extends EndpointAnswer {
  /** Of the first input; undefined when the answer is not one of classes. */
  readonly classes: readonly Prediction[] | undefined;
}

/** The container behind an endpoint answered with an error. */
export class ModelFailure extends UserError {
  constructor(
    message: string,
    /** What the container said, whole: often a traceback. */
    readonly said: string,
    /** The container's HTTP status; 0 when it gave none. */
    readonly status: number,
    cause: unknown,
  ) {
    super(message, { cause });
  }
}

/**
 * Sends one body to an endpoint and reads the classes from its answer.
 * @param labels names by position, for answers that bring none
 * @throws what `ask` throws
 */
export async function predict(
  cloud: Pick<Cloud, 'runtime'>,
  endpoint: string,
  body: Uint8Array,
  contentType: string,
  labels: readonly string[],
  signal: AbortSignal,
): Promise<PredictionAnswer> {
  const answer = await ask(cloud, { endpoint, body, contentType, accept: 'application/json' }, signal);
  const { reading } = answer;
  if (reading.kind === 'other') return { ...answer, classes: undefined };
  const [row = []] = reading.rows;
  const { predictions } = classify(row, reading.names ?? labels, reading.probabilities?.[0]);
  return { ...answer, classes: predictions };
}

/**
 * Sends one body to an endpoint, once: what a model did may not be done twice.
 * @throws {ModelFailure} with the container's own words
 * @throws {UserError} for a body over 6 MB, which is not sent, and when no answer comes in time
 */
export async function ask(
  cloud: Pick<Cloud, 'runtime'>,
  invocation: Parameters<Cloud['runtime']['invoke']>[0],
  signal: AbortSignal,
): Promise<EndpointAnswer> {
  if (invocation.body.length > largestInvocation) {
    const megabytes = (invocation.body.length / 1024 / 1024).toFixed(1);
    throw new UserError(
      `An endpoint takes at most 6 MB, and this is ${megabytes} MB: send a smaller picture, or its URL.`,
    );
  }
  const late = AbortSignal.timeout((answerSeconds + marginSeconds) * 1000);
  const start = performance.now();
  const answer = await cloud.runtime.invoke(invocation, AbortSignal.any([signal, late])).catch((error: unknown) => {
    throw explained(error, invocation.endpoint, late.aborted && !signal.aborted);
  });
  return { ...read(answer), milliseconds: performance.now() - start };
}

function read({ body, contentType, variant }: Answer): Omit<EndpointAnswer, 'milliseconds'> {
  const text = new TextDecoder().decode(body);
  return { reading: readAnswer(text, contentType), text, bytes: body.length, contentType, variant };
}

function explained(error: unknown, endpoint: string, late: boolean): unknown {
  if (late) {
    return new UserError(
      `${endpoint} did not answer within ${answerSeconds} seconds, the most that SageMaker gives a model: see its log.`,
      { cause: error },
    );
  }
  if (codeOf(error) !== 'ModelError') return error;
  const { OriginalMessage, OriginalStatusCode } = error as { OriginalMessage?: string; OriginalStatusCode?: number };
  const said = wordsOf(OriginalMessage ?? '') || messageOf(error);
  const lines = said.split('\n').filter((line) => line.trim() !== '');
  // A traceback says what is wrong in its last line.
  const short = lines.some((line) => line.startsWith('Traceback')) ? lines.at(-1) : lines[0];
  return new ModelFailure(
    `The model behind ${endpoint} failed: ${short ?? said}`,
    said,
    OriginalStatusCode ?? 0,
    error,
  );
}

/** TorchServe wraps what went wrong in `{"code": 500, "type": "…", "message": "…"}`. */
function wordsOf(original: string): string {
  try {
    const value: unknown = JSON.parse(original);
    if (typeof value === 'object' && value !== null && 'message' in value && typeof value.message === 'string') {
      return value.message;
    }
  } catch {
    // Not JSON: the handler's own text.
  }
  return original;
}
