import type { Trial, TuningJobDetail, TuningRange } from '../../src/aws/gateways/tuningJobs.js';
import { importance } from '../../src/jobs/tuning/importance.js';
import { isValued, trialPoints } from '../../src/jobs/tuning/trialPoints.js';
import { tuningView } from '../../src/ui/panels/tuningView.js';
import { figure, median } from './figures.js';

const count = 1000;
const ranges: readonly TuningRange[] = Array.from({ length: 10 }, (_, index) => ({
  ...{ kind: 'continuous', name: `x${index}`, min: 1e-4, max: 1, scaling: index % 2 ? 'Linear' : 'Logarithmic' },
}));

/** What the host computes for each new view of a search of a thousand trials over ten parameters. */
export function cockpit(): void {
  const created = new Date('2026-11-28T10:00:00Z');
  const trials = Array.from({ length: count }, (_, index): Trial => {
    const values = ranges.map((_, at) => ((index * (at * 2 + 7919)) % 9973) / 9973 || 0.5);
    return {
      ...{ name: `search-${String(index + 1).padStart(3, '0')}-0123abcd`, arn: '', state: 'Completed', created },
      ...{ started: created, ended: created, failure: undefined },
      hyperparameters: Object.fromEntries(values.map((value, at) => [`x${at}`, String(value)])),
      objective: values.reduce((sum, value, at) => sum + value / (at + 1), 0),
    };
  });
  const points = trialPoints(trials, ranges, created).filter(isValued);
  figure(
    'importance, 1,000 trials × 10 parameters, ms',
    timed(() => importance(points, ranges, 'Minimize')),
    'budget',
    50,
  );
  const detail = {
    ...{ name: 'search', state: 'InProgress', strategy: 'Bayesian', created, ranges, metricDefinitions: [] },
    ...{ objective: { metric: 'loss', type: 'Minimize' }, instance: { type: 'ml.m5.xlarge', count: 1 } },
  } as unknown as TuningJobDetail;
  const whole = () => tuningView({ name: 'search', detail, trials, problem: undefined }, undefined, new Set(), created);
  figure('  the whole view of them, ms', timed(whole));
}

/** Milliseconds, the median of twenty. */
function timed(work: () => unknown): number {
  const times = Array.from({ length: 20 }, () => {
    const begun = performance.now();
    work();
    return performance.now() - begun;
  });
  return median(times);
}
