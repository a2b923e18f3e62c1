import { expect, test } from 'vitest';
import { lambdaFunction, watchedCloud } from '../../support/watchedCloud.js';

const hour = 3_600_000;
const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);

/** A window whose category of functions is open, on a cloud with these. */
async function window(count: number) {
  const cloud = watchedCloud([]);
  cloud.lambda.functions = numbers(count).map(lambdaFunction).reverse();
  const watch = cloud.inventory.watch('function');
  await cloud.clock.advance(0);
  const shown = () => cloud.inventory.collection('function');
  return { ...cloud, watch, shown, names: () => shown().items.map(({ name }) => name) };
}

test('ten thousand functions are one List call of fifty, shown by name whatever order the service has', async () => {
  const { calls, clock, names, shown } = await window(10_000);
  expect(names()).toEqual(numbers(50).map((index) => `function-0${9950 + index}`));
  expect(shown().more).toBe(true);
  await clock.advance(hour);
  expect(calls.functionList, 'what rests is read each five minutes').toHaveLength(13);
  expect(calls.describe).toEqual([]);
});

test('a new function on any page that was read is found, by one call a turn', async () => {
  const { calls, clock, inventory, lambda, names } = await window(120);
  void inventory.more('function');
  await clock.advance(1000);
  void inventory.more('function');
  await clock.advance(1000);
  expect(names()).toHaveLength(120);
  calls.functionList.length = 0;
  await clock.advance(900_000);
  expect(calls.functionList).toHaveLength(3);
  lambda.functions.splice(70, 0, lambdaFunction(777));
  await clock.advance(900_000);
  expect(names()).toHaveLength(121);
  expect(new Set(names()).size, 'what has moved to the next page is there once').toBe(121);
  lambda.functions.splice(0, 60);
  await clock.advance(900_000);
  expect(names()).toHaveLength(61);
});

test('what was deleted behind our back disappears, by List or by Describe', async () => {
  const { clock, inventory, lambda, names, shown } = await window(3);
  lambda.functions.pop();
  await clock.advance(300_000);
  expect(names()).toEqual(['function-00001', 'function-00002']);
  const [first] = shown().items;
  lambda.functions = lambda.functions.filter(({ name }) => name !== first!.name);
  inventory.detail(first!, true);
  await clock.advance(1000);
  expect(names()).toEqual(['function-00002']);
});

test('Describe alone says that a function moves: it is asked once in 30 s until it rests', async () => {
  const { calls, clock, inventory, lambda, shown } = await window(2);
  const [first] = shown().items;
  lambda.details[first!.name] = { state: 'Pending' };
  inventory.detail(first!, true);
  await clock.advance(60_000 + 1000);
  expect(calls.describe.map(({ name }) => name)).toEqual([first!.name, first!.name, first!.name]);
  const provisioned = {
    qualifier: 'live',
    requested: 2,
    available: 1,
    status: 'IN_PROGRESS',
    reason: undefined,
  } as const;
  lambda.details[first!.name] = { provisioned: [provisioned] };
  await clock.advance(60_000);
  expect(calls.describe).toHaveLength(5);
  expect(inventory.detail(first!, false)?.provisioned).toEqual([provisioned]);
  lambda.details[first!.name] = {};
  await clock.advance(30_000);
  await clock.advance(hour);
  expect(calls.describe).toHaveLength(6);
});

test('what was just deployed is described anew, since no List shows where an alias points', async () => {
  const { calls, clock, inventory, lambda, shown } = await window(1);
  const [only] = shown().items;
  const look = () => inventory.detail(only!, true);
  inventory.onDidChange(look);
  look();
  await clock.advance(1000);
  expect(calls.describe).toHaveLength(1);
  lambda.details[only!.name] = { aliases: [{ name: 'live', arn: 'arn:live', version: '3' }] };
  inventory.touch('function');
  await clock.advance(2000);
  expect(inventory.detail(only!, false)?.aliases[0]?.version).toBe('3');
  expect(calls.describe).toHaveLength(2);
});

test('while it is shown a function is described again each five minutes, with one search of its log', async () => {
  const { calls, clock, inventory, shown } = await window(1);
  for (let seconds = 0; seconds < 1200; seconds += 10) {
    inventory.detail(shown().items[0]!, true);
    await clock.advance(10_000);
  }
  expect(calls.describe).toHaveLength(4);
  expect(calls.logSearches).toBe(4);
});

test('why a function cannot be described is told, and it is asked again after a poll', async () => {
  const { calls, clock, inventory, shown } = await window(1);
  const denied = Object.assign(new Error('not authorized'), { name: 'AccessDeniedException' });
  calls.failDescribe = denied;
  const told: unknown[] = [];
  inventory.onDidChange(({ arns }) => told.push(arns));
  inventory.detail(shown().items[0]!, true);
  await clock.advance(1000);
  expect(told).toEqual([['arn:function-0']]);
  expect(inventory.detailError(shown().items[0]!)).toBe(denied);
  inventory.detail(shown().items[0]!, true);
  await clock.advance(1000);
  expect(calls.describe).toHaveLength(1);
});

test('functions that may not be listed are asked for again only when the person does', async () => {
  const cloud = watchedCloud([]);
  cloud.calls.fail = Object.assign(new Error('not authorized'), { name: 'AccessDeniedException' });
  cloud.inventory.watch('function');
  await cloud.clock.advance(hour);
  expect(cloud.calls.functionList).toHaveLength(1);
  expect(cloud.inventory.collection('function').status).toBe('failed');
});
