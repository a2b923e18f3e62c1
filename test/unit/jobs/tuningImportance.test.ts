import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { TuningRange } from '../../../src/aws/gateways/tuningJobs.js';
import { importance } from '../../../src/jobs/tuning/importance.js';
import { valued } from './tuningTrials.js';

const ranges: TuningRange[] = [
  { kind: 'continuous', name: 'lr', min: 1e-5, max: 1e-1, scaling: 'Logarithmic' },
  { kind: 'continuous', name: 'momentum', min: 0.5, max: 1, scaling: 'Linear' },
  { kind: 'integer', name: 'layers', min: 1, max: 8, scaling: 'Linear' },
  { kind: 'categorical', name: 'batch', values: ['"16"', '"32"', '"64"'] },
];

interface Study {
  readonly direction: 'minimize' | 'maximize';
  readonly trials: readonly { readonly values: Record<string, number | string>; readonly objective: number }[];
  readonly shares: Readonly<Record<string, number>>;
}
const { studies } = JSON.parse(
  readFileSync(path.resolve(import.meta.dirname, '../../fixtures/pedAnova/studies.json'), 'utf8'),
) as { readonly studies: readonly Study[] };

const pointsOf = ({ trials }: Study) =>
  trials.map(({ values, objective }, index) =>
    valued(
      index + 1,
      objective,
      ranges.map(({ name }) => values[name]),
    ),
  );

test.each(studies.map((study) => [`${study.trials.length} trials, ${study.direction}`, study] as const))(
  'shares are those of Optuna within 1e-5: %s',
  (_, study) => {
    const shares = importance(pointsOf(study), ranges, study.direction === 'minimize' ? 'Minimize' : 'Maximize')!;
    for (const { name, share } of shares) expect(Math.abs(share - study.shares[name]!), name).toBeLessThan(1e-5);
    expect(shares.map(({ name }) => name)).toEqual(Object.keys(study.shares));
  },
);

test('of too few trials, or of equally good ones, nothing is said', () => {
  const points = pointsOf(studies[0]!);
  expect(importance(points.slice(0, 4), ranges, 'Minimize')).toBeUndefined();
  expect(
    importance(
      points.map((point) => ({ ...point, objective: 1 })),
      ranges,
      'Minimize',
    ),
  ).toBeUndefined();
});

test('a parameter that a trial does not tell, or with one value only, is no reason to fail', () => {
  const points = pointsOf(studies[0]!).map((point, index) =>
    index % 3 === 0 ? { ...point, values: [point.values[0], undefined, point.values[2], point.values[3]] } : point,
  );
  const fixed: TuningRange[] = [...ranges.slice(0, 2), { ...ranges[2], max: 1 } as TuningRange, ranges[3]!];
  const shares = importance(points, fixed, 'Minimize')!;
  expect(shares.find(({ name }) => name === 'layers')!.share).toBeCloseTo(0);
  expect(shares.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1);
});
