import type { TuningRange } from '../../aws/gateways/tuningJobs.js';

type NumericRange = Exclude<TuningRange, { readonly kind: 'categorical' }>;
export type Scale = 'linear' | 'log' | 'reverse-log';

/** Ranges that SageMaker may scale as it likes (`Auto`) are shown by powers when they span so many times their minimum. */
const wide = 100;

/** How a range is searched and drawn. */
export function scaleOf({ min, max, scaling }: NumericRange): Scale {
  if (scaling === 'ReverseLogarithmic') return 'reverse-log';
  if (scaling === 'Logarithmic' || (scaling === 'Auto' && max / min >= wide)) return min > 0 ? 'log' : 'linear';
  return 'linear';
}

/** Where a value lies in its range, from 0 to 1, in the range's own scale. What is outside lies on the edge. */
export function unitOf(range: NumericRange, value: number): number {
  const to = transforms[scaleOf(range)];
  const [low, high] = [to(range.min), to(range.max)];
  return high > low ? Math.min(1, Math.max(0, (to(value) - low) / (high - low))) : 0;
}

/** ReverseLogarithmic is for values from 0 to 1 that matter close to 1 (contracts of the API: 0 <= min <= max < 1). */
const transforms: Record<Scale, (value: number) => number> = {
  linear: (value) => value,
  log: (value) => Math.log(Math.max(value, Number.MIN_VALUE)),
  'reverse-log': (value) => -Math.log(Math.max(1 - value, Number.MIN_VALUE)),
};
