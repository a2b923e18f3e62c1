import type { Point } from './series.js';

export interface ChartLine {
  readonly name: string;
  readonly points: readonly Point[];
}

/** One chart: metrics of one kind on one axis, and what they say in a sentence. */
export interface Chart {
  readonly title: string;
  readonly lines: readonly ChartLine[];
  /** `epoch`, or `value` where the log does not name epochs. */
  readonly x: 'epoch' | 'value';
  readonly logarithmic: boolean;
  /** The best point of the line that counts. */
  readonly mark: { readonly line: string; readonly x: number; readonly value: number } | undefined;
}

/** A larger spread than this is drawn on a logarithmic axis. */
const wide = 30;

/** Whether a larger value of such a metric is the better one; undefined for a name that does not tell. */
function largerIsBetter(name: string): boolean | undefined {
  if (/loss|error|rmse|mae|mse|perplexity|ppl/i.test(name)) return false;
  return /acc|f1|auc|precision|recall|score|map\b|bleu|rouge|r2/i.test(name) ? true : undefined;
}

/** The curves of a job: losses together, accuracies together, everything else by itself. Single values are no curves. */
export function chartsOf(series: readonly ChartLine[], byEpoch: boolean): Chart[] {
  const curves = series.filter(({ points }) => points.length > 1);
  const kinds = new Map<string, ChartLine[]>();
  for (const line of curves) {
    const better = largerIsBetter(line.name);
    const kind = better === undefined ? line.name : better ? 'accuracy' : 'loss';
    kinds.set(kind, [...(kinds.get(kind) ?? []), line]);
  }
  const order = (kind: string): number => (kind === 'accuracy' ? 0 : kind === 'loss' ? 1 : 2);
  return [...kinds]
    .sort(([a], [b]) => order(a) - order(b))
    .map(([, lines]) => chart(lines, byEpoch ? 'epoch' : 'value'));
}

function chart(lines: readonly ChartLine[], x: Chart['x']): Chart {
  const chief = lines.find(({ name }) => /val/i.test(name)) ?? lines[0]!;
  const better = largerIsBetter(chief.name);
  const best = better === undefined ? undefined : bestOf(chief.points, better);
  const values = lines.flatMap(({ points }) => points.map(({ value }) => value));
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return {
    title: best ? sentence(chief, best, better === true, x) : `${chief.name} by ${x}`,
    lines,
    x,
    logarithmic: low > 0 && high / low > wide,
    mark: best && { line: chief.name, ...best },
  };
}

function bestOf(points: readonly Point[], larger: boolean): Point {
  return points.reduce((best, point) =>
    (larger ? point.value > best.value : point.value < best.value) ? point : best,
  );
}

function sentence({ name, points }: ChartLine, best: Point, larger: boolean, x: Chart['x']): string {
  const what = `${name} is ${larger ? 'highest' : 'lowest'} at`;
  return best === points.at(-1) ? `${what} the last ${x}, ${best.x}` : `${what} ${x} ${best.x} of ${points.at(-1)?.x}`;
}
