import type { Cloud } from '../../aws/cloud.js';
import { type Classification, isSameClass } from '../../testBench/classes.js';
import { imageKind } from '../../testBench/imageKind.js';
import type { LabelSource } from '../../testBench/labels.js';
import type { ModelLabels } from '../../testBench/modelLabels.js';
import { namedClasses } from '../../testBench/namedClasses.js';
import { askEndpoint } from '../../testBench/askEndpoint.js';
import type { Answered, Failed } from '../../testBench/reply.js';
import type { Answer, ClassesContent, ClassRow, Failure, Outcome } from './testBench.protocol.js';

export interface BenchRequest {
  readonly id: number;
  readonly target: string;
  readonly connection: string;
  readonly body: Uint8Array;
  /** Empty: as the bytes say. */
  readonly contentType: string;
  readonly accept: string;
  readonly expected?: string | undefined;
}

/** Where class names are looked for when an answer brings none. */
export interface NameSources {
  readonly model: ModelLabels;
  /** Of the workspace. */
  readonly workspace: readonly LabelSource[];
}

/**
 * Sends one body and makes of the answer, or of the failure, what the bench shows.
 * @param naming told when the answer is there and names are looked for
 * @throws cancellations only
 */
export async function sendToEndpoint(
  cloud: Cloud,
  request: BenchRequest,
  sources: NameSources,
  naming: () => void,
  signal: AbortSignal,
): Promise<Outcome> {
  const { id, target, connection, body, accept } = request;
  const contentType = request.contentType || (imageKind(body)?.contentType ?? 'application/octet-stream');
  const reply = await askEndpoint(cloud, { kind: 'endpoint', name: target }, { body, contentType, accept }, signal);
  if (reply.outcome === 'failure') return failureOf(request, reply);
  return {
    type: 'answer',
    ...{ id, target, connection, milliseconds: reply.latency.total, sent: reply.sent },
    ...{ contentType: reply.contentType, bytes: reply.body.length, text: reply.text },
    ...(reply.variant !== undefined && { variant: reply.variant }),
    content: await contentOf(cloud, request, reply, sources, naming, signal),
  };
}

async function contentOf(
  cloud: Cloud,
  { target, expected }: BenchRequest,
  { reading, variant }: Answered,
  { model, workspace }: NameSources,
  naming: () => void,
  signal: AbortSignal,
): Promise<Answer['content']> {
  if (reading.kind === 'other') return reading;
  if (!reading.names) naming();
  const found = await namedClasses(reading, [model.source(cloud, target, variant), ...workspace], signal);
  const known = found.inputs === 1 ? expected : undefined;
  const from = found.labels
    ? `Names come from ${found.labels.from}.`
    : 'There are no names for these classes: put a labels.json into the model or the workspace.';
  return {
    kind: 'classes',
    rows: found.rows.map((row) => classRow(row, known)),
    inputs: found.inputs,
    names: [from, ...found.passed],
    ...(known !== undefined && { expected: known }),
  } satisfies ClassesContent;
}

function classRow({ kind, sum, flat, predictions }: Classification, expected: string | undefined): ClassRow {
  return {
    looks: looks(kind, sum),
    flat,
    classes: predictions.map(({ index, name, score, probability }) => ({
      ...{ index, name, probability, score: scoreText(score, kind) },
      correct: expected !== undefined && isSameClass(name, expected),
    })),
  };
}

function looks(kind: Classification['kind'], sum: number): string {
  switch (kind) {
    case 'scores':
      return `The numbers look like raw scores (they sum to ${scoreText(sum, kind)}), so probabilities are their softmax.`;
    case 'probabilities':
      return 'The numbers are probabilities already.';
    case 'log-probabilities':
      return 'The numbers look like log-probabilities, so probabilities are their exponentials.';
  }
}

function scoreText(score: number, kind: Classification['kind']): string {
  if (!Number.isFinite(score)) return String(score);
  const digits = kind === 'probabilities' ? 4 : 2;
  const large = Math.abs(score) >= 1e6 || (score !== 0 && Math.abs(score) < 10 ** -digits);
  return large ? score.toExponential(2) : score.toFixed(digits);
}

function failureOf({ id, target, connection }: BenchRequest, { failure, latency }: Failed): Failure {
  const { message, advice, said, log, kind } = failure;
  const after = ` after ${Math.round(latency.total).toLocaleString('en')} ms.`;
  const evidence = said === undefined ? failure.evidence : failure.evidence?.replace(/\.$/, after);
  return {
    ...{ type: 'failure', id, target, connection, log, gone: kind === 'gone' },
    message: advice === undefined ? message : `${message} ${advice}`,
    ...(evidence !== undefined && { evidence }),
    ...(said !== undefined && { said }),
  };
}
