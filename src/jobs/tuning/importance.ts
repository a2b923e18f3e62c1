import type { TuningRange } from '../../aws/gateways/tuningJobs.js';
import { unitOf } from './scale.js';
import { byObjective, unquoted, type ValuedPoint } from './trialPoints.js';

/** How much of the objective's variance a parameter explains: all of a tuning job's together are 1. */
export interface Share {
  readonly name: string;
  readonly share: number;
}

/** With fewer trials there is nothing to estimate a density from. */
export const fewestTrials = 5;
/** What the best trials are: the paper's γ' as Optuna has it, and at least two. */
const quantile = 0.1;
const fewestBest = 2;
/** Cells of a numeric range. */
const cells = 50;

/**
 * PED-ANOVA (Watanabe, Bansal, Hutter: "PED-ANOVA: Efficiently Quantifying Hyperparameter Importance in Arbitrary
 * Subspaces", IJCAI 2023): a parameter is the more important the more the density of its values among the best trials
 * differs from that among all of them, by Pearson's divergence. Densities are Parzen estimators on a grid in the range's
 * own scale; their cost does not depend on the number of trials. Largest first. Undefined when there are too few trials,
 * or when all are as good as the best.
 */
export function importance(
  trials: readonly ValuedPoint[],
  ranges: readonly TuningRange[],
  type: 'Minimize' | 'Maximize',
): readonly Share[] | undefined {
  if (trials.length < fewestTrials) return undefined;
  const better = byObjective(type);
  const order = trials.toSorted(better);
  const last = order[Math.max(Math.ceil(quantile * order.length), fewestBest) - 1]!;
  const best = order.filter((trial) => better(trial, last) <= 0);
  const variances = ranges.map((range, index) => ({
    name: range.name,
    variance: divergence(density(range, index, best), density(range, index, order)),
  }));
  const total = variances.reduce((sum, { variance }) => sum + variance, 0);
  if (!(total > 0)) return undefined;
  return variances.map(({ name, variance }) => ({ name, share: variance / total })).sort((a, b) => b.share - a.share);
}

/** Pearson's: the expectation of (p/q - 1)² under q. */
function divergence(p: readonly number[], q: readonly number[]): number {
  return q.reduce((sum, each, index) => sum + each * (p[index]! / each - 1) ** 2, 0);
}

/** The probability of each cell of a range or of each category. None is 0. */
function density(range: TuningRange, index: number, trials: readonly ValuedPoint[]): number[] {
  const values = trials.flatMap(({ values }) => values[index] ?? []);
  if (range.kind === 'categorical') {
    const categories = range.values.map(unquoted);
    return kernels(categories.map((category) => values.filter((value) => value === category).length));
  }
  const size = range.kind === 'integer' ? Math.min(cells, range.max - range.min + 1) : cells;
  const counts = new Array<number>(size).fill(0);
  for (const value of values) counts[Math.round(unitOf(range, Number(value)) * (size - 1))]! += 1;
  return parzen(counts);
}

/**
 * A kernel on each category as often as it was met, which gives the others a part of its weight, and a uniform one as the
 * prior. How large that part is does not shrink with more trials, as Optuna has it.
 */
function kernels(counts: readonly number[]): number[] {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const part = 1 / (counts.filter((count) => count > 0).length + 1);
  const whole = 1 + counts.length * part;
  return counts.map((count) => (1 / counts.length + (count + part * total) / whole) / (total + 1));
}

/** A Gaussian kernel on each cell as often as it was met, cut at the grid's ends, and one wide kernel as the prior. */
function parzen(counts: readonly number[]): number[] {
  const size = counts.length;
  const total = counts.reduce((sum, count) => sum + count, 0);
  const mass = new Array<number>(size).fill(0);
  const add = (mean: number, below: (distance: number) => number, weight: number): void => {
    const inside = below(size - mean) - below(-mean);
    for (let cell = 0; cell < size; cell++)
      mass[cell]! += (weight * (below(cell + 1 - mean) - below(cell - mean))) / inside;
  };
  const middle = (size - 1) / 2;
  add(middle, (distance) => normal((distance - 0.5) / size), 1 / (total + 1));
  const deviation = bandwidth(counts, total);
  // All kernels have one width: a table of the distances saves nearly all of the time.
  const table = Array.from({ length: 2 * size + 1 }, (_, index) => normal((index - size - 0.5) / deviation));
  const below = (distance: number): number => table[distance + size]!;
  counts.forEach((count, cell) => count > 0 && add(cell, below, count / (total + 1)));
  return mass;
}

/** Scott's rule with the robust deviation; nine tenths of a kernel stay within a cell at least. */
function bandwidth(counts: readonly number[], total: number): number {
  const mean = counts.reduce((sum, count, cell) => sum + cell * count, 0) / total;
  const variance = counts.reduce((sum, count, cell) => sum + count * (cell - mean) ** 2, 0) / Math.max(1, total - 1);
  const spread = cellAt(counts, Math.floor((total * 3) / 4) + 1) - cellAt(counts, Math.floor(total / 4));
  const scott = 1.059 * Math.min(spread / 1.34, Math.sqrt(variance)) * total ** -0.2;
  return Math.max(scott, 0.5 / 1.64);
}

/** The cell in which the value of this rank (from 1) lies. */
function cellAt(counts: readonly number[], rank: number): number {
  let seen = 0;
  for (const [cell, count] of counts.entries()) {
    seen += count;
    if (count > 0 && seen >= rank) return cell;
  }
  return counts.findLastIndex((count) => count > 0);
}

/** The standard normal distribution, to 1e-7 (Abramowitz and Stegun 7.1.26 for the error function). */
function normal(x: number): number {
  const z = Math.abs(x) / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * z);
  const polynomial = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  const tail = (polynomial * Math.exp(-z * z)) / 2;
  return x > 0 ? 1 - tail : tail;
}
