import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Cloud } from '../../../src/aws/cloud.js';
import { intervalsFor } from '../../../src/aws/connection.js';
import { Connections, type ConnectionChoice } from '../../../src/aws/connections.js';
import type { TrainingJobSummary } from '../../../src/aws/gateways/trainingJobs.js';
import type { Page } from '../../../src/aws/page.js';
import { Inventory } from '../../../src/inventory/inventory.js';
import { SimulatedClock } from '../../support/simulatedClock.js';
import { job } from '../../support/watchedCloud.js';

const old: ConnectionChoice = { kind: 'profile', profile: 'old' };
const other: ConnectionChoice = { kind: 'profile', profile: 'other' };

interface Call {
  readonly operation: 'list' | 'describe';
  answer(value: unknown): void;
  fail(error: Error): void;
}

/** Accounts whose calls end when the test says so, whatever their signals say: an answer may be on its way already. */
function accounts() {
  const calls: Record<string, Call[]> = { old: [], other: [] };
  const clock = new SimulatedClock(Date.parse('2026-11-22T10:00:00Z'));
  const connections = new Connections(old, async (choice) => {
    const name = choice.kind === 'profile' ? choice.profile : '';
    const call = (operation: Call['operation']) => () =>
      new Promise((answer, fail) => void calls[name]?.push({ operation, answer, fail }));
    const trainingJobs = { list: call('list'), describe: call('describe') };
    const endpoint = 'https://sts.eu-west-1.amazonaws.com/';
    const connection = { endpoint, intervals: intervalsFor(endpoint) };
    return { connection, trainingJobs, close: () => undefined } as unknown as Cloud;
  });
  const inventory = new Inventory(connections, clock);
  inventory.watch('training-job');
  return { calls, clock, connections, inventory, names: () => namesOf(inventory) };
}

function namesOf(inventory: Inventory): string[] {
  return inventory.collection('training-job').items.map(({ name }) => name);
}

function page(...numbers: number[]): Page<TrainingJobSummary> {
  return { items: numbers.map((number) => job(number, 'InProgress')), token: undefined };
}

test('an answer of the old account that comes after the switch is not shown', async () => {
  const { calls, connections, names, inventory } = accounts();
  await setImmediate();
  connections.switchTo(other);
  await setImmediate();
  calls['old']![0]!.answer(page(1));
  await setImmediate();
  expect(names()).toEqual([]);
  calls['other']![0]!.answer(page(2));
  await setImmediate();
  expect(names()).toEqual(['job-2']);
  expect(inventory.collection('training-job').status).toBe('read');
});

test('a failure of the old account that comes after the switch fails nothing', async () => {
  const { calls, connections, names, inventory } = accounts();
  await setImmediate();
  connections.switchTo(other);
  await setImmediate();
  calls['other']![0]!.answer(page(2));
  await setImmediate();
  calls['old']![0]!.fail(Object.assign(new Error('expired'), { name: 'ExpiredTokenException' }));
  await setImmediate();
  expect(connections.state.status).toBe('connected');
  expect(inventory.collection('training-job').error).toBeUndefined();
  expect(names()).toEqual(['job-2']);
});

test('a Describe of the old account says nothing about a job of the same name in the new one', async () => {
  const { calls, connections, inventory } = accounts();
  await setImmediate();
  calls['old']![0]!.answer(page(1));
  await setImmediate();
  inventory.detail(inventory.find('training-job', 'job-1')!, true);
  await setImmediate();
  connections.switchTo(other);
  await setImmediate();
  calls['other']![0]!.answer(page(1));
  await setImmediate();
  calls['old']![1]!.answer({ ...job(1, 'Completed'), phases: [] });
  await setImmediate();
  const shown = inventory.find('training-job', 'job-1')!;
  expect(shown.state).toBe('InProgress');
  expect(inventory.detail(shown, false)).toBeUndefined();
});

test('List has the last word: a Describe that was asked before does not take it back', async () => {
  const { calls, clock, inventory } = accounts();
  await setImmediate();
  calls['old']![0]!.answer(page(1));
  await setImmediate();
  inventory.detail(inventory.find('training-job', 'job-1')!, true);
  await clock.advance(30_000);
  expect(calls['old']!.map(({ operation }) => operation)).toEqual(['list', 'describe', 'list']);
  calls['old']![2]!.answer({ items: [job(1, 'Completed')], token: undefined });
  await setImmediate();
  calls['old']![1]!.answer({ ...job(1, 'InProgress'), phases: [] });
  await setImmediate();
  expect(inventory.find('training-job', 'job-1')?.state).toBe('Completed');
});

test('more and refresh that wait for the old account end with the switch, without an error', async () => {
  const { calls, clock, connections, inventory, names } = accounts();
  await setImmediate();
  const waiting = [inventory.more('training-job'), inventory.refresh('training-job')];
  connections.switchTo(other);
  await setImmediate();
  calls['old']![0]!.answer({ ...page(1), token: 'old' });
  await Promise.all(waiting);
  expect(names()).toEqual([]);
  expect(calls['old']).toHaveLength(1);
  calls['other']![0]!.answer(page(2));
  await setImmediate();
  expect(names()).toEqual(['job-2']);
  await clock.advance(5000);
  expect(calls['other'], 'read once, though refresh came meanwhile').toHaveLength(1);
});

test('a refresh that connects reads each kind once', async () => {
  const { calls, clock, inventory } = accounts();
  void inventory.refresh('training-job');
  await setImmediate();
  calls['old']![0]!.answer(page(1));
  await clock.advance(5000);
  expect(calls['old']).toHaveLength(1);
});

test('a listener that fails does not stop the polling', async () => {
  const { calls, clock, inventory } = accounts();
  await setImmediate();
  calls['old']![0]!.answer(page(1));
  await setImmediate();
  const faulty = inventory.onDidChange(() => {
    throw new Error('a fault of ours');
  });
  const reading = inventory.refresh('training-job');
  await clock.advance(1000);
  calls['old']![1]!.answer(page(2));
  await expect(reading).rejects.toThrow('Listeners failed');
  faulty.dispose();
  await clock.advance(30_000);
  calls['old']![2]!.answer(page(3));
  await setImmediate();
  expect(namesOf(inventory)).toEqual(['job-3']);
});

test('once the window is closed nothing connects, though something is still watched', async () => {
  const opened: string[] = [];
  const connections = new Connections({ kind: 'sandbox' }, async ({ kind }) => {
    opened.push(kind);
    throw new Error('not now');
  });
  const inventory = new Inventory(connections);
  inventory.watch('training-job');
  await setImmediate();
  connections.dispose();
  inventory.watch('endpoint');
  await expect(inventory.refresh('training-job')).rejects.toMatchObject({ name: 'AbortError' });
  await expect(connections.cloud()).rejects.toMatchObject({ name: 'AbortError' });
  expect(opened).toEqual(['sandbox']);
});
