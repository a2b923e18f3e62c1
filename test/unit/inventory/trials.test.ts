import { expect, test } from 'vitest';
import type { TrainingJobSummary } from '../../../src/aws/gateways/trainingJobs.js';
import { job, trial, tuningJob, watchedCloud } from '../../support/watchedCloud.js';

const hour = 3_600_000;

/** A window whose category of tuning jobs is open, on a cloud with one that is called `tune`. */
async function window(
  state: 'InProgress' | 'Completed',
  trials: Parameters<typeof trial>[],
  jobs: TrainingJobSummary[] = [],
) {
  const watched = watchedCloud(jobs);
  const { clock, inventory, tuning } = watched;
  tuning.jobs.push(tuningJob('tune', state));
  tuning.trials['tune'] = trials.map((one) => trial(...one));
  inventory.watch('tuning-job');
  await clock.advance(1000);
  const shown = () => inventory.trials({ name: 'tune', arn: 'arn:tune' });
  return { ...watched, shown };
}

test('trials are read when somebody opens their tuning job, and not before', async () => {
  const { calls, clock, inventory, shown } = await window('InProgress', [[1, 'Completed', 0.5]]);
  expect(inventory.find('tuning-job', 'tune')?.trials.inProgress).toBe(1);
  await clock.advance(hour);
  expect(calls.trials).toEqual([]);
  shown().watch(true);
  await clock.advance(1000);
  expect(shown()).toMatchObject({ status: 'read', more: false });
  expect(shown().items).toMatchObject([
    {
      kind: 'training-job',
      name: 'tune-001-0123abcd',
      trial: { objective: 0.5, hyperparameters: { 'learning-rate': '0.01' } },
    },
  ]);
});

test('while the job moves they are read every 30 s, also when no trial runs; once it rests, one time more', async () => {
  const { calls, clock, shown, tuning } = await window('InProgress', [[1, 'Completed', 0.5]]);
  const watch = shown().watch(true);
  await clock.advance(10 * 60_000 - 2000);
  expect(calls.trials).toHaveLength(20);
  tuning.jobs[0] = { ...tuning.jobs[0]!, state: 'Completed' };
  tuning.trials['tune']!.push(trial(0, 'Completed', 0.25));
  await clock.advance(60_000);
  expect(shown().items.map((one) => one.trial?.objective)).toEqual([0.25, 0.5]);
  const after = calls.trials.length;
  await clock.advance(hour);
  expect(calls.trials.length, 'what has ended does not change').toBe(after);
  watch.dispose();
});

test('nothing is read for one that is closed, and little for one that is hidden', async () => {
  const { calls, clock, shown } = await window('InProgress', [[1, 'InProgress']]);
  const watch = shown().watch(true);
  await clock.advance(1000);
  watch.setVisible(false);
  await clock.advance(hour);
  expect(calls.trials.length).toBeLessThanOrEqual(31);
  watch.dispose();
  const before = calls.trials.length;
  await clock.advance(hour);
  expect(calls.trials).toHaveLength(before);
});

test('of many trials 100 come at a time, through the same bucket as every list', async () => {
  const many = Array.from({ length: 150 }, (_, number): Parameters<typeof trial> => [number, 'Completed', number]);
  const { calls, clock, inventory, shown } = await window('InProgress', many);
  shown().watch(true);
  void inventory.refresh('tuning-job');
  await clock.advance(2000);
  expect(shown().items).toHaveLength(100);
  expect(shown().more).toBe(true);
  void shown().loadMore();
  await clock.advance(2000);
  expect(shown().items).toHaveLength(150);
  expect(shown().more).toBe(false);
  await clock.advance(60_000);
  expect(shown().items, 'what was loaded stays').toHaveLength(150);
  const all = [...calls.trials, ...calls.tuningList].sort((a, b) => a - b);
  expect(Math.min(...all.slice(1).map((at, index) => at - all[index]!))).toBeGreaterThanOrEqual(1000);
});

test('a running trial that a hundred younger ones hide is asked after by name, and keeps its values', async () => {
  const many = Array.from({ length: 100 }, (_, number): Parameters<typeof trial> => [number, 'Completed', number]);
  const over = { ...job(400, 'Completed'), name: 'tune-400-0123abcd' };
  const { calls, clock, shown } = await window('InProgress', [...many, [400, 'InProgress']], [over]);
  shown().watch(true);
  await clock.advance(1000);
  void shown().loadMore();
  await clock.advance(40_000);
  expect(calls.describe.map(({ name }) => name)).toContain('tune-400-0123abcd');
  expect(shown().items.at(-1)).toMatchObject({
    state: 'Completed',
    trial: { hyperparameters: { 'learning-rate': '0.01' } },
  });
});

test('a tuning job that was deleted elsewhere is gone, with its trials', async () => {
  const { clock, inventory, shown, tuning, connections } = await window('InProgress', [[1, 'InProgress']]);
  shown().watch(true);
  await clock.advance(1000);
  tuning.jobs.length = 0;
  await clock.advance(31_000);
  expect(inventory.collection('tuning-job').items).toEqual([]);
  expect(connections.state.status).toBe('connected');
});

test('after a switch there is nothing of the old account, and nobody asks for it', async () => {
  const { calls, clock, connections, inventory, shown } = await window('InProgress', [[1, 'InProgress']]);
  const old = shown();
  old.watch(true);
  await clock.advance(1000);
  connections.switchTo({ kind: 'profile', profile: 'other' });
  expect(old.items).toEqual([]);
  expect(inventory.collection('tuning-job').items).toEqual([]);
  const before = calls.trials.length;
  await clock.advance(hour);
  expect(calls.trials).toHaveLength(before);
  shown().watch(true);
  await clock.advance(1000);
  expect(calls.trials).toHaveLength(before + 1);
});

test('what we change of a trial is looked for at once, in its tuning job and among all training jobs', async () => {
  const { calls, clock, inventory, shown } = await window('InProgress', [[1, 'InProgress']]);
  inventory.watch('training-job');
  shown().watch(true);
  await clock.advance(10_000);
  const before = [calls.list.length, calls.trials.length];
  inventory.touch('training-job');
  await clock.advance(3000);
  expect([calls.list.length, calls.trials.length]).toEqual(before.map((count) => count + 1));
});

test('Describe is asked for the best one anew when a trial has ended, and not before', async () => {
  const { calls, clock, inventory, tuning } = await window('InProgress', []);
  const look = async () => {
    inventory.detail(inventory.find('tuning-job', 'tune')!, true);
    await clock.advance(60_000);
  };
  await look();
  await look();
  expect(calls.describe).toHaveLength(1);
  const [job] = tuning.jobs;
  tuning.jobs[0] = { ...job!, trials: { ...job!.trials, completed: 1 } };
  await clock.advance(60_000);
  await look();
  await look();
  expect(calls.describe).toHaveLength(2);
});
