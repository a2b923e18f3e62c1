import { describe, expect, test } from 'vitest';
import { readProject } from '../../../src/project/read.js';
import { combinations, trialsOf } from '../../../src/project/tuningFaults.js';

const tune = {
  kind: 'tuning',
  script: 'train.py',
  channels: { training: 's3://bucket/data/' },
  instance: { type: 'ml.m5.xlarge' },
  maxJobs: 6,
  maxParallelJobs: 2,
  objective: { metric: 'valid_loss', type: 'Minimize' },
  metrics: { valid_loss: 'valid_loss=([0-9.e-]+)' },
  hyperparameters: { epochs: 3 },
  ranges: {
    'learning-rate': { min: 1e-4, max: 0.1, scaling: 'Logarithmic' },
    layers: { min: 1, max: 4, type: 'integer' },
    'batch-size': [16, '32', 64],
  },
};
const best = {
  kind: 'training',
  script: 'train.py',
  channels: { training: 's3://bucket/data/' },
  instance: { type: 'ml.m5.xlarge' },
  hyperparameters: { from: 'jobs.tune', epochs: 20 },
};
const endpoint = { model: { from: 'jobs.tune' }, inference: 'inference.py', instance: { type: 'ml.m5.large' } };

const read = (changes: object = {}, jobs: object = { best }, endpoints: object = { breeds: endpoint }) =>
  readProject(JSON.stringify({ jobs: { tune: { ...tune, ...changes }, ...jobs }, endpoints }, null, 1));

/** What is said about a change of the tuning job, as `path message`; no project is made of it. */
const said = (changes: object, jobs?: object): string[] => {
  const { project, diagnostics } = read(changes, jobs);
  expect(project === undefined).toBe(diagnostics.some(({ severity }) => severity === 'error'));
  return diagnostics.map(({ path, message }) => `${path.slice(2).join('.')}: ${message}`);
};

describe('a tuning job in a project file', () => {
  test('is read with its defaults, and named by a training job and an endpoint', () => {
    const { project, diagnostics } = read();
    expect(diagnostics).toEqual([]);
    expect(project?.jobs['tune']).toMatchObject({
      strategy: 'Bayesian',
      earlyStopping: 'Off',
      maxRuntime: 86_400,
      ranges: {
        'learning-rate': { min: 1e-4, max: 0.1, scaling: 'Logarithmic', type: 'continuous' },
        layers: { scaling: 'Auto', type: 'integer' },
        'batch-size': [16, '32', 64],
      },
    });
    expect(project?.endpoints['breeds']?.model).toEqual({ from: 'jobs.tune' });
  });

  const range = (value: unknown) => ({ ranges: { x: value } });
  test.each([
    [range({ min: 2, max: 1 }), 'ranges.x.min: The range is empty: min 2 must be less than max 1.'],
    [range({ min: 1, max: 1 }), 'ranges.x.min: The range is empty: min 1 must be less than max 1.'],
    [
      range({ min: 0, max: 1, scaling: 'Logarithmic' }),
      'ranges.x.scaling: A logarithmic scale begins above 0: 0 is not on it.',
    ],
    [
      range({ min: 0, max: 1, scaling: 'ReverseLogarithmic' }),
      'ranges.x.scaling: A reverse logarithmic scale lies within 0 <= x < 1: 0 to 1 does not.',
    ],
    [
      range({ min: 0, max: 9, scaling: 'ReverseLogarithmic', type: 'integer' }),
      'ranges.x.scaling: Only continuous ranges can have a reverse logarithmic scale.',
    ],
    [
      range({ min: 0.5, max: 9, type: 'integer' }),
      'ranges.x.min: 0.5 is no whole number, and the range is one of integers.',
    ],
    [range([]), 'ranges.x: A list of values to try has at least one.'],
    [
      range(Array.from({ length: 31 }, (_, value) => value)),
      'ranges.x: A list of values to try has at most 30, not 31.',
    ],
    [range([16, '16']), 'ranges.x: The value 16 is there more than once.'],
    [range(['a'.repeat(255), 'b']), 'ranges.x: A value to try has at most 256 characters.'],
    [{ ranges: {} }, 'ranges: There is nothing to search: name at least one range.'],
    [
      { ranges: Object.fromEntries(Array.from({ length: 31 }, (_, index) => [`x${index}`, ['a', 'b']])) },
      'ranges: At most 30 hyperparameters can be searched.',
    ],
    [
      { hyperparameters: { layers: 3 } },
      'hyperparameters.layers: layers is searched: it cannot have one value as well.',
    ],
    [
      { objective: { metric: 'valid_los', type: 'Minimize' } },
      'objective.metric: There is no "valid_los" among the metrics of this job.',
    ],
    [{ maxParallelJobs: 7 }, 'maxParallelJobs: 7 trials at a time are more than the 6 that there are in all.'],
    [{ maxJobs: undefined }, ': The key "maxJobs" is missing: Bayesian search has no end of its own.'],
    [{ ranges: { x: [1, 2, 3, 4] } }, 'maxJobs: 6 trials are more than the 4 combinations that the ranges have.'],
    [{ maxJobs: 751 }, 'maxJobs: Bayesian search has at most 750 trials, not 751.'],
    [
      { strategy: 'Grid', ranges: { x: [1, 2, 3, 4], y: ['a', 'b'] } },
      'maxJobs: Grid search tries all 8 combinations: leave maxJobs out, or make it 8.',
    ],
    [
      { strategy: 'Grid', ...range({ min: 1, max: 6, type: 'integer' }) },
      'ranges.x: Grid search takes lists of values only: write the numbers to try as a list.',
    ],
    [{ strategy: 'Hyperband' }, 'strategy: A strategy is "Bayesian", "Random" or "Grid".'],
    [{ maxTuningRuntime: 60 }, 'maxTuningRuntime: A search has at least 120 seconds.'],
    [
      { hyperparameters: { from: 'jobs.other' } },
      'hyperparameters.from: A tuning job cannot take its hyperparameters from another one.',
    ],
  ])('is refused with what is wrong, and where: %j', (changes, expected) => {
    expect(said(changes)).toContain(expected);
  });

  test('says one thing once: what a wrong range holds is not counted', () => {
    expect(said({ ranges: { x: { min: 4, max: 1, type: 'integer' } } })).toHaveLength(1);
  });

  test('proposes the metric that is nearest to a misspelt objective', () => {
    const [finding] = read({ objective: { metric: 'valid_los', type: 'Minimize' } }).diagnostics;
    expect(finding?.fixes.map(({ replacement }) => replacement)).toEqual(['"valid_loss"']);
  });

  test('a grid needs no number of trials: it has as many as combinations', () => {
    const { project } = read({ strategy: 'Grid', maxJobs: undefined, ranges: { x: [1, 2, 3], y: ['a', 'b'] } });
    const job = project?.jobs['tune'];
    expect(job?.kind === 'tuning' && trialsOf(job)).toBe(6);
  });

  test('hyperparameters come from a tuning job of this file alone', () => {
    const from = (name: string) => ({ best: { ...best, hyperparameters: { from: name } } });
    expect(said({}, from('jobs.tuen'))).toEqual(['hyperparameters.from: There is no "jobs.tuen" in this file.']);
    expect(said({}, from('jobs.best'))).toEqual([
      'hyperparameters.from: "jobs.best" is no tuning job, so it has no best trial.',
    ]);
    // The script may have a --from of its own.
    expect(said({}, from('scratch'))).toEqual([]);
  });
});

test('combinations are counted over lists and integers, and are without end as soon as one range is continuous', () => {
  const integers = { min: 3, max: 5, scaling: 'Auto', type: 'integer' } as const;
  expect(combinations({ a: ['x', 'y'], b: integers })).toBe(6);
  expect(combinations({ a: ['x', 'y'], b: { ...integers, type: 'continuous' } })).toBe(Infinity);
});
