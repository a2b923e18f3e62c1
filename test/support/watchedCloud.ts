import type { Cloud } from '../../src/aws/cloud.js';
import { intervalsFor } from '../../src/aws/connection.js';
import { Connections } from '../../src/aws/connections.js';
import type { FunctionDetail, FunctionSummary } from '../../src/aws/gateways/functions.js';
import type { TrainingJobSummary } from '../../src/aws/gateways/trainingJobs.js';
import type { Trial, TuningJobSummary } from '../../src/aws/gateways/tuningJobs.js';
import { functionPageSize, type PageRequest, pageSize } from '../../src/aws/page.js';
import { Inventory } from '../../src/inventory/inventory.js';
import { SimulatedClock } from './simulatedClock.js';

const start = Date.parse('2026-11-22T10:00:00Z');

/** A cloud with these jobs, which counts its calls and answers as the service does, at the intervals of `endpoint`. */
export function watchedCloud(jobs: TrainingJobSummary[], endpoint = 'https://api.sagemaker.eu-west-1.amazonaws.com') {
  const clock = new SimulatedClock(start);
  const calls = {
    list: [] as number[],
    describe: [] as { readonly name: string; readonly at: number }[],
    tuningList: [] as number[],
    trials: [] as number[],
    functionList: [] as number[],
    logSearches: 0,
    fail: undefined as Error | undefined,
    failDescribe: undefined as Error | undefined,
  };
  /** Its tuning jobs, and the trials of each by its name. */
  const tuning = { jobs: [] as TuningJobSummary[], trials: {} as Record<string, Trial[]> };
  const trainingJobs = {
    list: async (request: PageRequest) => {
      calls.list.push(clock.now());
      if (calls.fail) throw calls.fail;
      return pageOf(jobs, request);
    },
    describe: async (name: string) => {
      calls.describe.push({ name, at: clock.now() });
      if (calls.failDescribe) throw calls.failDescribe;
      return { ...jobs.find((job) => job.name === name), phases: [] };
    },
  };
  const tuningJobs = {
    describe: async (name: string) => {
      calls.describe.push({ name, at: clock.now() });
      return tuning.jobs.find((one) => one.name === name);
    },
    list: async (request: PageRequest) => {
      calls.tuningList.push(clock.now());
      return pageOf(tuning.jobs, request);
    },
    trials: async (name: string, token: string | undefined) => {
      calls.trials.push(clock.now());
      if (!tuning.jobs.some((one) => one.name === name)) throw notFound;
      return pageOf(tuning.trials[name] ?? [], token === undefined ? {} : { token });
    },
  };
  /** In the service's own order, with what Describe says of each by its name. */
  const lambda = { functions: [] as FunctionSummary[], details: {} as Record<string, Partial<FunctionDetail>> };
  const functions = {
    list: async ({ token }: PageRequest) => {
      calls.functionList.push(clock.now());
      if (calls.fail) throw calls.fail;
      const first = Number(token ?? 0);
      const rest = first + functionPageSize < lambda.functions.length ? String(first + functionPageSize) : undefined;
      return { items: lambda.functions.slice(first, first + functionPageSize), token: rest };
    },
    describe: async (name: string) => {
      calls.describe.push({ name, at: clock.now() });
      if (calls.failDescribe) throw calls.failDescribe;
      const found = lambda.functions.find((one) => one.name === name);
      const rest = { state: 'Active', update: 'Successful', aliases: [], versions: [], provisioned: [] };
      return found && { ...found, ...rest, ...lambda.details[name] };
    },
  };
  const logs = {
    search: async () => {
      calls.logSearches += 1;
      return { items: [], token: undefined };
    },
  };
  const connection = { endpoint, intervals: intervalsFor(endpoint) };
  const cloud = { connection, trainingJobs, tuningJobs, functions, logs, close: () => undefined } as unknown as Cloud;
  const opened = { times: 0 };
  const connections = new Connections({ kind: 'profile', profile: 'dev' }, async () => {
    opened.times += 1;
    return cloud;
  });
  const inventory = new Inventory(connections, clock);
  const jobsShown = () => inventory.collection('training-job');
  return { calls, clock, connections, inventory, opened, jobsShown, tuning, lambda };
}

const notFound = Object.assign(new Error('Requested resource not found.'), { name: 'ResourceNotFound' });

function pageOf<T extends { readonly created: Date }>(all: readonly T[], { token, createdAfter }: PageRequest) {
  const wanted = all
    .filter(({ created }) => !createdAfter || created > createdAfter)
    .toSorted((a, b) => b.created.getTime() - a.created.getTime());
  const first = Number(token ?? 0);
  const rest = first + pageSize < wanted.length ? String(first + pageSize) : undefined;
  return { items: wanted.slice(first, first + pageSize), token: rest };
}

export function tuningJob(name: string, state: TuningJobSummary['state']): TuningJobSummary {
  const created = new Date(start - 600_000);
  return {
    name,
    arn: `arn:${name}`,
    state,
    strategy: 'Bayesian',
    created,
    modified: created,
    ended: undefined,
    trials: { completed: 0, inProgress: 1, failed: 0, stopped: 0 },
    maxJobs: 12,
    maxParallelJobs: 2,
  };
}

export function trial(number: number, state: Trial['state'], objective?: number): Trial {
  const created = new Date(start - number * 60_000);
  const ended = state === 'InProgress' ? undefined : new Date(start);
  return {
    name: `tune-${String(number).padStart(3, '0')}-0123abcd`,
    arn: `arn:trial-${number}`,
    state,
    created,
    started: created,
    ended,
    hyperparameters: { 'learning-rate': '0.01' },
    objective,
    failure: undefined,
  };
}

export function lambdaFunction(number: number): FunctionSummary {
  return {
    name: `function-${String(number).padStart(5, '0')}`,
    arn: `arn:function-${number}`,
    runtime: 'python3.12',
    memory: 256,
    timeout: 3,
    role: 'arn:aws:iam::111122223333:role/predict',
    modified: new Date(start - number * 60_000),
  };
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
