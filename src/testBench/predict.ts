import type { Cloud } from '../aws/cloud.js';
import { UserError } from '../core/errors.js';
import { askEndpoint } from './askEndpoint.js';
import { classify, type Prediction } from './classes.js';

export interface PredictionAnswer {
  /** Of the first input, the likeliest first; undefined when the answer is not one of classes. */
  readonly classes: readonly Prediction[] | undefined;
  readonly text: string;
  readonly milliseconds: number;
}

/**
 * Sends one body to an endpoint and reads the classes from its answer.
 * @param labels names by position, for answers that bring none
 * @throws {UserError} with why there is no answer
 */
export async function predict(
  cloud: Pick<Cloud, 'runtime'>,
  endpoint: string,
  body: Uint8Array,
  contentType: string,
  labels: readonly string[],
  signal: AbortSignal,
): Promise<PredictionAnswer> {
  const target = { kind: 'endpoint', name: endpoint } as const;
  const reply = await askEndpoint(cloud, target, { body, contentType, accept: 'application/json' }, signal);
  if (reply.outcome === 'failure') throw new UserError(reply.failure.message, { cause: reply.failure.said });
  const { reading, text, latency } = reply;
  const answer = { text, milliseconds: latency.total };
  if (reading.kind === 'other') return { ...answer, classes: undefined };
  const { predictions } = classify(reading.rows[0] ?? [], reading.names ?? labels, reading.probabilities?.[0]);
  return { ...answer, classes: predictions };
}
