import type { Measurement } from './measurements.js';

/** The measurements of one period; `start` in milliseconds since 1970. */
export interface Bucket {
  readonly start: number;
  readonly measurements: readonly Measurement[];
}

/** Periods that hold measurements, in order of time. Periods are counted from `origin`, seconds long. */
export function buckets(measurements: readonly Measurement[], origin: number, periodSeconds: number): Bucket[] {
  const period = periodSeconds * 1000;
  const startOf = ({ timestamp }: Measurement) => origin + Math.floor((timestamp - origin) / period) * period;
  const byStart = groupBy(measurements, startOf);
  return [...byStart].map(([start, found]) => ({ start, measurements: found })).sort((a, b) => a.start - b.start);
}

export type Statistic = (bucket: Bucket) => number | undefined;

const simple: Readonly<Record<string, (measurements: readonly Measurement[]) => number>> = {
  SampleCount: (measurements) => total(measurements, 'count'),
  Sum: (measurements) => total(measurements, 'sum'),
  Average: (measurements) => total(measurements, 'sum') / total(measurements, 'count'),
  Minimum: (measurements) => measurements.reduce((least, { minimum }) => Math.min(least, minimum), Infinity),
  Maximum: (measurements) => measurements.reduce((most, { maximum }) => Math.max(most, maximum), -Infinity),
};

/** `Average`, `Sum`, `Minimum`, `Maximum`, `SampleCount` or `p0`…`p100` with decimals; undefined for other names. */
export function statistic(name: string): Statistic | undefined {
  const of = simple[name];
  if (of) return ({ measurements }) => of(measurements);
  const percent = /^p(\d{1,2}(?:\.\d+)?|100)$/.exec(name)?.[1];
  return percent === undefined ? undefined : ({ measurements }) => percentile(measurements, Number(percent));
}

/**
 * By nearest rank. Sets of statistics know no percentiles unless they hold one value, once or repeated (CloudWatch User
 * Guide, "Percentiles"): a period with any other set has none. CloudWatch itself estimates from logarithmic bins.
 */
function percentile(measurements: readonly Measurement[], percent: number): number | undefined {
  if (measurements.some(({ minimum, maximum, count }) => minimum !== maximum && count !== 1)) return undefined;
  const ordered = [...measurements].sort((a, b) => a.minimum - b.minimum);
  const rank = Math.max(1, Math.ceil((percent / 100) * total(ordered, 'count')));
  let seen = 0;
  return ordered.find(({ count }) => (seen += count) >= rank)?.minimum;
}

function total(measurements: readonly Measurement[], member: 'sum' | 'count'): number {
  return measurements.reduce((sum, measurement) => sum + measurement[member], 0);
}

export function groupBy<T, Key>(items: readonly T[], keyOf: (item: T) => Key): Map<Key, T[]> {
  const groups = new Map<Key, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return groups;
}
