import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { CloudWatchLogsClient, GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { S3Client } from '@aws-sdk/client-s3';
import { SageMakerClient } from '@aws-sdk/client-sagemaker';
import { trainingImage } from '../support/images.js';
import { upload } from '../support/jobs.js';
import { repository, type SandboxProcess } from '../support/sandboxProcess.js';
import { createTuning, range, trialsOf, type TuningChanges, tuningEnd } from '../support/tuning.js';
import { figure, median } from './figures.js';

const folder = path.join(repository, 'test', 'bench');
const trials = 30;
const objectives: Readonly<Record<string, readonly [string, string][]>> = {
  Branin: [
    ['-5', '10'],
    ['0', '15'],
  ],
  'Hartmann-3': [
    ['0', '1'],
    ['0', '1'],
    ['0', '1'],
  ],
};

/** Searches through the API, one trial after another, against `TPESampler()` of the same Optuna at equal trials. */
export async function tuning(sandbox: SandboxProcess, seeds: number): Promise<void> {
  const client = new SageMakerClient(sandbox.clientConfig);
  const files = Object.fromEntries(['train.py', 'objectives.py'].map((name) => [name, read(name)]));
  const source = await upload(new S3Client(sandbox.clientConfig), 'data', 'sourcedir.tar.gz', files);
  const start = (name: string, objective: string, more: Partial<TuningChanges>) =>
    createTuning(client, {
      ...{ name, source, roleArn: sandbox.ready.executionRoleArn, jobs: trials },
      ...more,
      config: {
        HyperParameterTuningJobObjective: { Type: 'Minimize', MetricName: 'regret' },
        ParameterRanges: {
          ContinuousParameterRanges: (objectives[objective] ?? []).map((bounds, axis) => range(`x${axis}`, ...bounds)),
        },
        ...more.config,
      },
      definition: {
        AlgorithmSpecification: {
          ...{ TrainingImage: trainingImage, TrainingInputMode: 'File' },
          MetricDefinitions: [{ Name: 'regret', Regex: 'regret=([0-9.e+-]+)' }],
        },
        StaticHyperParameters: { sagemaker_program: 'train.py', sagemaker_submit_directory: source, objective },
      },
    });

  await overhead(start, client);
  for (const objective of Object.keys(objectives)) {
    const search = async (seed: number) => {
      const name = `${objective}-${seed}`;
      await start(name, objective, { config: { Strategy: 'Bayesian', RandomSeed: seed } });
      const { FailureReason: reason } = await tuningEnd(client, name);
      if (reason !== undefined) throw new Error(reason);
      return (await trialsOf(client, name)).map(
        ({ FinalHyperParameterTuningJobObjectiveMetric: final }) => final?.Value ?? Infinity,
      );
    };
    const ours = await inParallel(seeds, search);
    const { python, sampler } = await searchOf(sandbox, `${objective}-0`);
    const peer = spawnSync(python, [path.join(folder, 'default_tpe.py'), objective, `${trials}`, `${seeds}`], {
      encoding: 'utf8',
    });
    if (peer.status !== 0) throw new Error(peer.stderr);
    const theirs = JSON.parse(peer.stdout) as number[][];
    console.log(`${objective}, ${seeds} seeds: ${sampler}`);
    for (const count of [20, trials]) {
      figure(`  median regret after ${count} trials`, regret(ours, count), 'TPESampler()', regret(theirs, count));
    }
  }
}

/** What a trial costs beside its script, when nothing else runs. */
async function overhead(
  start: (name: string, objective: string, more: Partial<TuningChanges>) => Promise<unknown>,
  client: SageMakerClient,
): Promise<void> {
  await start('overhead', 'Branin', { jobs: 20, config: { Strategy: 'Random' } });
  const { CreationTime: from, HyperParameterTuningEndTime: to, ...job } = await tuningEnd(client, 'overhead');
  if (job.FailureReason !== undefined) throw new Error(job.FailureReason);
  const ofTrial = ((to?.getTime() ?? NaN) - (from?.getTime() ?? NaN)) / 20;
  const bare = Array.from({ length: 20 }, () => {
    const started = performance.now();
    spawnSync('/usr/bin/python3', [path.join(folder, 'train.py'), '--objective', 'Branin']);
    return performance.now() - started;
  });
  figure('a trial, ms, of twenty one after another', ofTrial, 'bare script', median(bare));
}

/** As many at a time as there are processors, for `seeds` seeds. */
async function inParallel(seeds: number, search: (seed: number) => Promise<number[]>): Promise<number[][]> {
  const found: number[][] = [];
  let next = 0;
  const worker = async () => {
    while (next < seeds) {
      const seed = next++;
      found[seed] = await search(seed);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  return found;
}

function regret(runs: readonly (readonly number[])[], count: number): number {
  return median(runs.map((values) => Math.min(...values.slice(0, count))));
}

/** Which Python has searched, and by what: the first line of the tuning job's log. */
async function searchOf(sandbox: SandboxProcess, name: string): Promise<{ python: string; sampler: string }> {
  const logs = new CloudWatchLogsClient(sandbox.clientConfig);
  const logGroupName = '/aws/sagemaker/HyperParameterTuningJobs';
  const { events } = await logs.send(
    new GetLogEventsCommand({ logGroupName, logStreamName: name, startFromHead: true }),
  );
  const lines = events?.map(({ message = '' }) => message) ?? [];
  const [, optuna = '', python = '', sampler = ''] =
    lines.map((line) => /^Search by (Optuna \S+) \((.*?)\): (.*), seed \d+/.exec(line)).find((match) => match) ?? [];
  return { python, sampler: `${optuna}, ${sampler}` };
}

function read(name: string): string {
  return readFileSync(path.join(folder, name), 'utf8');
}
