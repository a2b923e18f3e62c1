import type { BatchAnswer, BatchRow } from './batch.js';
import { classKey, readableName } from './classes.js';

/** What a batch says of a model. Shares are 0 to 1, and undefined where nothing can be said. */
export interface BatchSummary {
  readonly answered: number;
  readonly failed: number;
  /** Answers for pictures whose true class is known. */
  readonly known: number;
  readonly accuracy: number | undefined;
  /** The true class is among the five likeliest; undefined where answers have five classes or fewer. */
  readonly top5Accuracy: number | undefined;
  /** Those that occur, true or predicted, in the order of their names. */
  readonly classes: readonly ClassSummary[];
  /** Pictures by true class (row) and predicted class (column), both in the order of `classes`. */
  readonly matrix: readonly (readonly number[])[];
  /** Mistakes, the most frequent first. */
  readonly confusions: readonly Confusion[];
}

export interface ClassSummary {
  readonly name: string;
  /** Pictures whose true class it is, and how many of them were recognised. */
  readonly count: number;
  readonly correct: number;
  /** Pictures that were taken for it, rightly or not. */
  readonly predicted: number;
}

export interface Confusion {
  readonly expected: string;
  readonly predicted: string;
  readonly count: number;
}

type Known = BatchAnswer & { readonly expected: string; readonly predicted: string };

export function summarize(rows: readonly BatchRow[]): BatchSummary {
  const answers = rows.filter((row) => row.outcome === 'answer');
  const known = answers.flatMap((row): Known[] => {
    const { expected } = row.picture;
    const [first] = row.best;
    return expected === undefined || !first ? [] : [{ ...row, expected, predicted: first.name }];
  });
  const classes = classesOf(known);
  const place = new Map(classes.map((name, index) => [classKey(name), index]));
  const placeOf = (name: string) => place.get(classKey(name))!;
  const matrix = classes.map(() => classes.map(() => 0));
  for (const { expected, predicted } of known) matrix[placeOf(expected)]![placeOf(predicted)]!++;
  const correct = classes.reduce((sum, _, index) => sum + matrix[index]![index]!, 0);
  const few = known.some((row) => row.classes <= 5);
  const inBest = known.filter(({ expected, best }) => best.some(({ name }) => classKey(name) === classKey(expected)));
  return {
    answered: answers.length,
    failed: rows.length - answers.length,
    known: known.length,
    accuracy: known.length === 0 ? undefined : correct / known.length,
    top5Accuracy: known.length === 0 || few ? undefined : inBest.length / known.length,
    classes: classes.map((name, index) => ({
      name,
      count: matrix[index]!.reduce((sum, count) => sum + count, 0),
      correct: matrix[index]![index]!,
      predicted: matrix.reduce((sum, row) => sum + row[index]!, 0),
    })),
    matrix,
    confusions: classes
      .flatMap((expected, row) => classes.map((predicted, column) => confusion(expected, predicted, row, column)))
      .filter(({ count }) => count > 0)
      .sort((a, b) => b.count - a.count),
  };

  function confusion(expected: string, predicted: string, row: number, column: number): Confusion {
    return { expected, predicted, count: row === column ? 0 : matrix[row]![column]! };
  }
}

/** The pictures of one cell of the matrix. */
export function picturesOf(rows: readonly BatchRow[], expected: string, predicted: string): BatchAnswer[] {
  return rows.filter(
    (row): row is BatchAnswer =>
      row.outcome === 'answer' &&
      classKey(row.picture.expected ?? '') === classKey(expected) &&
      classKey(row.best[0]?.name ?? '') === classKey(predicted),
  );
}

/** The answer's names come before the folders', which mean the same and are harder to read. */
function classesOf(known: readonly Known[]): string[] {
  const names = new Map<string, string>();
  for (const { predicted } of known) names.set(classKey(predicted), predicted);
  for (const { expected } of known) {
    if (!names.has(classKey(expected))) names.set(classKey(expected), readableName(expected));
  }
  return [...names.values()].sort((a, b) => a.localeCompare(b, 'en'));
}
