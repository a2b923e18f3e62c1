import { expect, test } from 'vitest';
import type { Trial, TuningJobDetail } from '../../../src/aws/gateways/tuningJobs.js';
import { asTrainingJob, type ResourceOf } from '../../../src/inventory/resource.js';
import { trainingJobRow } from '../../../src/ui/tree/rows.js';
import { shortTrial, trialLabel, trialRow, tuningJobOf, tuningJobRow } from '../../../src/ui/tree/tuningRows.js';
import { tunedValue } from '../../../src/ui/words.js';

const now = new Date('2026-11-22T12:00:00Z');
const before = (minutes: number) => new Date(now.getTime() - minutes * 60_000);
const trial: Trial = {
  name: 'tune-1-003-0123abcd',
  arn: 'arn:trial',
  state: 'Completed',
  created: before(10),
  started: before(9),
  ended: before(8),
  hyperparameters: { 'learning-rate': '0.010123456', 'batch-size': '"64"' },
  objective: 0.0123,
  failure: undefined,
};
const job: ResourceOf<'tuning-job'> = {
  kind: 'tuning-job',
  name: 'tune-1',
  arn: 'arn:tune',
  state: 'InProgress',
  strategy: 'Bayesian',
  created: before(41),
  modified: before(1),
  ended: undefined,
  trials: { completed: 2, inProgress: 2, failed: 1, stopped: 0 },
  maxJobs: 12,
  maxParallelJobs: 2,
};
const detail = {
  instance: { type: 'ml.m5.xlarge', count: 1 },
  objective: { metric: 'valid_loss', type: 'Minimize' },
  best: trial,
  failure: undefined,
} as unknown as TuningJobDetail;

test('a running tuning job says how far it is, the best so far, and what its running trials cost', () => {
  const row = tuningJobRow(job, detail, undefined, now);
  expect(row.description).toBe('3 of 12 trials · best valid_loss 0.012 · 1 failed · $0.46/h · 41 min');
  expect(row.capabilities).toEqual(expect.arrayContaining(['stoppableTuning', 'hasBest']));
  expect(tuningJobRow({ ...job, state: 'Stopping' }, detail, undefined, now)).toMatchObject({ color: 'running' });
  expect(tuningJobRow({ ...job, state: 'Stopping' }, detail, undefined, now).capabilities).not.toContain(
    'stoppableTuning',
  );
});

test('before Describe has answered it says what List knows; without a finished trial there is no best', () => {
  const none = { completed: 0, inProgress: 1, failed: 0, stopped: 0 };
  const row = tuningJobRow({ ...job, trials: none, maxJobs: undefined }, undefined, undefined, now);
  expect(row.description).toBe('0 of ? trials · 41 min');
  expect(row.capabilities).not.toContain('hasBest');
});

test('one that has ended says how: its best, or why there is none', () => {
  const ended = { ...job, ended: before(20), trials: { ...job.trials, inProgress: 0 } };
  const done = tuningJobRow({ ...ended, state: 'Completed' }, detail, undefined, now);
  expect(done).toMatchObject({
    description: '3 trials · best valid_loss 0.012 · 1 failed · 21 min · 20 min ago',
    color: 'passed',
  });
  const failure = 'No training job succeeded after 5 attempts';
  const failed = tuningJobRow({ ...ended, state: 'Failed' }, { ...detail, best: undefined, failure }, undefined, now);
  expect(failed.description).toMatch(/^No training job succeeded after 5 attempts · 3 trials/);
  expect(tuningJobRow({ ...ended, state: 'Stopped' }, undefined, undefined, now).description).toMatch(/^stopped · 3/);
});

test('a trial says its objective and its values; the best one has a star, and words for those who do not see it', () => {
  const row = trialRow(asTrainingJob(trial), detail, undefined, now);
  expect(row).toMatchObject({
    description: 'best 0.012 · learning-rate=0.0101 batch-size=64',
    icon: 'star-full',
    color: 'passed',
  });
  expect(row.capabilities).toEqual(expect.arrayContaining(['watchable', 'hasLog', 'deployable']));
  const other = asTrainingJob({ ...trial, arn: 'arn:other', objective: undefined });
  expect(trialRow(other, detail, undefined, now)).toMatchObject({
    description: 'learning-rate=0.0101 batch-size=64 · no objective',
    icon: 'pass',
  });
});

test('a running trial says for how long, a failed one why; both have no value yet', () => {
  const running = asTrainingJob({ ...trial, arn: 'a', state: 'InProgress', ended: undefined, objective: undefined });
  expect(trialRow(running, detail, undefined, now).description).toBe('learning-rate=0.0101 batch-size=64 · 9 min');
  expect(trialRow(running, detail, undefined, now).capabilities).toContain('stoppable');
  const failure = 'AlgorithmError: this corner crashes\nTraceback';
  const failed = asTrainingJob({ ...trial, arn: 'b', state: 'Failed', objective: undefined, failure });
  expect(trialRow(failed, detail, undefined, now).description).toMatch(/ · AlgorithmError: this corner crashes$/);
});

test('a training job is called a trial where a tuning job is known that names its trials so', () => {
  const inventory = { find: (_kind: string, name: string) => (name === 'tune-1' ? job : undefined) };
  const of = (name: string) => tuningJobOf(name, inventory as Parameters<typeof tuningJobOf>[1]);
  expect(of('tune-1-003-0123abcd')).toBe('tune-1');
  expect(of('tune-2-003-0123abcd')).toBeUndefined();
  expect(of('tune-1-003')).toBeUndefined();
  const { trial: _trial, ...listed } = asTrainingJob(trial);
  expect(trainingJobRow(listed, undefined, undefined, now, 'tune-1').description).toMatch(/ · trial of tune-1$/);
  expect(trialLabel('tune-1-003-0123abcd', 'tune-1')).toBe('003-0123abcd');
});

test('in a list of training jobs trials begin with what tells them apart', () => {
  const inventory = (known: boolean) =>
    ({ find: (_kind: string, name: string) => (known && name === 'tune-1' ? job : undefined) }) as Parameters<
      typeof tuningJobOf
    >[1];
  const siblings = ['tune-1-003-0123abcd', 'tune-1-004-4567cdef', 'tune-10-001-0123abcd', 'train-1'].map((name) => ({
    name,
  }));
  const of = (name: string, known = false) => shortTrial(name, siblings, inventory(known));
  expect(siblings.map(({ name }) => of(name))).toEqual([
    '…-003-0123abcd',
    '…-004-4567cdef',
    'tune-10-001-0123abcd',
    'train-1',
  ]);
  expect(shortTrial('tune-1-003-0123abcd', [], inventory(true)), 'the only one of its tuning job').toBe(
    '…-003-0123abcd',
  );
});

test('tuned values are as exact as they are useful', () => {
  expect(['0.010123456', '64', '"adam"', '1.5e-7', '', '"64"', 'a b'].map(tunedValue)).toEqual([
    '0.0101',
    '64',
    'adam',
    '1.5e-7',
    '',
    '64',
    'a b',
  ]);
});
