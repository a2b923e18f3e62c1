import { S3Client } from '@aws-sdk/client-s3';
import { SageMakerClient, StopHyperParameterTuningJobCommand } from '@aws-sdk/client-sagemaker';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Connections } from '../../src/aws/connections.js';
import { connect } from '../../src/aws/load.js';
import { TuningWatches } from '../../src/jobs/tuning/tuningWatch.js';
import { upload } from '../support/jobs.js';
import { SandboxProcess } from '../support/sandboxProcess.js';
import { createTuning, distanceScript, range, trialsOf } from '../support/tuning.js';

let folder: string;
let sandbox: SandboxProcess;
let client: SageMakerClient;
let connections: Connections;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tuning watch '));
  sandbox = await SandboxProcess.start({ dataDir: path.join(folder, 'data') });
  client = new SageMakerClient(sandbox.clientConfig);
  connections = new Connections({ kind: 'sandbox' }, () => {
    return connect(sandbox.source);
  });
});
afterEach(async () => {
  connections.dispose();
  await sandbox.stop();
  await rm(folder, { recursive: true, force: true });
});

async function search(name: string, jobs: number, script = distanceScript): Promise<void> {
  const source = await upload(new S3Client(sandbox.clientConfig), 'data', `${name}.tar.gz`, { 'train.py': script });
  await createTuning(client, {
    ...{ name, source, jobs, parallel: 2, roleArn: sandbox.ready.executionRoleArn },
    config: {
      ParameterRanges: {
        ContinuousParameterRanges: [range('lr', '0', '10')],
        CategoricalParameterRanges: [{ Name: 'kind', Values: ['plain', 'crash'] }],
      },
      RandomSeed: 3,
    },
  });
}

async function until(check: () => unknown): Promise<void> {
  while (!check()) await delay(20);
}

test('a search is watched to its end by all who look, once: every trial as the service has it', async () => {
  await search('whole', 8);
  const watches = new TuningWatches(connections);
  const [panel, other] = [watches.use('whole'), watches.use('whole')];
  expect(panel.watch).toBe(other.watch);
  const counts: number[] = [];
  panel.watch.onDidChange(() => counts.push(panel.watch.trials.length));
  await until(() => panel.watch.isOver);
  const { watch } = panel;
  expect(watch.problem).toBeUndefined();
  expect(watch.detail).toMatchObject({ state: 'Completed', maxJobs: 8, objective: { metric: 'loss' } });
  expect(counts[0]!, 'it was told of while it ran').toBeLessThan(8);
  const all = await trialsOf(client, 'whole');
  const byName = new Map(watch.trials.map((trial) => [trial.name, trial]));
  expect(byName.size).toBe(8);
  for (const { TrainingJobName: name, FinalHyperParameterTuningJobObjectiveMetric: final, ...trial } of all) {
    expect(byName.get(name!)).toMatchObject({ state: trial.TrainingJobStatus });
    expect(byName.get(name!)!.objective).toBe(final?.Value);
  }
  const crashed = watch.trials.filter(({ state }) => state === 'Failed');
  expect(crashed.length).toBeGreaterThan(0);
  expect(crashed[0]!.failure).toContain('this corner crashes');
  const { calls } = { calls: await sandbox.calls() };
  panel.dispose();
  other.dispose();
  await delay(1500);
  const after = await sandbox.calls();
  const describes = 'sagemaker:DescribeHyperParameterTuningJob';
  expect(after[describes], 'after its end nothing is asked').toBe(calls[describes]);
});

test('it goes on where it was when the sandbox is started anew', async () => {
  await search('anew', 40, `import time\ntime.sleep(0.5)\n${distanceScript}`);
  const { watch, dispose } = new TuningWatches(connections).use('anew');
  await until(() => watch.trials.some(({ state }) => state === 'Completed'));
  const [done] = watch.trials.filter(({ state }) => state === 'Completed');
  await sandbox.stop('SIGKILL');
  await until(() => watch.problem !== undefined);
  sandbox = await SandboxProcess.start({ dataDir: path.join(folder, 'data') });
  client = new SageMakerClient(sandbox.clientConfig);
  connections.reset();
  await connections.cloud();
  const seen = watch.trials.length;
  await until(() => watch.problem === undefined && watch.trials.length > seen);
  expect(watch.trials.find(({ name }) => name === done!.name)).toEqual(done);
  await client.send(new StopHyperParameterTuningJobCommand({ HyperParameterTuningJobName: 'anew' }));
  await until(() => watch.isOver);
  expect(watch.detail?.state).toBe('Stopped');
  dispose();
});

test('of a tuning job that is not there it says so', async () => {
  const { watch, dispose } = new TuningWatches(connections).use('nowhere');
  await until(() => watch.isOver);
  expect(watch.problem).toBe('Tuning job nowhere is not there any more.');
  dispose();
});
