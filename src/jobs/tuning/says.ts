import type { TuningRange } from '../../aws/gateways/tuningJobs.js';
import { bestSoFar } from './bestSoFar.js';
import type { Share } from './importance.js';
import { unitOf } from './scale.js';
import { byObjective, isValued, type TrialPoint, unquoted } from './trialPoints.js';

/** A number as a title has it: 0.00231, 64, 1.2e-7. */
const short = (value: number): string => String(Number(value.toPrecision(3)));

/** What the curve of the best value so far says. */
export function curveSays(points: readonly TrialPoint[], type: 'Minimize' | 'Maximize'): string {
  const valued = points.filter(isValued);
  const steps = bestSoFar(points, type);
  const [first, last] = [steps[0], steps.at(-1)];
  if (!first || !last) return 'No trial has a value yet';
  if (valued.length < 3) return `${valued.length === 1 ? 'One value' : 'Two values'} so far`;
  const after = valued.length - 1 - valued.indexOf(last);
  if (after >= Math.max(4, valued.length / 3)) return `No gain in the last ${after} trials`;
  const half = Math.ceil(valued.length / 2);
  const before = steps.findLast((step) => valued.indexOf(step) < valued.length - half) ?? first;
  const gained = Math.abs(last.objective - before.objective);
  const total = Math.abs(last.objective - first.objective);
  if (total === 0) return `No trial is better than the first of ${valued.length}`;
  if (gained < 0.1 * total) return `Gains are getting small: ${short(gained)} in the last ${half} trials`;
  return `Still gaining: ${short(gained)} in the last ${half} trials`;
}

/** Which parameters matter, from the most to the least important one. */
export function importanceSays(shares: readonly Share[]): string {
  const [first, second] = shares;
  const last = shares.at(-1);
  if (!first || !second || !last) return first ? `${first.name} is the only parameter` : 'Nothing was searched';
  const least = last.share < 0.05 && shares.length > 2 ? `; ${last.name} hardly matters` : '';
  if (first.share > 2 * second.share) return `${first.name} decides${least}`;
  return `${first.name} and ${second.name} matter most${shares.length > 2 ? least : ''}`;
}

/** Of fewer trials the best ones are a handful of chances. */
const fewest = 8;

/** Where the best tenth of the trials, three at least, lies: only what is narrower than the search itself. */
export function bestTrialsSay(
  points: readonly TrialPoint[],
  ranges: readonly TuningRange[],
  type: 'Minimize' | 'Maximize',
): string {
  const valued = points.filter(isValued).sort(byObjective(type));
  if (valued.length < fewest) return 'Every trial, parameter by parameter';
  const best = valued.slice(0, Math.max(3, Math.ceil(valued.length / 10)));
  const where = ranges.flatMap((range, index) => {
    const values = best.flatMap(({ values }) => values[index] ?? []);
    const text = range.kind === 'categorical' ? categories(range.values, values) : narrow(range, values);
    return text === undefined ? [] : [`${range.name} ${text}`];
  });
  return where.length === 0
    ? `The best ${best.length} trials are spread over all ranges`
    : `The best ${best.length} trials have ${where.slice(0, 3).join(', ')}`;
}

function categories(all: readonly string[], values: readonly (number | string)[]): string | undefined {
  const met = all.map(unquoted).filter((category) => values.includes(category));
  return met.length > 0 && met.length <= all.length / 2 ? met.join(' or ') : undefined;
}

/** More than this part of a range says nothing. */
const part = 0.4;

function narrow(range: Exclude<TuningRange, { kind: 'categorical' }>, values: readonly (number | string)[]) {
  const numbers = values.map(Number);
  const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
  if (numbers.length === 0 || unitOf(range, high) - unitOf(range, low) > part) return undefined;
  return low === high ? short(low) : `${short(low)} to ${short(high)}`;
}
