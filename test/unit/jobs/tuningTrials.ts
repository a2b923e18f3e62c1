import type { ValuedPoint } from '../../../src/jobs/tuning/trialPoints.js';

/** A finished trial with these values, in the order of the ranges. */
export function valued(number: number, objective: number, values: readonly (number | string | undefined)[]) {
  const name = `search-${String(number).padStart(3, '0')}-0123abcd`;
  const point: ValuedPoint = { number, name, state: 'Completed', objective, values, seconds: 60, failure: undefined };
  return point;
}
