import type { TuningRange } from '../../aws/gateways/tuningJobs.js';
import { unquoted, type ValuedPoint } from './trialPoints.js';

/** Why the objectives of a search may not be comparable, and the figures that it rests on. */
export interface Incomparable {
  readonly parameter: string;
  /** By how much the objective grows when the parameter doubles: about 0.5 or about 2. */
  readonly factor: number;
  /** `batch-size 32: median 1.91 of 4 trials`, from the smallest to the largest; at most eight. */
  readonly evidence: readonly string[];
}

/** With fewer trials a coincidence would be told. */
const fewestTrials = 6;
/** How exactly the objective follows the batch size before something is said of it. */
const explained = 0.8;

/**
 * A sum over batches instead of a mean over samples halves (or doubles) whenever the batch size doubles, whatever the
 * model learnt: a search on it finds a batch size, not a model. Undefined where the objective does not follow the batch
 * size like that.
 */
export function incomparable(points: readonly ValuedPoint[], ranges: readonly TuningRange[]): Incomparable | undefined {
  for (const [index, range] of ranges.entries()) {
    if (!/batch|(^|_|-)bs$/i.test(unquoted(range.name))) continue;
    const pairs = points.flatMap(({ values, objective }) => {
      const size = Number(values[index]);
      return size > 0 && objective > 0 ? [{ size, objective }] : [];
    });
    if (pairs.length < fewestTrials || pairs.length < points.length) continue;
    const { slope, r2 } = logFit(pairs);
    if (r2 < explained || Math.abs(slope) < 0.7 || Math.abs(slope) > 1.3) continue;
    return { parameter: range.name, factor: 2 ** slope, evidence: medians(range.name, pairs) };
  }
  return undefined;
}

type Pair = { readonly size: number; readonly objective: number };

/** The straight line through the logarithms, by least squares. */
function logFit(pairs: readonly Pair[]): { readonly slope: number; readonly r2: number } {
  const xs = pairs.map(({ size }) => Math.log(size));
  const ys = pairs.map(({ objective }) => Math.log(objective));
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [mx, my] = [mean(xs), mean(ys)];
  const sum = (of: (x: number, y: number) => number) =>
    xs.reduce((total, x, index) => total + of(x - mx, ys[index]! - my), 0);
  const [xx, xy, yy] = [sum((x) => x * x), sum((x, y) => x * y), sum((_, y) => y * y)];
  return xx > 0 && yy > 0 ? { slope: xy / xx, r2: xy ** 2 / (xx * yy) } : { slope: 0, r2: 0 };
}

function medians(name: string, pairs: readonly Pair[]): string[] {
  const groups = new Map<number, number[]>();
  for (const { size, objective } of pairs) groups.set(size, [...(groups.get(size) ?? []), objective]);
  const lines = [...groups]
    .sort(([a], [b]) => a - b)
    .map(([size, group]) => {
      const sorted = group.toSorted((a, b) => a - b);
      const median = sorted[Math.floor(sorted.length / 2)]!;
      return `${name} ${size}: median ${Number(median.toPrecision(3))} of ${group.length} trials`;
    });
  return lines.length > 8 ? [...lines.slice(0, 4), ...lines.slice(-4)] : lines;
}
