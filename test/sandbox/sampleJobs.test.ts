import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CreateBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import type { CreateTrainingJobCommandInput, DescribeTrainingJobCommandOutput } from '@aws-sdk/client-sagemaker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cooperation } from '../../src/jobs/cooperation.js';
import type { Files } from '../support/archives.js';
import { trainingImage } from '../support/images.js';
import { sampleFolder, someData } from '../support/samplePython.js';
import { SandboxProcess } from '../support/sandboxProcess.js';
import { TrainingJobs } from '../support/trainingJobs.js';

let sandbox: SandboxProcess;
let jobs: TrainingJobs;
const data = mkdtempSync(path.join(tmpdir(), 'sample-jobs-'));
const source = Object.fromEntries(
  readdirSync(sampleFolder)
    .filter((name) => /\.(py|pth)$/.test(name))
    .map((name) => [name, readFileSync(path.join(sampleFolder, name))]),
);
const figures = ['train_loss', 'valid_loss', 'valid_accuracy', 'test_loss', 'test_accuracy'];
let alone: DescribeTrainingJobCommandOutput;

beforeAll(async () => {
  sandbox = await SandboxProcess.start();
  jobs = new TrainingJobs(sandbox);
  await jobs.s3.send(new CreateBucketCommand({ Bucket: 'jobs' }));
  someData(data);
  for (const entry of readdirSync(data, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = path.join(entry.parentPath, entry.name);
    const Key = `data/${path.relative(data, file)}`;
    await jobs.s3.send(new PutObjectCommand({ Bucket: 'jobs', Key, Body: readFileSync(file) }));
  }
  alone = await jobs.ended(await start(1));
});
afterAll(async () => {
  await sandbox.stop();
  rmSync(data, { recursive: true });
});

function start(
  hosts: number,
  more: Partial<CreateTrainingJobCommandInput> = {},
  files: Files = source,
): Promise<string> {
  const { HyperParameters: hyperparameters, ...rest } = more;
  return jobs.start(hosts, files, {
    AlgorithmSpecification: {
      TrainingImage: trainingImage,
      TrainingInputMode: 'File',
      MetricDefinitions: figures.map((Name) => ({ Name, Regex: `${Name}=([0-9.e-]+)` })),
    },
    InputDataConfig: [
      {
        ChannelName: 'training',
        DataSource: { S3DataSource: { S3DataType: 'S3Prefix', S3Uri: 's3://jobs/data' } },
      },
    ],
    HyperParameters: { model: 'small', epochs: '12', 'batch-size': '20', 'learning-rate': '0.03', ...hyperparameters },
    ...rest,
  });
}

function metrics({ FinalMetricDataList: found = [], FailureReason }: DescribeTrainingJobCommandOutput) {
  expect(FailureReason).toBeUndefined();
  return new Map(found.map(({ MetricName, Value }) => [MetricName!, Value!]));
}

test('on two hosts it trains the model that it trains on one', async () => {
  const job = await jobs.ended(await start(2, { HyperParameters: { sagemaker_torch_distributed_enabled: 'true' } }));
  const [one, two] = [metrics(alone), metrics(job)];
  expect([...two.keys()].sort()).toEqual([...figures].sort());
  for (const name of figures) expect(two.get(name), name).toBeCloseTo(one.get(name)!, 2);

  // One model, of the first host.
  const logs = await jobs.logs(job.TrainingJobName!);
  expect(Object.keys(await jobs.archive(job.TrainingJobName!))).toContain('model.pth');
  expect(Object.values(logs).flat().join('\n')).not.toContain('was written by');
  const said = (host: string, pattern: RegExp) => logs[host]?.flatMap((line) => pattern.exec(line)?.[1] ?? []);
  const weights = /^weights_sha256=(\w+) rank=\d world=2$/;
  expect(said('algo-1', weights)).toHaveLength(1);
  expect(said('algo-2', weights)).toEqual(said('algo-1', weights));
  expect(said('algo-2', /^samples=30 of=60 samples_sha256=(\w+) rank=1 world=2$/)).toHaveLength(1);

  const report = await cooperationOf(job, true);
  expect(report).toMatchObject({ verdict: 'together', headline: '2 hosts, one training' });
  expect(report?.findings.map(({ verdict }) => verdict)).toEqual(['good', 'good', 'good', 'good']);
});

test('hosts that train alone are seen, by what their script prints and writes', async () => {
  const script = `
import os, random
print("test_loss=0.%d" % random.randrange(100, 999))
open(os.environ["SM_MODEL_DIR"] + "/model.pth", "w").write(os.environ["SM_CURRENT_HOST"])
`;
  const job = await jobs.ended(await start(2, {}, { 'train.py': script }));
  const report = await cooperationOf(job, false);
  expect(report?.headline).toBe('2 hosts, 2 separate trainings, by all that the log tells');
  expect(report?.findings.find(({ question }) => question === 'models')).toMatchObject({ verdict: 'bad' });
});

async function cooperationOf(job: DescribeTrainingJobCommandOutput, launched: boolean) {
  const logs = await jobs.logs(job.TrainingJobName!);
  return cooperation({
    ...{ hosts: job.ResourceConfig!.InstanceCount!, launched, usdPerHour: undefined },
    channels: [{ name: 'training', distribution: 'FullyReplicated', bytes: 1000 }],
    metricDefinitions: figures.map((name) => ({ name, regex: `${name}=([0-9.e-]+)` })),
    lines: Object.entries(logs).flatMap(([host, lines]) =>
      lines.map((message) => ({ timestamp: new Date(0), host, message })),
    ),
    took: undefined,
  });
}

test('a spot job that is interrupted ends with the figures of one that is not, and loses one epoch at most', async () => {
  const name = await start(1, {
    EnableManagedSpotTraining: true,
    StoppingCondition: { MaxRuntimeInSeconds: 600, MaxWaitTimeInSeconds: 600 },
    CheckpointConfig: { S3Uri: 's3://jobs/checkpoints/sample' },
  });
  await jobs.logged(name, 'epoch=3 ');
  expect(await jobs.control(`interrupt?job=${name}`)).toMatchObject({ status: 202 });
  const job = await jobs.ended(name);
  expect(job.SecondaryStatusTransitions?.map(({ Status }) => Status)).toContain('Interrupted');
  expect(metrics(job)).toEqual(metrics(alone));

  const epochs = Object.values(await jobs.streams(name)).map((lines) =>
    lines.filter((line) => line.startsWith('epoch=')),
  );
  expect(epochs).toHaveLength(2);
  const [before, after] = epochs.map(({ length }) => length) as [number, number];
  expect(before).toBeGreaterThanOrEqual(3);
  expect(before + after).toBeLessThanOrEqual(12 + 1);
});
