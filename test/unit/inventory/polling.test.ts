import { expect, test } from 'vitest';
import { job, jobs, watchedCloud } from '../../support/watchedCloud.js';

const hour = 3_600_000;
const timeout = Object.assign(new Error('no answer'), { name: 'TimeoutError', code: 'ETIMEDOUT' });
const denied = Object.assign(new Error('not authorized'), { name: 'AccessDeniedException' });

test('an hour of watching 50 running jobs: 121 List calls, each a second and more after the last, and no Describe', async () => {
  const { calls, clock, inventory } = watchedCloud(jobs(50, 'InProgress'));
  inventory.watch('training-job');
  await clock.advance(hour);
  expect(calls.list.length).toBeGreaterThan(100);
  expect(calls.list.length).toBeLessThanOrEqual(121);
  expect(calls.describe).toEqual([]);
  const gaps = calls.list.slice(1).map((at, index) => at - calls.list[index]!);
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(1000);
});

test('hidden it asks four times less, and when nothing moves not at all; seen, resting things every five minutes', async () => {
  const moving = watchedCloud([job(1, 'InProgress')]);
  moving.inventory.watch('training-job').setVisible(false);
  await moving.clock.advance(hour);
  expect(moving.calls.list.length).toBeLessThanOrEqual(31);

  const { calls, clock, inventory } = watchedCloud([job(1, 'Completed')]);
  const watch = inventory.watch('training-job');
  await clock.advance(hour);
  expect(calls.list.length).toBe(13);
  watch.setVisible(false);
  await clock.advance(hour);
  expect(calls.list.length).toBe(13);
  // Somebody else shows it, as the test bench does when the tree is hidden.
  inventory.watch('training-job');
  await clock.advance(hour);
  expect(calls.list.length).toBeGreaterThan(24);
});

test('what nobody watches any more is not read when its view is shown', async () => {
  const { calls, clock, inventory } = watchedCloud(jobs(1, 'Completed'));
  await inventory.refresh();
  const watch = inventory.watch('training-job', { visible: false });
  await clock.advance(0);
  expect(calls.list).toHaveLength(1);
  watch.dispose();
  watch.setVisible(true);
  await clock.advance(hour);
  expect(calls.list).toHaveLength(1);
});

test('a running job that a hundred younger ones hide is asked after by name', async () => {
  const there = [...jobs(150, 'Completed'), job(400, 'InProgress')];
  const { calls, clock, inventory } = watchedCloud(there);
  inventory.watch('training-job');
  await clock.advance(1000);
  void inventory.more('training-job');
  await clock.advance(2000);
  there[150] = { ...there[150]!, state: 'Completed' };
  await clock.advance(60_000);
  expect(calls.describe.length).toBeGreaterThan(0);
  expect(inventory.find('training-job', 'job-400')?.state).toBe('Completed');
});

test('however many of them there are, each has its turn, none more than once in 30 s, and the List calls go on', async () => {
  const { calls, clock, inventory, jobsShown } = watchedCloud([
    ...jobs(100, 'Completed'),
    ...jobs(100, 'InProgress', 200),
  ]);
  inventory.watch('training-job');
  await clock.advance(1000);
  void inventory.more('training-job');
  await clock.advance(2000);
  expect(jobsShown().items).toHaveLength(200);
  calls.list.length = 0;
  await clock.advance(30_000);
  // What somebody waits for does not queue behind all of them.
  const before = calls.describe.length;
  inventory.detail(jobsShown().items[0]!, true);
  await clock.advance(29_000);
  expect(calls.describe.slice(before, before + 16).map(({ name }) => name)).toContain('job-0');
  await clock.advance(hour / 4 - 59_000);
  expect(calls.list.length, 'a poll each 30 s').toBe(30);
  const gaps = calls.describe.slice(1).map(({ at }, index) => at - calls.describe[index]!.at);
  expect(Math.min(...gaps), 'one a second').toBeGreaterThanOrEqual(1000);
  for (const { name } of jobs(100, 'InProgress', 200)) {
    const times = calls.describe.filter((call) => call.name === name).map(({ at }) => at);
    expect(times.length).toBeGreaterThanOrEqual(4);
    expect(Math.min(...times.slice(1).map((at, index) => at - times[index]!))).toBeGreaterThanOrEqual(30_000);
  }
});

test('however often we change something, an old running job is described once in 30 s', async () => {
  const { calls, clock, inventory } = watchedCloud([...jobs(100, 'Completed'), ...jobs(3, 'InProgress', 200)]);
  inventory.watch('training-job');
  await clock.advance(1000);
  void inventory.more('training-job');
  for (let second = 0; second < 90; second++) {
    await clock.advance(1000);
    inventory.touch('training-job');
  }
  expect(calls.describe.length).toBeGreaterThan(0);
  expect(calls.describe.filter(({ name }) => name === 'job-200').length).toBeLessThanOrEqual(3);
});

test('a Describe that fails is not asked again at each look, but after a while', async () => {
  const { calls, clock, inventory, jobsShown } = watchedCloud([job(1, 'InProgress')]);
  const look = async () => {
    inventory.detail(jobsShown().items[0]!, true);
    await clock.advance(10_000);
  };
  inventory.watch('training-job');
  await clock.advance(0);
  calls.failDescribe = timeout;
  for (let times = 0; times < 9; times++) await look();
  expect(calls.describe).toHaveLength(3);
  calls.failDescribe = undefined;
  for (let times = 0; times < 9; times++) await look();
  expect(calls.describe).toHaveLength(4);
  expect(inventory.detail(jobsShown().items[0]!, false)).toMatchObject({ name: 'job-1' });
});

test('where Describe says more than List, a row does not change to and fro with them', async () => {
  const { clock, inventory, jobsShown } = watchedCloud([{ ...job(1, 'InProgress'), phase: undefined }]);
  inventory.watch('training-job');
  await clock.advance(0);
  inventory.detail(jobsShown().items[0]!, true);
  await clock.advance(1000);
  const changes: (readonly string[] | undefined)[] = [];
  inventory.onDidChange(({ arns }) => changes.push(arns));
  await clock.advance(120_000);
  expect(changes).toEqual([]);
});

test('what was deleted behind our back disappears, and what was changed is told by name alone', async () => {
  const there = [job(1, 'InProgress'), job(2, 'InProgress'), job(3, 'Completed')];
  const { clock, inventory, jobsShown } = watchedCloud(there);
  inventory.watch('training-job');
  await clock.advance(100);
  const changes: (readonly string[] | undefined)[] = [];
  inventory.onDidChange(({ arns }) => changes.push(arns));
  there[0] = { ...there[0]!, phase: 'Uploading' };
  await clock.advance(30_000);
  expect(changes).toEqual([['arn:1']]);
  there.splice(1, 1);
  await clock.advance(30_000);
  expect(jobsShown().items.map(({ name }) => name)).toEqual(['job-1', 'job-3']);
});

test('after more new jobs than a page holds, as after a night of sleep, none is missing between the new and the old', async () => {
  const there = jobs(3, 'Completed', 500);
  const { clock, inventory, jobsShown } = watchedCloud(there);
  inventory.watch('training-job');
  await clock.advance(1000);
  there.push(...jobs(150, 'Completed'));
  await clock.advance(hour);
  expect(jobsShown().items).toHaveLength(100);
  void inventory.more('training-job');
  await clock.advance(1000);
  expect(jobsShown().items).toHaveLength(153);
});

test('a double click loads one page more, once', async () => {
  const { calls, clock, inventory, jobsShown } = watchedCloud(jobs(400, 'Completed'));
  inventory.watch('training-job');
  await clock.advance(1000);
  void inventory.more('training-job');
  void inventory.more('training-job');
  await clock.advance(5000);
  expect(jobsShown().items).toHaveLength(200);
  expect(calls.list).toHaveLength(2);
});

test.each([
  ['throttling', Object.assign(new Error('Rate exceeded'), { name: 'ThrottlingException' })],
  ['a call that times out', timeout],
  ['a name that cannot be resolved', Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' })],
  ['a refused connection elsewhere', Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })],
])('%s keeps the connection and what is known, and asks less and less often', async (_, error) => {
  const { calls, clock, connections, inventory, jobsShown } = watchedCloud([job(1, 'InProgress')]);
  inventory.watch('training-job');
  await clock.advance(100);
  calls.fail = error;
  await clock.advance(hour);
  expect(calls.list.length).toBeLessThan(15);
  expect(jobsShown()).toMatchObject({ status: 'read', error });
  expect(jobsShown().items).toHaveLength(1);
  expect(connections.state.status).toBe('connected');
  calls.fail = undefined;
  await clock.advance(hour / 2);
  expect(jobsShown().error).toBeUndefined();
});

test.each([
  ['a sandbox that has ended', 'http://127.0.0.1:4000/', { code: 'ECONNREFUSED' }],
  ['keys that have expired', undefined, { name: 'ExpiredTokenException' }],
  ['keys that nobody knows', undefined, { name: 'UnrecognizedClientException' }],
])('%s loses the connection at once', async (_, endpoint, kind) => {
  const { calls, clock, connections, inventory, jobsShown } = watchedCloud([job(1, 'InProgress')], endpoint);
  inventory.watch('training-job');
  await clock.advance(100);
  calls.fail = Object.assign(new Error('no'), kind);
  await clock.advance(30_000);
  expect(connections.state).toEqual({ status: 'failed', error: calls.fail });
  expect(jobsShown()).toMatchObject({ items: [], error: calls.fail });
  const before = calls.list.length;
  await clock.advance(hour);
  expect(calls.list).toHaveLength(before);
});

test('what may not be listed is asked again only when the person does', async () => {
  const { calls, clock, inventory, jobsShown } = watchedCloud([]);
  calls.fail = denied;
  const watching = inventory.watch('training-job');
  await clock.advance(hour);
  watching.setVisible(false);
  watching.setVisible(true);
  watching.dispose();
  inventory.watch('training-job');
  inventory.touch('training-job');
  await clock.advance(hour);
  expect(calls.list.length).toBe(1);
  expect(jobsShown().status).toBe('failed');
  calls.fail = undefined;
  void inventory.refresh('training-job');
  await clock.advance(hour);
  expect(calls.list.length).toBeGreaterThan(2);
  expect(jobsShown().status).toBe('read');
});

test('opening and closing a kind does not ask sooner while the service throttles', async () => {
  const { calls, clock, inventory } = watchedCloud([job(1, 'InProgress')]);
  const watching = inventory.watch('training-job');
  await clock.advance(100);
  calls.fail = Object.assign(new Error('Rate exceeded'), { name: 'ThrottlingException' });
  await clock.advance(600_000);
  const before = calls.list.length;
  watching.dispose();
  for (let times = 0; times < 100; times++) {
    const again = inventory.watch('training-job');
    await clock.advance(1000);
    again.dispose();
  }
  expect(calls.list.length - before).toBeLessThanOrEqual(1);
});

test('what we change is read once more where nobody looks, if it was read before: its closed row still counts it', async () => {
  const { calls, clock, inventory, jobsShown } = watchedCloud([]);
  inventory.touch('training-job');
  await clock.advance(hour);
  expect(calls.list).toHaveLength(0);
  const watching = inventory.watch('training-job');
  await clock.advance(1000);
  watching.dispose();
  const before = calls.list.length;
  inventory.touch('training-job');
  await clock.advance(hour);
  expect(calls.list.length).toBe(before + 1);
  expect(jobsShown().status).toBe('read');
});
