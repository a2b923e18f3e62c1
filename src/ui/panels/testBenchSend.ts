import type { Cloud } from '../../aws/cloud.js';
import { isCancellation, messageOf, UserError } from '../../core/errors.js';
import { type Classification, classify, isSameClass } from '../../testBench/classes.js';
import { imageKind } from '../../testBench/imageKind.js';
import { chooseLabels, type LabelSource } from '../../testBench/labels.js';
import type { ModelLabels } from '../../testBench/modelLabels.js';
import { ask, type EndpointAnswer, ModelFailure } from '../../testBench/predict.js';
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

/** More inputs than these are counted, not shown. */
const mostRows = 100;

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
  const { target, body, accept } = request;
  const start = performance.now();
  try {
    const contentType = request.contentType || (imageKind(body)?.contentType ?? 'application/octet-stream');
    const answer = await ask(cloud, { endpoint: target, body, contentType, accept }, signal);
    return {
      type: 'answer',
      ...{ id: request.id, target, connection: request.connection },
      milliseconds: answer.milliseconds,
      sent: { contentType, bytes: body.length },
      ...{ contentType: answer.contentType, bytes: answer.bytes, text: answer.text },
      ...(answer.variant !== undefined && { variant: answer.variant }),
      content: await contentOf(cloud, request, answer, sources, naming, signal),
    };
  } catch (error) {
    if (isCancellation(error) || signal.aborted) throw error;
    return failureOf(request, error, performance.now() - start);
  }
}

async function contentOf(
  cloud: Cloud,
  { target, expected }: BenchRequest,
  { reading, variant }: EndpointAnswer,
  { model, workspace }: NameSources,
  naming: () => void,
  signal: AbortSignal,
): Promise<Answer['content']> {
  if (reading.kind === 'other') return reading;
  const classes = reading.rows[0]?.length ?? 0;
  const own: LabelSource = { from: 'the answer', read: async () => reading.names };
  if (!reading.names) naming();
  const { labels, passed } = await chooseLabels(
    classes,
    [own, model.source(cloud, target, variant), ...workspace],
    signal,
  );
  const known = reading.rows.length === 1 ? expected : undefined;
  const rows = reading.rows
    .slice(0, mostRows)
    .map((numbers, row) => classRow(classify(numbers, labels?.names, reading.probabilities?.[row]), known));
  const from = labels
    ? `Names come from ${labels.from}.`
    : 'There are no names for these classes: put a labels.json into the model or the workspace.';
  return {
    kind: 'classes',
    rows,
    inputs: reading.rows.length,
    names: [from, ...passed],
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

function failureOf({ id, target, connection }: BenchRequest, error: unknown, milliseconds: number): Failure {
  const failure = { type: 'failure', id, target, connection, log: false, gone: false } as const;
  if (error instanceof ModelFailure) {
    const answered = error.status > 0 ? `The container answered ${error.status}` : 'The container gave no answer';
    const evidence = `${answered} after ${Math.round(milliseconds).toLocaleString('en')} ms.`;
    return { ...failure, message: error.message, evidence, said: error.said, log: true };
  }
  const message = messageOf(error);
  // ValidationError's text; the runtime has no code of its own for it.
  if (/\bEndpoint \S+ of account \S+ not found/.test(message)) {
    const evidence = 'It was deleted, or is still being made.';
    return { ...failure, message: `There is no endpoint ${target}.`, evidence, gone: true };
  }
  if (error instanceof UserError) return { ...failure, message, log: true };
  return { ...failure, message: `The endpoint could not be asked: ${message}`, log: true };
}
