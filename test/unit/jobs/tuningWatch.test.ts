import { expect, test } from 'vitest';
import type { Cloud } from '../../../src/aws/cloud.js';
import { Connections } from '../../../src/aws/connections.js';
import type { Trial, TuningJobDetail } from '../../../src/aws/gateways/tuningJobs.js';
import { pageSize } from '../../../src/aws/page.js';
import { TuningWatch } from '../../../src/jobs/tuning/tuningWatch.js';
import { SimulatedClock } from '../../support/simulatedClock.js';

/** A cloud with one search, which counts the pages that it is asked for. */
function watched(trials: Trial[]) {
  const pages: number[] = [];
  const job = { state: 'InProgress' as TuningJobDetail['state'] };
  const tuningJobs = {
    describe: async () => ({ ...job }),
    trials: async (_: string, token: string | undefined) => {
      const first = Number(token ?? 0);
      pages.push(first / pageSize);
      const rest = first + pageSize < trials.length ? String(first + pageSize) : undefined;
      return { items: trials.slice(first, first + pageSize), token: rest };
    },
  };
  const connection = { intervals: { describe: 30_000, listsPerSecond: 1 } };
  const cloud = { connection, tuningJobs, close: () => undefined } as unknown as Cloud;
  const connections = new Connections({ kind: 'profile', profile: 'dev' }, async () => cloud);
  const clock = new SimulatedClock(0);
  return { pages, job, clock, watch: new TuningWatch(connections, 'search', clock) };
}

function trial(number: number, more: Partial<Trial> = {}): Trial {
  const created = new Date(number * 60_000);
  return {
    ...{ name: `search-${number}`, arn: '', state: 'Completed', created, started: created, ended: created },
    ...{ hyperparameters: {}, objective: 1, failure: undefined },
    ...more,
  };
}

/** Newest first. */
const many = (count: number) => Array.from({ length: count }, (_, index) => trial(count - index));

test('a thousand trials are read once; after that only as far back as something can have changed', async () => {
  const trials = many(1000);
  const { watch, pages, clock } = watched(trials);
  await clock.advance(20_000);
  expect(watch.trials).toHaveLength(1000);
  expect(pages).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  pages.length = 0;
  trials.unshift(trial(1001, { state: 'InProgress', objective: undefined, ended: undefined }));
  await clock.advance(30_000);
  expect(watch.trials).toHaveLength(1001);
  expect(pages).toEqual([0]);
  watch.dispose();
});

test('one that runs long is followed to the page on which it is', async () => {
  const trials = many(250);
  trials[220] = trial(30, { state: 'InProgress', objective: undefined, ended: undefined });
  const { watch, pages, clock } = watched(trials);
  await clock.advance(10_000);
  pages.length = 0;
  trials[220] = trial(30, { objective: 0.25 });
  await clock.advance(30_000);
  expect(pages).toEqual([0, 1, 2]);
  expect(watch.trials.find(({ name }) => name === 'search-30')?.objective).toBe(0.25);
  pages.length = 0;
  await clock.advance(30_000);
  expect(pages).toEqual([0]);
  watch.dispose();
});

test('one that ended without a value is looked at once more, and all of them when the search is over', async () => {
  const trials = many(150);
  trials[140] = trial(10, { objective: undefined });
  const { watch, pages, job, clock } = watched(trials);
  await clock.advance(10_000);
  pages.length = 0;
  await clock.advance(60_000);
  expect(pages).toEqual([0, 1, 0]);
  trials[140] = trial(10, { objective: 0.75 });
  job.state = 'Completed';
  await clock.advance(40_000);
  expect(watch.isOver).toBe(true);
  expect(watch.trials.find(({ name }) => name === 'search-10')?.objective).toBe(0.75);
});
