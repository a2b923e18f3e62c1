import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { LogSearch } from '../../../src/aws/gateways/logs.js';
import { followGroup, type GroupPlace } from '../../../src/logs/followGroup.js';
import { hostOf } from '../../../src/logs/followLog.js';

const hex = '0123abcd'.padEnd(32, '0');

/** A group in memory: pages of two events. */
function memoryGroup() {
  const events: { id: string; stream: string; timestamp: Date; message: string }[] = [];
  const searches: LogSearch[] = [];
  const add = (ago: number, message: string, environment = hex) =>
    events.push({
      id: `${events.length}`,
      stream: `2026/11/28/[$LATEST]${environment}`,
      timestamp: new Date(Date.now() - ago),
      message: `${message}\n`,
    });
  const search = (request: LogSearch) => {
    searches.push(request);
    const found = events
      .filter(({ timestamp }) => timestamp >= request.since)
      .toSorted((a, b) => +a.timestamp - +b.timestamp);
    const from = Number(request.token ?? 0);
    const token = from + 2 < found.length ? String(from + 2) : undefined;
    return Promise.resolve({ items: found.slice(from, from + 2), token });
  };
  return { add, search, searches };
}

async function following(group: ReturnType<typeof memoryGroup>, place: GroupPlace) {
  const abort = new AbortController();
  const lines: string[] = [];
  const end = (async () => {
    for await (const batch of followGroup(group, { group: 'g', interval: 1, signal: abort.signal, place })) {
      lines.push(...batch.map(({ host, message }) => `${host} ${message}`));
    }
  })().catch(() => undefined);
  const until = async (count: number) => {
    while (lines.length < count) await setImmediate();
  };
  return { lines, until, stop: () => (abort.abort(), end) };
}

test('all environments of a function are one log: each line once, also those that are found late and after a break', async () => {
  const group = memoryGroup();
  for (const [ago, text] of [
    [5000, 'a'],
    [4000, 'b'],
    [3000, 'c'],
  ] as const)
    group.add(ago, text);
  const place: GroupPlace = { since: undefined, given: new Map() };
  const first = await following(group, place);
  await first.until(3);
  group.add(3500, 'late', 'ffff0000'.padEnd(32, '1'));
  await first.until(4);
  await first.stop();
  expect(first.lines).toEqual([
    '[$LATEST]0123abcd a',
    '[$LATEST]0123abcd b',
    '[$LATEST]0123abcd c',
    '[$LATEST]ffff0000 late',
  ]);
  group.add(0, 'd');
  const second = await following(group, place);
  await second.until(1);
  await second.stop();
  expect(second.lines).toEqual(['[$LATEST]0123abcd d']);
});

test('a function that nobody has called for days shows what it said then, and is asked for new lines alone', async () => {
  const group = memoryGroup();
  group.add(3 * 86_400_000, 'old');
  const one = await following(group, { since: undefined, given: new Map() });
  await one.until(1);
  group.searches.length = 0;
  while (group.searches.length < 3) await setImmediate();
  group.add(0, 'new');
  await one.until(2);
  await one.stop();
  expect(one.lines).toEqual(['[$LATEST]0123abcd old', '[$LATEST]0123abcd new']);
});

test('a log that is empty is not searched two weeks back at each turn', async () => {
  const group = memoryGroup();
  const one = await following(group, { since: undefined, given: new Map() });
  while (group.searches.length < 5) await setImmediate();
  await one.stop();
  expect(Date.now() - group.searches.at(-1)!.since.getTime()).toBeLessThan(3_600_000);
});

test.each([
  [`2026/11/28/[$LATEST]${hex}`, '[$LATEST]0123abcd'],
  [`2026/11/28/[12]${hex}`, '[12]0123abcd'],
  ['job/algo-1-1700000000', 'algo-1'],
])('%s is written by %s', (stream, host) => {
  expect(hostOf(stream)).toBe(host);
});
