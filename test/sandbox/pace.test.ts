import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setImmediate, setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Cloud } from '../../src/aws/cloud.js';
import { Connections } from '../../src/aws/connections.js';
import { connect } from '../../src/aws/load.js';
import { Inventory } from '../../src/inventory/inventory.js';
import { type Kind, kinds } from '../../src/inventory/resource.js';
import { startTraining } from '../support/jobs.js';
import { SandboxProcess } from '../support/sandboxProcess.js';
import { SimulatedClock } from '../support/simulatedClock.js';

let aws: SandboxProcess;
beforeAll(async () => {
  aws = await SandboxProcess.start({ args: ['--account', '222222222222', '--region', 'eu-west-1'] });
});
afterAll(() => aws.stop());

/** What lists each kind; that of the running job first. */
const lists: Readonly<Record<Kind, string>> = {
  'training-job': 'sagemaker:ListTrainingJobs',
  'tuning-job': 'sagemaker:ListHyperParameterTuningJobs',
  model: 'sagemaker:ListModels',
  endpoint: 'sagemaker:ListEndpoints',
  function: 'lambda:ListFunctions',
};

/** Calls that have not been answered yet. */
const underWay = new Set<Promise<unknown>>();

/** A gateway whose calls are known to be under way until they are answered. */
function followed<T extends object>(gateway: T): T {
  return new Proxy(gateway, {
    get: (target, name) => {
      const method: unknown = Reflect.get(target, name);
      if (typeof method !== 'function') return method;
      return (...args: unknown[]): unknown => {
        const answer: unknown = Reflect.apply(method, target, args);
        if (answer instanceof Promise) {
          underWay.add(answer);
          const over = () => void underWay.delete(answer);
          answer.then(over, over);
        }
        return answer;
      };
    },
  });
}

async function settled(): Promise<void> {
  do {
    await Promise.allSettled(underWay);
    await setImmediate();
  } while (underWay.size > 0);
}

/** The calls that the sandbox has answered since the last time, by operation. */
async function callsSince(): Promise<(operation: string) => number> {
  const token = readFileSync(path.join(aws.ready.dataDir, 'control-token'), 'utf8');
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch(`${aws.ready.endpoint}/-/sandbox/reset-calls`, { method: 'POST', headers });
  const { calls } = (await response.json()) as { calls: Record<string, number> };
  return (operation) => calls[operation] ?? 0;
}

test('a sandbox that plays AWS counts no more calls than AWS meters: a List a second, each kind and each job once in 30 s', async () => {
  const { client, job } = await startTraining(aws, { 'train.py': 'import time\ntime.sleep(3000)\n' });
  client.destroy();
  const { endpoint, region, profile, configFile, credentialsFile } = aws.ready;
  const source = { endpoint, region, profile, configFile, credentialsFile, pace: 'aws' as const };
  const connections = new Connections({ kind: 'profile', profile }, async () => {
    const cloud: Cloud = await connect(source);
    const { trainingJobs, tuningJobs, models, endpoints, functions } = cloud;
    return {
      ...cloud,
      trainingJobs: followed(trainingJobs),
      tuningJobs: followed(tuningJobs),
      models: followed(models),
      endpoints: followed(endpoints),
      functions: followed(functions),
    };
  });
  const clock = new SimulatedClock(Date.now(), settled);
  const inventory = new Inventory(connections, clock);
  try {
    const cloud = await connections.cloud();
    const seconds: { lists: number; byKind: number[]; describes: number }[] = [];
    const count = async (): Promise<void> => {
      const calls = await callsSince();
      const byKind = Object.values(lists).map(calls);
      seconds.push({
        lists: byKind.reduce((a, b) => a + b),
        byKind,
        describes: calls('sagemaker:DescribeTrainingJob'),
      });
    };
    // As the tree does: it asks for the details of what runs whenever it paints a row, and paints it when it changes.
    const look = () =>
      inventory.collection('training-job').items.forEach((resource) => inventory.detail(resource, true));
    inventory.onDidChange(look);
    await callsSince();
    const watches = kinds.map((kind) => inventory.watch(kind));
    await clock.advance(0);
    await count();
    for (let second = 1; second <= 600; second++) {
      // The job goes on in real time: here its phase changes under the eyes of the window.
      if (second === 100) {
        await until(async () => (await cloud.trainingJobs.describe(job, never)).phases.length > 2);
        await callsSince();
      }
      await clock.advance(1000);
      look();
      if (second % 7 === 0) watches.forEach((watch) => watch.setVisible(second % 2 === 0));
      // What that sets going belongs to the second that ends here.
      await clock.advance(0);
      await count();
    }
    expect(inventory.find('training-job', job)).toMatchObject({ state: 'InProgress', phase: 'Training' });
    expect(inventory.detail(inventory.find('training-job', job)!, false)).toMatchObject({ name: job });
    expect(Math.max(...seconds.map(({ lists }) => lists))).toBe(1);
    for (let from = 0; from + 30 <= seconds.length; from++) {
      const window = seconds.slice(from, from + 30);
      const sum = (of: (second: (typeof seconds)[number]) => number) => window.reduce((all, one) => all + of(one), 0);
      for (const kind of Object.keys(lists).keys()) expect(sum(({ byKind }) => byKind[kind]!)).toBeLessThanOrEqual(1);
      expect(sum(({ describes }) => describes)).toBeLessThanOrEqual(1);
    }
    const total = seconds.reduce((all, { byKind }) => all + byKind[0]!, 0);
    expect(total, 'it was watched all the time').toBeGreaterThanOrEqual(10);
  } finally {
    connections.dispose();
    inventory.dispose();
  }
});

const never = new AbortController().signal;

async function until(check: () => Promise<boolean>): Promise<void> {
  while (!(await check())) await delay(50);
}
