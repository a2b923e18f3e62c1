import { describe, expect, test } from 'vitest';
import type { Trial, TuningRange } from '../../../src/aws/gateways/tuningJobs.js';
import { bestSoFar, spansPowers } from '../../../src/jobs/tuning/bestSoFar.js';
import { incomparable } from '../../../src/jobs/tuning/comparable.js';
import { bestTrialsSay, curveSays, importanceSays } from '../../../src/jobs/tuning/says.js';
import { scaleOf, unitOf } from '../../../src/jobs/tuning/scale.js';
import { trialPoints } from '../../../src/jobs/tuning/trialPoints.js';
import { valued } from './tuningTrials.js';

const ranges: TuningRange[] = [
  { kind: 'continuous', name: 'lr', min: 1e-4, max: 1e-1, scaling: 'Logarithmic' },
  { kind: 'categorical', name: 'batch-size', values: ['"16"', '"32"', '"64"', '"128"'] },
];
const values = (objectives: readonly number[]) => objectives.map((value, index) => valued(index + 1, value, []));

describe('trials', () => {
  const now = new Date('2026-11-28T12:00:00Z');
  const trial = (name: string, more: Partial<Trial> = {}): Trial => ({
    ...{ name, arn: '', state: 'Completed', created: new Date('2026-11-28T11:00:00Z'), failure: undefined },
    ...{ started: new Date('2026-11-28T11:58:00Z'), ended: undefined, objective: 0.5 },
    hyperparameters: { lr: '0.01', 'batch-size': '"32"' },
    ...more,
  });

  test('are in the order of their numbers, their categories without the quotes of the Python SDK', () => {
    const points = trialPoints([trial('s-010-0123abcd'), trial('s-002-0123abcd')], ranges, now);
    expect(points.map(({ number }) => number)).toEqual([2, 10]);
    expect(points[0]).toMatchObject({ values: [0.01, '32'], seconds: 120 });
  });

  test('that are named otherwise are counted as they were created', () => {
    const early = new Date('2026-11-28T10:00:00Z');
    const points = trialPoints([trial('later'), trial('first', { created: early })], ranges, now);
    expect(points.map(({ number, name }) => [number, name])).toEqual([
      [1, 'first'],
      [2, 'later'],
    ]);
  });

  test('without a value, with NaN, without a parameter or a start are no reason to fail', () => {
    const [none, nan] = trialPoints(
      [
        trial('s-001-0123abcd', { objective: undefined, started: undefined, hyperparameters: { lr: 'x' } }),
        trial('s-002-0123abcd', { objective: NaN }),
      ],
      ranges,
      now,
    );
    expect(none).toMatchObject({ objective: undefined, seconds: undefined, values: [undefined, undefined] });
    expect(nan!.objective).toBeUndefined();
  });
});

test('a range is drawn as it is searched; Auto by powers where it is wide', () => {
  const range = (min: number, max: number, scaling: string) =>
    ({ kind: 'continuous', name: 'x', min, max, scaling }) as const;
  expect(scaleOf(range(1e-4, 1e-1, 'Auto'))).toBe('log');
  expect(scaleOf(range(1, 64, 'Auto'))).toBe('linear');
  expect(scaleOf(range(0, 1, 'Logarithmic'))).toBe('linear');
  expect(unitOf(range(1e-4, 1e-1, 'Logarithmic'), 1e-2)).toBeCloseTo(2 / 3);
  expect(unitOf(range(0.9, 0.999, 'ReverseLogarithmic'), 0.99)).toBeCloseTo(0.5);
  expect(unitOf(range(0, 10, 'Linear'), 12)).toBe(1);
});

describe('best so far', () => {
  test('are the trials that were better than all before, by the direction of the objective', () => {
    const points = values([3, 4, 2, 2, 1]);
    expect(bestSoFar(points, 'Minimize').map(({ number }) => number)).toEqual([1, 3, 5]);
    expect(bestSoFar(points, 'Maximize').map(({ number }) => number)).toEqual([1, 2]);
    const failed = { ...points[4]!, objective: undefined, state: 'Failed' as const };
    expect(bestSoFar([...points.slice(0, 4), failed], 'Minimize').at(-1)?.number).toBe(3);
  });

  test('is drawn by powers only where all values are above zero and far apart', () => {
    expect(spansPowers(values([0.1, 5]))).toBe(true);
    expect(spansPowers(values([0.1, 1]))).toBe(false);
    expect(spansPowers(values([-1, 50]))).toBe(false);
    expect(spansPowers([])).toBe(false);
  });

  test.each([
    [[], 'No trial has a value yet'],
    [[1], 'One value so far'],
    [[5, 4, 3, 2, 1, 0.5], 'Still gaining: 2.5 in the last 3 trials'],
    [[5, 1, 1.5, 1.4, 0.9, 0.95], 'Gains are getting small: 0.1 in the last 3 trials'],
    [[5, 1, 2, 3, 4, 5, 6], 'No gain in the last 5 trials'],
  ])('%j says: %s', (objectives, words) => {
    expect(curveSays(values(objectives), 'Minimize')).toBe(words);
  });
});

test('importance is said from the most to the least', () => {
  const shares = (...all: number[]) => all.map((share, index) => ({ name: 'abc'[index]!, share }));
  expect(importanceSays(shares(0.7, 0.27, 0.03))).toBe('a decides; c hardly matters');
  expect(importanceSays(shares(0.5, 0.4, 0.1))).toBe('a and b matter most');
  expect(importanceSays(shares(1))).toBe('a is the only parameter');
});

test('where the best trials lie is said of what is narrower than the search', () => {
  const points = Array.from({ length: 12 }, (_, index) =>
    valued(index + 1, index, [10 ** (-2 - index * 0.05), index < 6 ? '32' : '64']),
  );
  expect(bestTrialsSay(points, ranges, 'Minimize')).toBe('The best 3 trials have lr 0.00794 to 0.01, batch-size 32');
  expect(bestTrialsSay(points.slice(0, 5), ranges, 'Minimize')).toBe('Every trial, parameter by parameter');
  const spread = points.map((point, index) => ({
    ...point,
    values: [[1e-4, 1e-1, 1e-2][index % 3], ['16', '32', '128'][index % 3]],
  }));
  expect(bestTrialsSay(spread, ranges, 'Minimize')).toBe('The best 3 trials are spread over all ranges');
});

describe('an objective that cannot be compared', () => {
  const batches = [16, 32, 64, 128];
  /** Mean loss of a trial: what it learnt, of which the batch size is the smallest part. */
  const mean = (index: number) => 0.5 + 0.3 * Math.sin(index * 7);
  const search = (objective: (mean: number, batch: number) => number, count = 12) =>
    Array.from({ length: count }, (_, index) => {
      const batch = batches[index % 4]!;
      return valued(index + 1, objective(mean(index), batch), [0.01, String(batch)]);
    });

  test('a sum over batches follows the batch size; the medians are the evidence', () => {
    const found = incomparable(
      search((_, batch) => (1000 / batch) * (1 + 0.05 * Math.sin(batch))),
      ranges,
    );
    expect(found).toMatchObject({ parameter: 'batch-size' });
    expect(found!.factor).toBeCloseTo(0.5, 1);
    expect(found!.evidence).toHaveLength(4);
    expect(found!.evidence[0]).toMatch(/^batch-size 16: median 6\d(\.\d)? of 3 trials$/);
    expect(
      incomparable(
        search((loss, batch) => loss * batch ** 1.05 * 0.01 + batch),
        ranges,
      )?.factor,
    ).toBeCloseTo(2, 0);
  });

  test('a mean does not, nor do few trials, other parameters, or values around zero', () => {
    expect(
      incomparable(
        search((loss) => loss),
        ranges,
      ),
    ).toBeUndefined();
    const sum = (_: number, batch: number) => 1000 / batch;
    expect(incomparable(search(sum, 5), ranges)).toBeUndefined();
    expect(incomparable(search(sum), [ranges[0]!, { ...ranges[1]!, name: 'width' }])).toBeUndefined();
    expect(
      incomparable(
        search((_, batch) => 1000 / batch - 20),
        ranges,
      ),
    ).toBeUndefined();
  });
});
