import type { Cloud } from '../aws/cloud.js';
import { codeOf, messageOf } from '../aws/errors.js';
import { largestInvocation } from '../aws/limits.js';
import { UserError } from '../core/errors.js';
import { classesIn, type Prediction } from './classes.js';

export interface PredictionAnswer {
  /** Undefined when the answer is not one of classes. */
  readonly classes: readonly Prediction[] | undefined;
  readonly text: string;
  readonly contentType: string;
  readonly milliseconds: number;
}

/**
 * Sends one body to an endpoint and reads the classes from its answer.
 * @throws {UserError} for a body over 6 MB, and with the handler's own words when it fails
 */
export async function predict(
  cloud: Pick<Cloud, 'runtime'>,
  endpoint: string,
  body: Uint8Array,
  contentType: string,
  labels: readonly string[],
  signal: AbortSignal,
): Promise<PredictionAnswer> {
  if (body.length > largestInvocation) {
    const megabytes = (body.length / 1024 / 1024).toFixed(1);
    throw new UserError(
      `An endpoint takes at most 6 MB, and this is ${megabytes} MB: send a smaller picture, or its URL.`,
    );
  }
  const start = performance.now();
  const answer = await invoke(cloud, { endpoint, body, contentType, accept: 'application/json' }, signal);
  const milliseconds = performance.now() - start;
  const text = new TextDecoder().decode(answer.body);
  return { classes: classesIn(parsed(text), labels), text, contentType: answer.contentType, milliseconds };
}

async function invoke(
  cloud: Pick<Cloud, 'runtime'>,
  invocation: Parameters<Cloud['runtime']['invoke']>[0],
  signal: AbortSignal,
) {
  try {
    return await cloud.runtime.invoke(invocation, signal);
  } catch (error) {
    if (codeOf(error) !== 'ModelError') throw error;
    throw new UserError(`The model behind ${invocation.endpoint} failed: ${messageOf(error)}`, { cause: error });
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON is an answer too: it is shown as it is.
    return undefined;
  }
}
