import { setTimeout as delay } from 'node:timers/promises';
import { GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import {
  type CreateTrainingJobCommandInput,
  type DescribeTrainingJobCommandOutput,
  SageMakerClient,
  StopTrainingJobCommand,
} from '@aws-sdk/client-sagemaker';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SandboxProcess } from '../support/sandboxProcess.js';
import { bucket, TrainingBench } from '../support/trainingBench.js';
import { TrainingJobs } from '../support/trainingJobs.js';

let sandbox: SandboxProcess;
let jobs: TrainingJobs;
beforeAll(async () => {
  sandbox = await SandboxProcess.start();
  jobs = new TrainingJobs(sandbox);
});
afterAll(() => sandbox.stop());

const checkpoints = (name: string) => ({ CheckpointConfig: { S3Uri: `s3://jobs/checkpoints/${name}` } });
const spot = (name: string, seconds = 600): Partial<CreateTrainingJobCommandInput> => ({
  ...checkpoints(name),
  EnableManagedSpotTraining: true,
  StoppingCondition: { MaxRuntimeInSeconds: seconds, MaxWaitTimeInSeconds: seconds },
});

async function keys(prefix: string): Promise<string[]> {
  const { Contents = [] } = await jobs.s3.send(new ListObjectsV2Command({ Bucket: 'jobs', Prefix: prefix }));
  return Contents.map(({ Key = '' }) => Key.slice(prefix.length));
}

async function object(key: string): Promise<string> {
  const { Body } = await jobs.s3.send(new GetObjectCommand({ Bucket: 'jobs', Key: key }));
  return Body!.transformToString();
}

async function stop(TrainingJobName: string): Promise<DescribeTrainingJobCommandOutput> {
  await new SageMakerClient(sandbox.clientConfig).send(new StopTrainingJobCommand({ TrainingJobName }));
  return jobs.ended(TrainingJobName);
}

const statuses = (job: DescribeTrainingJobCommandOutput) => job.SecondaryStatusTransitions?.map(({ Status }) => Status);

describe('checkpoints', () => {
  test('go to S3 while the job runs, each when it is whole, and come back to the next job, which may write to them', async () => {
    const script = `
import os, time
folder = "/opt/ml/checkpoints"
os.makedirs(folder + "/deep")
open(folder + "/deep/one", "w").write("1")
half = open(folder + "/half", "w")
while not os.path.exists("/opt/ml/model/stop"):
    half.write("x")
    half.flush()
    time.sleep(0.05)
`;
    const first = await jobs.start(1, { 'train.py': script }, checkpoints('sync'));
    while ((await keys('checkpoints/sync/')).length === 0) await delay(100);
    // Written to all the time: it is not whole before the end.
    expect(await keys('checkpoints/sync/')).toEqual(['deep/one']);
    await stop(first);
    expect(await keys('checkpoints/sync/')).toEqual(['deep/one', 'half']);

    const next = `
import os
found = sorted(os.path.relpath(os.path.join(at, name), "/opt/ml/checkpoints") for at, _, names in os.walk("/opt/ml/checkpoints") for name in names)
print("found", found)
if os.environ["SM_CURRENT_HOST"] == "algo-2":
    open("/opt/ml/checkpoints/deep/one", "a").write(" and 2")
    os.remove("/opt/ml/checkpoints/half")
`;
    const second = await jobs.run(2, { 'train.py': next }, checkpoints('sync'));
    expect(second, second.FailureReason).toMatchObject({
      TrainingJobStatus: 'Completed',
      EnableManagedSpotTraining: false,
    });
    const logs = Object.values(await jobs.logs(second.TrainingJobName!));
    expect(logs).toHaveLength(2);
    for (const lines of logs) expect(lines).toContain("found ['deep/one', 'half']");
    // Only what a host has written goes up, and what it deletes stays.
    expect(await object('checkpoints/sync/deep/one')).toBe('1 and 2');
    expect(await keys('checkpoints/sync/')).toEqual(['deep/one', 'half']);
  });

  test('are kept when the job fails', async () => {
    const script = 'open("/opt/ml/checkpoints/last", "w").write("x")\nraise ValueError("after it")\n';
    const job = await jobs.run(1, { 'train.py': script }, checkpoints('failed'));
    expect(job.FailureReason).toContain('after it');
    expect(await keys('checkpoints/failed/')).toEqual(['last']);
  });

  test('may lie in another folder of /opt/ml', async () => {
    const script = 'open("/opt/ml/state/here/a", "w").write("x")\n';
    const more = { CheckpointConfig: { S3Uri: 's3://jobs/checkpoints/elsewhere/', LocalPath: '/opt/ml/state/here/' } };
    expect((await jobs.run(1, { 'train.py': script }, more)).FailureReason).toBeUndefined();
    expect(await keys('checkpoints/elsewhere/')).toEqual(['a']);
  });

  test('that cannot be had or taken end the job with the reason', async () => {
    const nowhere = await jobs.run(1, { 'train.py': '' }, { CheckpointConfig: { S3Uri: 's3://nowhere/c' } });
    expect(nowhere.FailureReason).toBe('ClientError: Checkpoint download failed:The bucket nowhere does not exist.');

    const bench = new TrainingBench();
    const script = 'import time\nopen("/opt/ml/checkpoints/a", "w").write("x")\ntime.sleep(600)\n';
    const spec = await bench.spec(script, {
      checkpoints: { s3Uri: `s3://${bucket}/c`, folder: 'checkpoints' },
      authorize: (action, resource) => {
        if (action === 's3:PutObject') throw new Error(`not authorized to perform: ${action} on ${resource}`);
      },
    });
    expect((await bench.run(spec)).outcome).toMatchObject({
      reason: `ClientError: Checkpoint upload failed:not authorized to perform: s3:PutObject on arn:aws:s3:::${bucket}/c/a`,
    });
    await bench.close();
  });
});

/** Counts to 40, one step a file: what is on S3 is not lost. The host says what it found, and what it was told. */
const counting = `
import json, os, signal, sys, time
me = os.environ["SM_CURRENT_HOST"]
file = f"/opt/ml/checkpoints/{me}.json"
step = json.load(open(file)) if os.path.exists(file) else 0
print("from", step, "model", os.listdir("/opt/ml/model"))
leaving = False
def leave(*_):
    global leaving
    leaving = True
signal.signal(signal.SIGTERM, leave if os.environ.get("POLITE") else signal.SIG_IGN)
open("/opt/ml/model/" + me, "w").write("x")
while step < 40:
    # Between two steps: what is written down and what is said are the same then.
    if leaving:
        print("told to leave at", step)
        sys.exit(0)
    step += 1
    json.dump(step, open(file + ".part", "w"))
    os.replace(file + ".part", file)
    print("step", step, "of 40")
    time.sleep(0.1)
`;

describe('managed spot training', () => {
  test('goes on from the checkpoint on a fresh host; the time without one is not billed', async () => {
    const name = await jobs.start(1, { 'train.py': counting }, { ...spot('one'), Environment: { POLITE: '1' } });
    await jobs.logged(name, 'step 5 of 40');
    expect(await jobs.control(`interrupt?job=${name}&grace=60&wait=3`)).toMatchObject({ status: 202 });
    const job = await jobs.ended(name);
    expect(job, job.FailureReason).toMatchObject({ TrainingJobStatus: 'Completed', EnableManagedSpotTraining: true });
    expect(statuses(job)).toEqual([
      ...['Starting', 'Downloading', 'Training', 'Interrupted'],
      ...['Starting', 'Downloading', 'Training', 'Uploading', 'Completed'],
    ]);
    const saved = job.TrainingTimeInSeconds! - job.BillableTimeInSeconds!;
    expect(saved).toBeGreaterThanOrEqual(2);

    const streams = Object.values(await jobs.streams(name));
    expect(streams).toHaveLength(2);
    const left = streams[0]!
      .find((line) => line.startsWith('told to leave at'))!
      .split(' ')
      .at(-1);
    expect(streams[1]).toContain(`from ${left} model []`);
    const steps = streams.flat().filter((line) => line.startsWith('step '));
    expect(steps).toEqual(Array.from({ length: 40 }, (_, index) => `step ${index + 1} of 40`));
  });

  test('takes the time that was announced, then every host at once', async () => {
    const name = await jobs.start(2, { 'train.py': counting }, spot('two'));
    await jobs.logged(name, 'step 5 of 40', 2);
    expect(await jobs.control(`interrupt?job=${name}&grace=0`)).toMatchObject({ status: 202 });
    const job = await jobs.ended(name);
    expect(job, job.FailureReason).toMatchObject({ TrainingJobStatus: 'Completed' });
    expect(Object.keys(await jobs.archive(name))).toEqual(['algo-1', 'algo-2']);
    for (const lines of Object.values(await jobs.logs(name))) {
      const starts = lines.flatMap((line) => /^from (\d+) model/.exec(line)?.[1] ?? []);
      expect(starts[0]).toBe('0');
      // Killed in the middle of a step at worst: what was written before is there.
      expect(Number(starts[1])).toBeGreaterThanOrEqual(5);
      expect(lines).toContain('step 40 of 40');
    }
  });

  test('ends when it has waited too long for instances, with its checkpoints kept', async () => {
    const name = await jobs.start(1, { 'train.py': counting }, spot('late', 4));
    await jobs.logged(name, 'step 2 of 40');
    expect(await jobs.control(`interrupt?job=${name}&grace=0&wait=600`)).toMatchObject({ status: 202 });
    const job = await jobs.ended(name);
    expect(job).toMatchObject({ TrainingJobStatus: 'Stopped', SecondaryStatus: 'MaxWaitTimeExceeded' });
    expect(job.ModelArtifacts?.S3ModelArtifacts).toBeUndefined();
    expect(await keys('checkpoints/late/')).toContain('algo-1.json');
  });

  test('can be stopped while it waits for instances', async () => {
    const name = await jobs.start(1, { 'train.py': counting }, spot('waiting'));
    await jobs.logged(name, 'step 2 of 40');
    await jobs.control(`interrupt?job=${name}&grace=0&wait=600`);
    while ((await jobs.describe(name)).SecondaryStatus !== 'Interrupted') await delay(50);
    expect((await jobs.control(`interrupt?job=${name}`)).answer).toEqual({
      message: `The training job ${name} is not training now: its status is Interrupted.`,
    });
    expect(await stop(name)).toMatchObject({ TrainingJobStatus: 'Stopped', SecondaryStatus: 'Stopped' });
  });

  test('a stop during the time that was announced wins: the job ends, with its model', async () => {
    const name = await jobs.start(1, { 'train.py': counting }, spot('stopped'));
    await jobs.logged(name, 'step 2 of 40');
    await jobs.control(`interrupt?job=${name}&grace=600`);
    expect(await stop(name)).toMatchObject({
      TrainingJobStatus: 'Stopped',
      ModelArtifacts: { S3ModelArtifacts: `s3://jobs/out/${name}/output/model.tar.gz` },
    });
  });

  test('only jobs that train on spot instances can be interrupted', async () => {
    const name = await jobs.start(1, { 'train.py': counting });
    await jobs.logged(name, 'step 2 of 40');
    expect(await jobs.control(`interrupt?job=${name}`)).toEqual({
      status: 409,
      answer: { message: `The training job ${name} does not use spot instances.` },
    });
    expect((await jobs.control('interrupt?job=nobody')).answer).toEqual({
      message: 'There is no training job nobody.',
    });
    expect(await jobs.control(`interrupt?job=${name}&grace=soon`)).toMatchObject({ status: 400 });
    await jobs.ended(name);
  });
});
