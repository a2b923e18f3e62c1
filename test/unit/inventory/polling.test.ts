import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Cloud } from '../../../src/aws/cloud.js';
import { intervalsFor } from '../../../src/aws/connection.js';
import { Connections } from '../../../src/aws/connections.js';
import type { TrainingJobSummary } from '../../../src/aws/gateways/trainingJobs.js';
import { type PageRequest, pageSize } from '../../../src/aws/page.js';
import { Inventory } from '../../../src/inventory/inventory.js';

const hour = 3_600_000;
beforeEach(() => void vi.useFakeTimers({ now: new Date('2026-11-22T10:00:00Z') }));
afterEach(() => void vi.useRealTimers());

/** A cloud with these jobs at AWS's intervals, which counts its calls and answers as the service does. */
function aws(jobs: TrainingJobSummary[]) {
  const calls = { list: [] as number[], describe: 0, fail: undefined as Error | undefined };
  const trainingJobs = {
    list: async ({ token, createdAfter }: PageRequest) => {
      calls.list.push(Date.now());
      if (calls.fail) throw calls.fail;
      const wanted = jobs
        .filter(({ created }) => !createdAfter || created > createdAfter)
        .toSorted((a, b) => b.created.getTime() - a.created.getTime());
      const start = Number(token ?? 0);
      const rest = start + pageSize < wanted.length ? String(start + pageSize) : undefined;
      return { items: wanted.slice(start, start + pageSize), token: rest };
    },
    describe: async (name: string) => {
      calls.describe += 1;
      return { ...jobs.find((job) => job.name === name), phases: [] };
    },
  };
  const connection = { intervals: intervalsFor('https://api.sagemaker.eu-west-1.amazonaws.com') };
  const cloud = { connection, trainingJobs, close: () => undefined } as unknown as Cloud;
  const connections = new Connections({ kind: 'profile', profile: 'dev' }, async () => cloud);
  return { calls, connections, inventory: new Inventory(connections) };
}

function job(number: number, state: TrainingJobSummary['state']): TrainingJobSummary {
  const created = new Date(Date.now() - number * 60_000);
  return {
    name: `job-${number}`,
    arn: `arn:${number}`,
    state,
    phase: 'Training',
    created,
    modified: created,
    ended: undefined,
  };
}

test('an hour of watching 50 running jobs: 121 List calls, each a second and more after the last, and no Describe', async () => {
  const { calls, inventory } = aws(Array.from({ length: 50 }, (_, number) => job(number, 'InProgress')));
  inventory.watch('training-job');
  await vi.advanceTimersByTimeAsync(hour);
  expect(calls.list.length).toBeGreaterThan(100);
  expect(calls.list.length).toBeLessThanOrEqual(121);
  expect(calls.describe).toBe(0);
  const gaps = calls.list.slice(1).map((at, index) => at - calls.list[index]!);
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(1000);
});

test('hidden it asks four times less, and when nothing moves not at all; seen, resting things every five minutes', async () => {
  const moving = aws([job(1, 'InProgress')]);
  moving.inventory.watch('training-job');
  moving.inventory.setVisible(false);
  await vi.advanceTimersByTimeAsync(hour);
  expect(moving.calls.list.length).toBeLessThanOrEqual(31);

  const resting = aws([job(1, 'Completed')]);
  resting.inventory.watch('training-job');
  await vi.advanceTimersByTimeAsync(hour);
  expect(resting.calls.list.length).toBe(13);
  resting.inventory.setVisible(false);
  await vi.advanceTimersByTimeAsync(hour);
  expect(resting.calls.list.length).toBe(13);
});

test('a running job that a hundred younger ones hide is asked after by name', async () => {
  const jobs = [...Array.from({ length: 150 }, (_, number) => job(number, 'Completed')), job(400, 'InProgress')];
  const { calls, inventory } = aws(jobs);
  inventory.watch('training-job');
  await vi.advanceTimersByTimeAsync(1000);
  const more = inventory.more('training-job');
  await vi.advanceTimersByTimeAsync(2000);
  await more;
  jobs[150] = { ...jobs[150]!, state: 'Completed' };
  await vi.advanceTimersByTimeAsync(60_000);
  expect(calls.describe).toBeGreaterThan(0);
  expect(inventory.find('training-job', 'job-400')?.state).toBe('Completed');
});

test('what was deleted behind our back disappears, and what was changed is told by name alone', async () => {
  const jobs = [job(1, 'InProgress'), job(2, 'InProgress'), job(3, 'Completed')];
  const { inventory } = aws(jobs);
  inventory.watch('training-job');
  await vi.advanceTimersByTimeAsync(100);
  const changes: (readonly string[] | undefined)[] = [];
  inventory.onDidChange(({ arns }) => changes.push(arns));
  jobs[0] = { ...jobs[0]!, phase: 'Uploading' };
  await vi.advanceTimersByTimeAsync(30_000);
  expect(changes).toEqual([['arn:1']]);
  jobs.splice(1, 1);
  await vi.advanceTimersByTimeAsync(30_000);
  expect(inventory.collection('training-job').items.map(({ name }) => name)).toEqual(['job-1', 'job-3']);
});

test('throttling keeps what is known and asks less and less often', async () => {
  const { calls, inventory } = aws([job(1, 'InProgress')]);
  inventory.watch('training-job');
  await vi.advanceTimersByTimeAsync(100);
  calls.fail = Object.assign(new Error('Rate exceeded'), { name: 'ThrottlingException' });
  await vi.advanceTimersByTimeAsync(hour);
  expect(calls.list.length).toBeLessThan(15);
  expect(inventory.collection('training-job')).toMatchObject({ status: 'read', error: calls.fail });
  expect(inventory.collection('training-job').items).toHaveLength(1);
  calls.fail = undefined;
  await vi.advanceTimersByTimeAsync(hour / 2);
  expect(inventory.collection('training-job').error).toBeUndefined();
});

test('what may not be listed is asked again only when the person does', async () => {
  const { calls, inventory } = aws([]);
  calls.fail = Object.assign(new Error('not authorized'), { name: 'AccessDeniedException' });
  inventory.watch('training-job');
  await vi.advanceTimersByTimeAsync(hour);
  expect(calls.list.length).toBe(1);
  expect(inventory.collection('training-job').status).toBe('failed');
  await inventory.refresh('training-job');
  expect(calls.list.length).toBe(2);
});
