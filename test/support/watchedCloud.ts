import type { Cloud } from '../../src/aws/cloud.js';
import { intervalsFor } from '../../src/aws/connection.js';
import { Connections } from '../../src/aws/connections.js';
import type { TrainingJobSummary } from '../../src/aws/gateways/trainingJobs.js';
import { type PageRequest, pageSize } from '../../src/aws/page.js';
import { Inventory } from '../../src/inventory/inventory.js';
import { SimulatedClock } from './simulatedClock.js';

const start = Date.parse('2026-11-22T10:00:00Z');

/** A cloud with these jobs, which counts its calls and answers as the service does, at the intervals of `endpoint`. */
export function watchedCloud(jobs: TrainingJobSummary[], endpoint = 'https://api.sagemaker.eu-west-1.amazonaws.com') {
  const clock = new SimulatedClock(start);
  const calls = {
    list: [] as number[],
    describe: [] as { readonly name: string; readonly at: number }[],
    fail: undefined as Error | undefined,
    failDescribe: undefined as Error | undefined,
  };
  const trainingJobs = {
    list: async ({ token, createdAfter }: PageRequest) => {
      calls.list.push(clock.now());
      if (calls.fail) throw calls.fail;
      const wanted = jobs
        .filter(({ created }) => !createdAfter || created > createdAfter)
        .toSorted((a, b) => b.created.getTime() - a.created.getTime());
      const first = Number(token ?? 0);
      const rest = first + pageSize < wanted.length ? String(first + pageSize) : undefined;
      return { items: wanted.slice(first, first + pageSize), token: rest };
    },
    describe: async (name: string) => {
      calls.describe.push({ name, at: clock.now() });
      if (calls.failDescribe) throw calls.failDescribe;
      return { ...jobs.find((job) => job.name === name), phases: [] };
    },
  };
  const connection = { endpoint, intervals: intervalsFor(endpoint) };
  const cloud = { connection, trainingJobs, close: () => undefined } as unknown as Cloud;
  const opened = { times: 0 };
  const connections = new Connections({ kind: 'profile', profile: 'dev' }, async () => {
    opened.times += 1;
    return cloud;
  });
  const inventory = new Inventory(connections, clock);
  const jobsShown = () => inventory.collection('training-job');
  return { calls, clock, connections, inventory, opened, jobsShown };
}

export function job(number: number, state: TrainingJobSummary['state']): TrainingJobSummary {
  const created = new Date(start - number * 60_000);
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

export function jobs(count: number, state: TrainingJobSummary['state'], from = 0): TrainingJobSummary[] {
  return Array.from({ length: count }, (_, number) => job(from + number, state));
}
