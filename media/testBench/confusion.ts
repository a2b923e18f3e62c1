import type { BatchProgress, Cell } from '../../src/ui/panels/testBenchBatch.protocol.js';

/** Counts by true class (rows) and answered class (columns), of the classes that occur. */
export interface Confusion {
  readonly classes: readonly string[];
  /** `counts[row][column]` */
  readonly counts: readonly (readonly number[])[];
  /** Of one row, the largest. */
  readonly largest: number;
}

/** Classes that are confused stand beside each other only by their names: the order is the alphabet's. */
export function confusionOf(cells: readonly Cell[]): Confusion {
  const classes = [...new Set(cells.flatMap(({ truth, predicted }) => [truth, predicted]))].sort((a, b) =>
    a.localeCompare(b, 'en'),
  );
  const index = new Map(classes.map((name, position) => [name, position]));
  const counts = classes.map(() => classes.map(() => 0));
  for (const { truth, predicted, count } of cells) {
    const row = counts[index.get(truth) ?? -1];
    if (row) row[index.get(predicted) ?? -1]! += count;
  }
  return { classes, counts, largest: Math.max(0, ...cells.map(({ count }) => count)) };
}

/** What was taken for something else, the most frequent first. */
export function topConfusions(cells: readonly Cell[], most: number): readonly Cell[] {
  return cells
    .filter(({ truth, predicted }) => truth !== predicted)
    .sort((a, b) => b.count - a.count || a.truth.localeCompare(b.truth, 'en'))
    .slice(0, most);
}

/** What a batch says of the target, in a sentence. */
export function batchSays({ state, done, total, failed, accuracy }: BatchProgress): string {
  const said =
    accuracy === undefined
      ? done === failed && done > 0
        ? 'No picture got an answer'
        : ''
      : `${(accuracy * 100).toFixed(1)} % right`;
  switch (state) {
    case 'running':
      return said === '' ? 'Asking' : `${said} so far`;
    case 'cancelled':
      return `${said === '' ? 'Cancelled' : `${said}, cancelled`} after ${done} of ${total}`;
    case 'failed':
      return 'The batch could not be run';
    case 'done':
      return said === '' ? 'No class is known by its folder' : said;
  }
}
