import { forEachConcurrent } from '../core/concurrency.js';
import { UserError } from '../core/errors.js';
import type { Classification } from './classes.js';
import type { Picture } from './pictures.js';
import type { Reply } from './reply.js';

/** What became of one picture of a batch. */
export type BatchRow = BatchAnswer | BatchFailure;

interface BatchTold {
  readonly picture: Picture;
  readonly milliseconds: number;
}

export interface BatchAnswer extends BatchTold {
  readonly outcome: 'answer';
  /** The likeliest classes, at most five. */
  readonly best: readonly { readonly name: string; readonly probability: number }[];
  /** How many classes the answer has: a top-5 of five says nothing. */
  readonly classes: number;
}

export interface BatchFailure extends BatchTold {
  readonly outcome: 'failure';
  readonly message: string;
}

export interface BatchResult {
  /** In the order of the pictures; those that were never asked are not in it. */
  readonly rows: readonly BatchRow[];
  readonly cancelled: boolean;
  /** What has cancelled it, where that was not the person. */
  readonly why: string | undefined;
  /** Of the whole batch. */
  readonly milliseconds: number;
}

export interface BatchOptions {
  /** How many are asked at a time; 1 if left out. */
  readonly concurrency?: number;
  /** Called after each. */
  readonly progress?: (done: number, row: BatchRow) => void;
}

/** Asks one picture: its reply, and the classes of its answer. */
export type AskPicture = (
  picture: Picture,
  signal: AbortSignal,
) => Promise<{ readonly reply: Reply; readonly classes: Classification | undefined }>;

/** Asks about each picture once. One that fails does not end the others; a cancel ends the batch with what there is. */
export async function runBatch(
  pictures: readonly Picture[],
  ask: AskPicture,
  { concurrency = 1, progress }: BatchOptions,
  signal: AbortSignal,
): Promise<BatchResult> {
  const since = performance.now();
  const rows: (BatchRow | undefined)[] = pictures.map(() => undefined);
  let done = 0;
  const work = forEachConcurrent(pictures.entries(), concurrency, signal, async ([index, picture], either) => {
    const start = performance.now();
    const row = await ask(picture, either).then(
      ({ reply, classes }) => rowOf(picture, reply, classes),
      (error: unknown) => {
        either.throwIfAborted();
        return failed(picture, performance.now() - start, error instanceof Error ? error.message : String(error));
      },
    );
    rows[index] = row;
    progress?.(++done, row);
  });
  await work.catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
  return {
    rows: rows.filter((row) => row !== undefined),
    cancelled: signal.aborted,
    why: whyCancelled(signal),
    milliseconds: performance.now() - since,
  };
}

/** The words of a UserError that a signal was aborted with. */
export function whyCancelled({ reason }: AbortSignal): string | undefined {
  return reason instanceof UserError ? reason.message : undefined;
}

function rowOf(picture: Picture, reply: Reply, classes: Classification | undefined): BatchRow {
  const { total } = reply.latency;
  if (reply.outcome === 'failure') return failed(picture, total, reply.failure.message);
  if (!classes) {
    const what = reply.reading.kind === 'other' ? reply.reading.heading : 'An answer without classes';
    return failed(picture, total, `${what}.`);
  }
  const best = classes.predictions.slice(0, 5).map(({ name, probability }) => ({ name, probability }));
  return { outcome: 'answer', picture, milliseconds: total, best, classes: classes.predictions.length };
}

function failed(picture: Picture, milliseconds: number, message: string): BatchFailure {
  return { outcome: 'failure', picture, milliseconds, message };
}
