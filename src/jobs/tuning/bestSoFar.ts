import { byObjective, isValued, type TrialPoint, type ValuedPoint } from './trialPoints.js';

/** The trials that were better than all before them, in the order of the search; the last one is the best. */
export function bestSoFar(points: readonly TrialPoint[], type: 'Minimize' | 'Maximize'): readonly ValuedPoint[] {
  const better = byObjective(type);
  const steps: ValuedPoint[] = [];
  for (const point of points.filter(isValued)) {
    const best = steps.at(-1);
    if (!best || better(point, best) < 0) steps.push(point);
  }
  return steps;
}

/** A larger spread than this is drawn on a logarithmic axis. */
const wide = 30;

/** Whether the objectives are to be drawn by their powers: all above zero, and far from each other. */
export function spansPowers(points: readonly TrialPoint[]): boolean {
  let [low, high] = [Infinity, -Infinity];
  for (const { objective } of points.filter(isValued)) {
    low = Math.min(low, objective);
    high = Math.max(high, objective);
  }
  return low > 0 && high / low > wide;
}
