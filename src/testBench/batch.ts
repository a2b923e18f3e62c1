import path from 'node:path';
import { isSameClass } from './classes.js';
import type { NamedClasses } from './namedClasses.js';
import type { DataPicture } from './pictures.js';
import type { Reply } from './reply.js';

/** What became of one picture of a batch. */
export interface BatchItem {
  readonly file: string;
  readonly truth: string | undefined;
  /** Undefined where there is no answer with classes. */
  readonly predicted: string | undefined;
  readonly probability?: number;
  /** Position of the true class in the answer, from 0; undefined where the answer does not name it. */
  readonly rank?: number;
  readonly failure?: string;
  /** Milliseconds. */
  readonly latency: number;
}

export function judged({ file, truth }: DataPicture, reply: Reply, named: NamedClasses | undefined): BatchItem {
  const known = { file, truth, latency: reply.latency.total };
  const predictions = named?.rows[0]?.predictions ?? [];
  const [best] = predictions;
  if (!best) {
    const failure = reply.outcome === 'failure' ? reply.failure.message : 'The answer has no classes.';
    return { ...known, predicted: undefined, failure };
  }
  const rank = truth === undefined ? -1 : predictions.findIndex(({ name }) => isSameClass(name, truth));
  // One class has one name in a matrix: as its folder writes it.
  const predicted = rank === 0 && truth !== undefined ? truth : best.name;
  return { ...known, predicted, probability: best.probability, ...(rank >= 0 && { rank }) };
}

/** So many of a list, evenly taken; 0: all. */
export function evenly<T>(all: readonly T[], most: number): readonly T[] {
  if (most === 0 || all.length <= most) return all;
  return Array.from({ length: most }, (_, index) => all[Math.floor((index * all.length) / most)]!);
}

/** Reasons of failures that are told apart. */
const mostFailures = 3;

/** What a batch says so far. */
export function summaryOf(items: readonly BatchItem[], folder: string) {
  const answered = items.filter(({ truth, predicted }) => truth !== undefined && predicted !== undefined);
  const counts = new Map<string, { truth: string; predicted: string; count: number }>();
  for (const { truth = '', predicted = '' } of answered) {
    const key = JSON.stringify([truth, predicted]);
    const cell = counts.get(key);
    if (cell) cell.count += 1;
    else counts.set(key, { truth, predicted, count: 1 });
  }
  const failures = new Map<string, { message: string; count: number; example: string }>();
  for (const { failure, file } of items) {
    if (failure === undefined) continue;
    const known = failures.get(failure);
    if (known) known.count += 1;
    else failures.set(failure, { message: failure, count: 1, example: path.relative(folder, file) });
  }
  return {
    done: items.length,
    failed: items.filter(({ failure }) => failure !== undefined).length,
    failures: [...failures.values()].sort((a, b) => b.count - a.count).slice(0, mostFailures),
    judged: answered.length,
    correct: answered.filter(({ rank }) => rank === 0).length,
    amongFive: answered.filter(({ rank = Infinity }) => rank < 5).length,
    cells: [...counts.values()],
  };
}

/** A line for each picture, by the name of its file. */
export function tableOf(items: readonly BatchItem[], folder: string): string {
  const rows = [...items]
    .sort((a, b) => (a.file < b.file ? -1 : 1))
    .map(({ file, truth, predicted, probability, rank, latency, failure }) =>
      [path.relative(folder, file), truth, predicted, probability, rank, latency.toFixed(1), failure]
        .map(cell)
        .join(','),
    );
  return `${['file,class,answer,probability,rank,milliseconds,failure', ...rows].join('\n')}\n`;
}

function cell(value: string | number | undefined): string {
  const text = value === undefined ? '' : String(value);
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
