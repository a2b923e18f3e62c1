import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { SageMakerClient, StopHyperParameterTuningJobCommand } from '@aws-sdk/client-sagemaker';
import { afterEach, describe, expect, test } from 'vitest';
import { upload } from '../support/jobs.js';
import { SandboxProcess } from '../support/sandboxProcess.js';
import {
  createTuning,
  distanceScript,
  trialsOf,
  type TuningChanges,
  tuningEnd,
  tuningState,
} from '../support/tuning.js';

/** Debian's, which has Optuna. */
const python = '/usr/bin/python3';

describe('a sandbox that ends in the middle', () => {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'sandbox-tuning-'));
  const started: SandboxProcess[] = [];
  const start = async () => {
    const sandbox = await SandboxProcess.start({ dataDir, args: ['--python', python] });
    started.push(sandbox);
    return sandbox;
  };
  afterEach(async () => {
    await Promise.all(started.splice(0).map((sandbox) => sandbox.stop()));
    rmSync(dataDir, { recursive: true, force: true });
  });

  /** Ends it when two trials have ended and others run, and starts it again. */
  async function endInTheMiddle(
    signal: 'SIGKILL' | 'SIGTERM',
    changes: Pick<TuningChanges, 'name' | 'config' | 'jobs'>,
  ) {
    const killed = await start();
    const client = new SageMakerClient(killed.clientConfig);
    const script = `${distanceScript}\nimport time\ntime.sleep(1)\n`;
    const source = await upload(new S3Client(killed.clientConfig), 'data', `${changes.name}.tar.gz`, {
      'train.py': script,
    });
    await createTuning(client, { ...changes, roleArn: killed.ready.executionRoleArn, source, parallel: 2 });
    await tuningState(
      client,
      changes.name,
      ({ TrainingJobStatusCounters: { Completed = 0, InProgress } = {} }) => Completed >= 2 && InProgress === 2,
    );
    await killed.stop(signal);
    await start();
    return client;
  }

  test.each<[string, 'SIGKILL' | 'SIGTERM', Pick<TuningChanges, 'config' | 'jobs'>]>([
    ['random', 'SIGKILL', { jobs: 6, config: { Strategy: 'Random', RandomSeed: 3 } }],
    [
      'grid',
      'SIGKILL',
      {
        jobs: undefined,
        config: {
          ...{ Strategy: 'Grid', RandomSeed: 3 },
          ParameterRanges: { CategoricalParameterRanges: [{ Name: 'lr', Values: ['0', '1', '2', '3', '4', '5'] }] },
        },
      },
    ],
    ['bayesian', 'SIGTERM', { jobs: 6, config: { Strategy: 'Bayesian', RandomSeed: 3 } }],
  ])('goes on with a %s search after a %s: no finished trial is lost or repeated', async (name, signal, changes) => {
    const client = await endInTheMiddle(signal, { name, ...changes });
    const job = await tuningEnd(client, name);
    const trials = await trialsOf(client, name);
    const interrupted = trials.filter(({ TrainingJobStatus }) => TrainingJobStatus === 'Failed');
    expect(job).toMatchObject({
      HyperParameterTuningJobStatus: 'Completed',
      TrainingJobStatusCounters: { Completed: 6, RetryableError: interrupted.length, NonRetryableError: 0 },
      ObjectiveStatusCounters: { Succeeded: 6 },
    });
    expect(interrupted.length).toBeGreaterThan(0);
    expect(interrupted[0]?.FailureReason).toMatch(/the sandbox (ended|was stopped) while/i);
    const tuned = (some: typeof trials) => some.map(({ TunedHyperParameters }) => TunedHyperParameters?.['lr']);
    const completed = tuned(trials.filter((trial) => !interrupted.includes(trial)));
    expect(new Set(completed).size).toBe(6);
    // What was tried when the sandbox was killed is tried again.
    if (name !== 'bayesian') expect(completed).toEqual(expect.arrayContaining(tuned(interrupted)));
  });

  test('ends a tuning job that was being stopped', async () => {
    const killed = await start();
    const client = new SageMakerClient(killed.clientConfig);
    // Ignores the signal, so that it is still Stopping when the sandbox is killed.
    const script = 'import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\ntime.sleep(600)\n';
    const source = await upload(new S3Client(killed.clientConfig), 'data', 'deaf.tar.gz', { 'train.py': script });
    await createTuning(client, { name: 'deaf', roleArn: killed.ready.executionRoleArn, source });
    await tuningState(client, 'deaf', ({ TrainingJobStatusCounters: counters }) => counters?.InProgress === 1);
    await client.send(new StopHyperParameterTuningJobCommand({ HyperParameterTuningJobName: 'deaf' }));
    await killed.stop('SIGKILL');
    await start();
    const job = await tuningEnd(client, 'deaf');
    expect(job).toMatchObject({
      HyperParameterTuningJobStatus: 'Stopped',
      TrainingJobStatusCounters: { InProgress: 0 },
    });
    expect(await trialsOf(client, 'deaf')).toHaveLength(1);
  });
});

test('a search whose process is killed is begun anew, and the tuning job goes on', async () => {
  const sandbox = await SandboxProcess.start({ args: ['--python', python] });
  const client = new SageMakerClient(sandbox.clientConfig);
  const source = await upload(new S3Client(sandbox.clientConfig), 'data', 'it.tar.gz', { 'train.py': distanceScript });
  await createTuning(client, { name: 'killed', roleArn: sandbox.ready.executionRoleArn, source, jobs: 4 });
  await tuningState(client, 'killed', ({ TrainingJobStatusCounters: counters }) => counters?.Completed === 1);
  const { stdout } = spawnSync('ps', ['-o', 'pid=,args=', '--ppid', String(sandbox.process.pid)], { encoding: 'utf8' });
  process.kill(Number(/(\d+) .*tuner\.py/.exec(stdout)?.[1]), 'SIGKILL');
  expect(await tuningEnd(client, 'killed')).toMatchObject({
    HyperParameterTuningJobStatus: 'Completed',
    TrainingJobStatusCounters: { Completed: 4 },
  });
  await sandbox.stop();
});
