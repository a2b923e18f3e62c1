import { expect, test } from 'vitest';
import type { Trial, TuningJobDetail } from '../../../src/aws/gateways/tuningJobs.js';
import type { Action } from '../../../src/ui/panels/tuning.protocol.js';
import { bestTrial, tuningView } from '../../../src/ui/panels/tuningView.js';

const start = Date.parse('2026-11-28T10:00:00Z');
const now = new Date(start + 3_600_000);
const detail: TuningJobDetail = {
  ...{ name: 'search', arn: 'arn:search', state: 'InProgress', strategy: 'Bayesian', image: undefined },
  ...{ created: new Date(start), modified: new Date(start), ended: undefined, best: undefined, failure: undefined },
  trials: { completed: 0, inProgress: 0, failed: 0, stopped: 0 },
  ...{ maxJobs: 12, maxParallelJobs: 2, earlyStopping: false, maxRuntime: undefined, roleArn: '', channels: {} },
  objective: { metric: 'loss', type: 'Minimize' },
  ranges: [
    { kind: 'continuous', name: 'lr', min: 1e-4, max: 1e-1, scaling: 'Logarithmic' },
    { kind: 'categorical', name: 'batch-size', values: ['"16"', '"32"'] },
  ],
  staticHyperparameters: {},
  metricDefinitions: [{ name: 'loss', regex: 'loss=([0-9.]+)' }],
  instance: { type: 'ml.m5.xlarge', count: 1 },
};
const trial = (number: number, objective: number | undefined, more: Partial<Trial> = {}): Trial => ({
  ...{ name: `search-${String(number).padStart(3, '0')}-0123abcd`, arn: '', state: 'Completed', objective },
  ...{ created: new Date(start), started: new Date(start), ended: new Date(start + 3_600_000), failure: undefined },
  hyperparameters: { lr: '0.01', 'batch-size': number % 2 ? '"16"' : '"32"' },
  ...more,
});
const all: ReadonlySet<Action> = new Set(['trainBest', 'deployBest', 'stop', 'showLog']);
const view = (trials: Trial[], more: Partial<TuningJobDetail> = {}) =>
  tuningView(
    { name: 'search', detail: { ...detail, ...more }, trials, problem: undefined },
    { region: 'eu-west-1', account: '123456789012' },
    all,
    now,
  );

test('before anything is known it looks for the job, and offers nothing', () => {
  const shown = tuningView({ name: 'search', detail: undefined, trials: [], problem: 'away' }, undefined, all, now);
  expect(shown).toMatchObject({ state: 'waiting', headline: 'Looking for the tuning job', problem: 'away' });
  expect(shown.actions).toEqual([]);
});

test('while it runs: the best so far and its parameters, how many of how many, what it costs', () => {
  const running = trial(3, undefined, { state: 'InProgress', ended: undefined });
  const failed = trial(4, undefined, { state: 'Failed', failure: 'loss is NaN' });
  const shown = view([trial(1, 0.5), trial(2, 0.25), running, failed]);
  expect(shown.headline).toBe('Best so far: loss 0.250, in trial 2');
  expect(shown.best?.values).toEqual([
    ['lr', 0.01],
    ['batch-size', '32'],
  ]);
  expect(shown.progress).toEqual({ ended: 3, running: 1, total: 12 });
  // Four hours of ml.m5.xlarge, of which the last one still runs.
  expect(shown.detail).toBe(
    '3 of 12 trials ended · 1 failed · 1 running · Bayesian search, minimises loss · about $0.92 on AWS (estimate)',
  );
  expect(shown.actions).toEqual(['trainBest', 'deployBest', 'stop', 'showLog']);
  expect(shown.trials[0]?.usd).toBeCloseTo(0.23);
  expect(shown.axes[1]).toEqual({ kind: 'categorical', name: 'batch-size', values: ['16', '32'] });
});

test('the direction of the objective decides what is best; one that was stopped may have no model', () => {
  const trials = [trial(1, 0.5), trial(2, 0.9, { state: 'Stopped' })];
  const objective = { metric: 'accuracy', type: 'Maximize' } as const;
  const shown = view(trials, { objective, state: 'Completed', ended: now });
  expect(shown.headline).toBe('Best: accuracy 0.900, in trial 2');
  expect(shown.actions).toEqual(['trainBest', 'showLog']);
  expect(bestTrial({ detail: { ...detail, objective }, trials })).toBe('search-002-0123abcd');
  expect(bestTrial({ detail, trials })).toBe('search-001-0123abcd');
});

test('a search that failed says why, in the words of the service, and what its trials died of', () => {
  const failed = (number: number) => trial(number, undefined, { state: 'Failed', failure: 'No module named x\nmore' });
  const failure = 'No training job succeeded after 5 attempts.';
  const shown = view([1, 2, 3, 4, 5].map(failed), { state: 'Failed', ended: now, failure });
  expect(shown).toMatchObject({ state: 'failed', headline: failure });
  expect(shown.warning).toMatchObject({
    title: 'Every trial that has ended has failed',
    evidence: ['No module named x'],
  });
  expect(shown.actions).toEqual(['showLog']);
});

test('trials without a value point at the regex', () => {
  const shown = view([trial(1, undefined), trial(2, NaN)]);
  expect(shown.headline).toBe('No trial has a value yet');
  expect(shown.warning).toMatchObject({
    title: '2 trials have completed, none reported loss',
    evidence: ['loss = loss=([0-9.]+)'],
  });
});

test('an objective that halves with the batch size is warned of', () => {
  const trials = [1, 2, 3, 4, 5, 6].map((number) => trial(number, number % 2 ? 2 : 1.01));
  expect(view(trials).warning).toMatchObject({ title: 'loss halves whenever batch-size doubles' });
});

test('importance says how little it rests on', () => {
  const few = view([trial(1, 0.5), trial(2, 0.25)]).importance;
  expect(few).toEqual({ title: 'Importance', note: 'Needs 5 trials with a value; there are 2.', shares: [] });
  const some = (count: number) =>
    Array.from({ length: count }, (_, index) =>
      trial(index + 1, ((index * 7) % 10) + index / 100, {
        hyperparameters: { lr: String(10 ** (-4 + ((index * 7) % 10) / 4)), 'batch-size': index % 2 ? '"16"' : '"32"' },
      }),
    );
  expect(view(some(20)).importance.title).toBe('First guess: lr decides');
  expect(view(some(60)).importance).toMatchObject({ title: 'lr decides', note: 'Share of the variance, PED-ANOVA' });
});
