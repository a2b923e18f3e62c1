import { DescribeLogStreamsCommand, GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import {
  AddTagsCommand,
  CreateTrainingJobCommand,
  type CreateTrainingJobCommandInput,
  DeleteTagsCommand,
  DeleteTrainingJobCommand,
  DescribeTrainingJobCommand,
  ListTagsCommand,
  ListTrainingJobsCommand,
  type ListTrainingJobsCommandInput,
  SageMakerClient,
  StopTrainingJobCommand,
  UpdateTrainingJobCommand,
  waitUntilTrainingJobCompletedOrStopped,
} from '@aws-sdk/client-sagemaker';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createdJob, endedJob, type TrainingJob } from '../../src/sandbox/services/sagemaker/trainingRecord.js';
import { tarGz } from '../support/archives.js';
import { ControlPlane } from '../support/controlPlane.js';
import { trainingImage as image } from '../support/images.js';
import { localTraining } from '../support/localTraining.js';

let plane: ControlPlane;
let sagemaker: SageMakerClient;
let now = new Date('2026-11-01T00:00:00Z');
const clock = { now: () => now };
const later = (seconds: number) => (now = new Date(now.getTime() + seconds * 1000));

beforeAll(async () => {
  plane = await ControlPlane.start({ clock, concurrentJobs: 2 });
  ({ sagemaker } = plane.clients());
  await plane.put('data', 'dogs/1.jpg');
});
afterAll(() => plane.stop());

function request(name: string, more: Partial<CreateTrainingJobCommandInput> = {}): CreateTrainingJobCommandInput {
  return {
    TrainingJobName: name,
    RoleArn: plane.roleArn,
    AlgorithmSpecification: { TrainingImage: image, TrainingInputMode: 'File' },
    InputDataConfig: [channel('training', 's3://data/dogs')],
    OutputDataConfig: { S3OutputPath: 's3://data/out' },
    ResourceConfig: { InstanceType: 'ml.m5.xlarge', InstanceCount: 1, VolumeSizeInGB: 30 },
    StoppingCondition: { MaxRuntimeInSeconds: 3600 },
    ...more,
  };
}

function channel(ChannelName: string, S3Uri: string) {
  return { ChannelName, DataSource: { S3DataSource: { S3DataType: 'S3Prefix' as const, S3Uri } } };
}

const create = (name: string, more: Partial<CreateTrainingJobCommandInput> = {}) =>
  sagemaker.send(new CreateTrainingJobCommand(request(name, more)));
const describeJob = (TrainingJobName: string) => sagemaker.send(new DescribeTrainingJobCommand({ TrainingJobName }));
const stop = (TrainingJobName: string) => sagemaker.send(new StopTrainingJobCommand({ TrainingJobName }));

/** Lets the jobs of a test end, so that the next one finds the engine idle. */
function finish(...names: string[]): void {
  for (const name of names) plane.jobs.get(name).observer.ended({ status: 'Completed' }, undefined, now);
}

describe('a training job', () => {
  test('goes through its statuses as the engine tells', async () => {
    const { TrainingJobArn } = await create('life');
    expect(TrainingJobArn).toBe('arn:aws:sagemaker:us-east-1:123456789012:training-job/life');
    expect(await describeJob('life')).toMatchObject({ TrainingJobStatus: 'InProgress', SecondaryStatus: 'Starting' });

    const { observer } = plane.jobs.get('life');
    observer.phase('Starting', 'Preparing the instances for training', later(1));
    observer.phase('Downloading', 'Downloading input data', later(1));
    const started = now;
    observer.phase('Training', 'Training image download completed. Training in progress.', later(1));
    observer.metric('loss', 0.5, later(1));
    observer.metric('loss', 0.25, later(1));
    expect(await describeJob('life')).toMatchObject({
      SecondaryStatus: 'Training',
      FinalMetricDataList: [{ MetricName: 'loss', Value: 0.25, Timestamp: now }],
    });
    observer.phase('Uploading', 'Uploading generated training model', later(1));
    observer.ended({ status: 'Completed' }, 's3://data/out/life/output/model.tar.gz', later(1));

    const job = await describeJob('life');
    expect(job).toMatchObject({
      TrainingJobStatus: 'Completed',
      SecondaryStatus: 'Completed',
      TrainingStartTime: started,
      TrainingEndTime: now,
      TrainingTimeInSeconds: 5,
      BillableTimeInSeconds: 5,
      ModelArtifacts: { S3ModelArtifacts: 's3://data/out/life/output/model.tar.gz' },
      FinalMetricDataList: [{ MetricName: 'loss', Value: 0.25 }],
    });
    expect(job.SecondaryStatusTransitions?.map(({ Status, StatusMessage }) => `${Status} - ${StatusMessage}`)).toEqual([
      'Starting - Preparing the instances for training',
      'Downloading - Downloading input data',
      'Training - Training image download completed. Training in progress.',
      'Uploading - Uploading generated training model',
      'Completed - Training job completed',
    ]);
    expect(job.SecondaryStatusTransitions?.every(({ EndTime }) => EndTime !== undefined)).toBe(true);
  });

  test('is described with everything that was asked for, and SageMaker’s defaults', async () => {
    const asked = request('echo', {
      HyperParameters: { epochs: '5' },
      Environment: { A: 'b' },
      EnableNetworkIsolation: true,
      VpcConfig: { SecurityGroupIds: ['sg-1'], Subnets: ['subnet-1'] },
      DebugHookConfig: { S3OutputPath: 's3://data/debug', CollectionConfigurations: [] },
      ProfilerConfig: { S3OutputPath: 's3://data/profiler', DisableProfiler: true },
      DebugRuleConfigurations: [{ RuleConfigurationName: 'Overfit', RuleEvaluatorImage: 'rules' }],
    });
    await sagemaker.send(new CreateTrainingJobCommand(asked));
    const job = await describeJob('echo');
    const { InputDataConfig, OutputDataConfig, ...rest } = asked;
    expect(job).toMatchObject(rest);
    expect(job.OutputDataConfig).toEqual({ ...OutputDataConfig, KmsKeyId: '', CompressionType: 'GZIP' });
    expect(job.InputDataConfig).toMatchObject(InputDataConfig ?? []);
    expect(job).toMatchObject({ EnableManagedSpotTraining: false, ProfilingStatus: 'Disabled' });
    expect(job.DebugRuleEvaluationStatuses).toMatchObject([{ RuleEvaluationStatus: 'Error' }]);
    expect(plane.jobs.get('echo').spec).toMatchObject({
      ...{ hyperparameters: { epochs: '5' }, environment: { A: 'b' }, outputUri: 's3://data/out', compression: 'GZIP' },
      channels: [
        { name: 'training', s3Uri: 's3://data/dogs', s3DataType: 'S3Prefix', distribution: 'FullyReplicated' },
      ],
    });
    finish('echo');
  });

  test('fails with a reason of at most 1,024 characters', async () => {
    await create('fails');
    const { observer } = plane.jobs.get('fails');
    observer.ended({ status: 'Failed', reason: `AlgorithmError: ${'x'.repeat(2000)}` }, undefined, now);
    const job = await describeJob('fails');
    expect(job).toMatchObject({ TrainingJobStatus: 'Failed', SecondaryStatus: 'Failed' });
    expect(job.FailureReason).toHaveLength(1024);
    expect(job.TrainingTimeInSeconds).toBeUndefined();
  });

  test('on spot instances pays for the time in which it has some', async () => {
    await create('spot', {
      EnableManagedSpotTraining: true,
      StoppingCondition: { MaxRuntimeInSeconds: 60, MaxWaitTimeInSeconds: 600 },
      CheckpointConfig: { S3Uri: 's3://data/checkpoints/spot/' },
    });
    const { observer, spec } = plane.jobs.get('spot');
    expect(spec).toMatchObject({
      spot: { maxWaitSeconds: 600 },
      checkpoints: { s3Uri: 's3://data/checkpoints/spot/', folder: 'checkpoints' },
    });
    observer.phase('Starting', '', later(5));
    observer.phase('Downloading', '', later(5));
    observer.phase('Training', '', later(10));
    observer.phase('Interrupted', '', later(100));
    observer.phase('Starting', '', later(300));
    observer.phase('Downloading', '', later(5));
    observer.phase('Training', '', later(10));
    observer.phase('Uploading', '', later(50));
    observer.ended({ status: 'Completed' }, undefined, later(2));
    expect(await describeJob('spot')).toMatchObject({
      EnableManagedSpotTraining: true,
      TrainingTimeInSeconds: 477,
      BillableTimeInSeconds: 172,
    });
  });

  test('stops, and uploads what it has', async () => {
    await create('stops');
    const { observer } = plane.jobs.get('stops');
    observer.phase('Training', 'Training', now);
    await stop('stops');
    expect(await describeJob('stops')).toMatchObject({ TrainingJobStatus: 'Stopping', SecondaryStatus: 'Stopping' });
    expect(plane.jobs.get('stops').stopped).toBe(true);
    observer.phase('Uploading', 'Uploading generated training model', now);
    expect(await describeJob('stops')).toMatchObject({ TrainingJobStatus: 'Stopping', SecondaryStatus: 'Uploading' });
    observer.ended({ status: 'Stopped', secondary: 'Stopped' }, 's3://data/model', now);
    expect(await describeJob('stops')).toMatchObject({
      TrainingJobStatus: 'Stopped',
      SecondaryStatus: 'Stopped',
      ModelArtifacts: { S3ModelArtifacts: 's3://data/model' },
    });
    await expect(stop('stops')).rejects.toMatchObject({
      name: 'ValidationException',
      message: 'The request was rejected because the training job is in status Stopped.',
    });
  });

  test('waits while as many run as the machine can bear, and can be stopped while it waits', async () => {
    for (const name of ['busy-1', 'busy-2', 'waits', 'given-up']) await create(name);
    expect(await describeJob('waits')).toMatchObject({ TrainingJobStatus: 'InProgress', SecondaryStatus: 'Pending' });
    await stop('given-up');
    expect(await describeJob('given-up')).toMatchObject({ TrainingJobStatus: 'Stopped' });
    finish('busy-1');
    expect(plane.jobs.get('waits').spec.name).toBe('waits');
    finish('busy-2', 'waits');
    expect(plane.jobs.started.has('given-up')).toBe(false);
  });

  test('is deleted with its tags when it has ended, and its name is free again', async () => {
    const { TrainingJobArn } = await create('deleted', { Tags: [{ Key: 'a', Value: '1' }] });
    const remove = () => sagemaker.send(new DeleteTrainingJobCommand({ TrainingJobName: 'deleted' }));
    await expect(remove()).rejects.toMatchObject({ name: 'ResourceInUse' });
    finish('deleted');
    await remove();
    await expect(describeJob('deleted')).rejects.toMatchObject({
      name: 'ValidationException',
      message: 'Requested resource not found.',
    });
    await create('deleted');
    finish('deleted');
    const { Tags } = await sagemaker.send(new ListTagsCommand({ ResourceArn: TrainingJobArn }));
    expect(Tags).toEqual([]);
  });

  test('has tags', async () => {
    const { TrainingJobArn: ResourceArn } = await create('tagged', { Tags: [{ Key: 'a', Value: '1' }] });
    finish('tagged');
    await sagemaker.send(
      new AddTagsCommand({
        ResourceArn,
        Tags: [
          { Key: 'b', Value: '2' },
          { Key: 'a', Value: '3' },
        ],
      }),
    );
    await sagemaker.send(new DeleteTagsCommand({ ResourceArn, TagKeys: ['b', 'unknown'] }));
    expect((await sagemaker.send(new ListTagsCommand({ ResourceArn }))).Tags).toEqual([{ Key: 'a', Value: '3' }]);
    const many = Array.from({ length: 50 }, (_, index) => ({ Key: `k${index}`, Value: '' }));
    await expect(sagemaker.send(new AddTagsCommand({ ResourceArn, Tags: many }))).rejects.toThrow('more than 50 tags');
    const missing = 'arn:aws:sagemaker:us-east-1:123456789012:training-job/nothing';
    await expect(sagemaker.send(new ListTagsCommand({ ResourceArn: missing }))).rejects.toThrow('not found');
  });
});

describe('CreateTrainingJob refuses', () => {
  test('a name that is taken', async () => {
    await create('taken');
    finish('taken');
    await expect(create('taken')).rejects.toMatchObject({
      name: 'ResourceInUse',
      message:
        'Training job names must be unique within an AWS account and region, and a training job with this name already ' +
        'exists (arn:aws:sagemaker:us-east-1:123456789012:training-job/taken)',
    });
  });

  test('input that is not there, in one sentence for every reason', async () => {
    const sentence = (uri: string) => `No S3 objects found under S3 URL "${uri}" given in input data source.`;
    for (const uri of ['s3://data/cats', 's3://nowhere/dogs']) {
      await expect(create('no-input', { InputDataConfig: [channel('training', uri)] })).rejects.toThrow(sentence(uri));
    }
    const blind = plane.role('blind', [{ Effect: 'Allow', Action: 's3:GetObject', Resource: '*' }]);
    await expect(create('no-input', { RoleArn: blind.arn })).rejects.toThrow(sentence('s3://data/dogs'));
  });

  test('a role that SageMaker cannot assume', async () => {
    const stranger = plane.role('lambda-only', [], 'lambda.amazonaws.com');
    for (const RoleArn of [stranger.arn, 'arn:aws:iam::123456789012:role/nobody']) {
      await expect(create('no-role', { RoleArn })).rejects.toMatchObject({
        name: 'ValidationException',
        message:
          `Could not assume role ${RoleArn}. Please ensure that the role exists and allows principal ` +
          `'sagemaker.amazonaws.com' to assume the role.`,
      });
    }
    await expect(create('no-role', { RoleArn: 'arn:aws:iam::999999999999:role/other' })).rejects.toThrow(
      'Cross-account pass role is not allowed.',
    );
  });

  test('a caller who may create jobs but not pass the role', async () => {
    const { keys } = plane.role('creator', [{ Effect: 'Allow', Action: 'sagemaker:*', Resource: '*' }]);
    const own = plane.client(SageMakerClient, keys);
    await expect(own.send(new CreateTrainingJobCommand(request('no-pass')))).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringContaining(`iam:PassRole on resource: ${plane.roleArn}`) as string,
    });
  });

  test.each<[string, Partial<CreateTrainingJobCommandInput>, string]>([
    [
      'a channel twice',
      { InputDataConfig: [channel('a', 's3://data/dogs'), channel('a', 's3://data/dogs')] },
      "Channel names must be unique: 'a' is given more than once.",
    ],
    [
      'a waiting time without spot training',
      { StoppingCondition: { MaxRuntimeInSeconds: 60, MaxWaitTimeInSeconds: 120 } },
      'Invalid MaxWaitTimeInSeconds. It is only supported when EnableManagedSpotTraining is set to true',
    ],
    ...[undefined, 59].map((wait): [string, Partial<CreateTrainingJobCommandInput>, string] => [
      `spot training with a waiting time of ${wait} s for a run of 60`,
      {
        EnableManagedSpotTraining: true,
        StoppingCondition: { MaxRuntimeInSeconds: 60, MaxWaitTimeInSeconds: wait },
      },
      'Invalid MaxWaitTimeInSeconds. It must be present and be greater than or equal to MaxRuntimeInSeconds',
    ]),
    ['checkpoints that are not in S3', { CheckpointConfig: { S3Uri: 'https://data/c' } }, 'not an S3 location'],
    [
      'an unknown image',
      { AlgorithmSpecification: { TrainingImage: 'my/own:1', TrainingInputMode: 'File' } },
      'cannot run the image my/own:1',
    ],
    ['an output that is not in S3', { OutputDataConfig: { S3OutputPath: 'https://data/out' } }, 'not an S3 location'],
    [
      'no instance',
      { ResourceConfig: { InstanceType: 'ml.m5.large', InstanceCount: 0, VolumeSizeInGB: 1 } },
      "Value '0' at 'resourceConfig.instanceCount' failed to satisfy constraint",
    ],
  ])('%s', async (_, more, message) => {
    await expect(create('refused', more)).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining(message) as string,
    });
  });

  test('more than 20 instances, the quota of every account', async () => {
    const ResourceConfig = { InstanceType: 'ml.m5.large', InstanceCount: 21, VolumeSizeInGB: 1 } as const;
    await expect(create('refused', { ResourceConfig })).rejects.toMatchObject({
      name: 'ResourceLimitExceeded',
      message: expect.stringMatching(
        /^The account-level service limit '.*' is 20 Instances, with current .* a request delta of 21 Instances\./,
      ) as string,
    });
  });

  test.each<[string, Partial<CreateTrainingJobCommandInput>]>([
    ['pipe mode', { AlgorithmSpecification: { TrainingImage: image, TrainingInputMode: 'Pipe' } }],
    ['checkpoints outside of /opt/ml', { CheckpointConfig: { S3Uri: 's3://data/c', LocalPath: '/tmp/c' } }],
    ['sagemaker_pytorch_ddp_enabled', { HyperParameters: { sagemaker_pytorch_ddp_enabled: 'true' } }],
    ['MPI', { HyperParameters: { sagemaker_mpi_enabled: 'true' } }],
    [
      'file systems',
      {
        InputDataConfig: [
          {
            ChannelName: 'training',
            DataSource: {
              FileSystemDataSource: {
                FileSystemId: 'fs-12345678901',
                FileSystemAccessMode: 'ro',
                FileSystemType: 'EFS',
                DirectoryPath: '/',
              },
            },
          },
        ],
      },
    ],
  ])('%s, by its name', async (feature, more) => {
    await expect(create('refused', more)).rejects.toMatchObject({
      name: 'NotImplemented',
      message: expect.stringContaining(feature) as string,
    });
    await expect(describeJob('refused')).rejects.toThrow('Requested resource not found.');
  });

  test('operations that are not there yet', async () => {
    const update = new UpdateTrainingJobCommand({
      TrainingJobName: 'taken',
      ProfilerConfig: { DisableProfiler: true },
    });
    await expect(sagemaker.send(update)).rejects.toMatchObject({ name: 'NotImplemented' });
  });
});

describe('ListTrainingJobs', () => {
  let own: ControlPlane;
  const hour = (index: number) => new Date(Date.UTC(2026, 0, 1) + index * 3_600_000);

  beforeAll(async () => {
    own = await ControlPlane.start();
    // Ten thousand jobs, one an hour, every hundredth failed.
    own.store.transaction(() => {
      const jobs = own.store.collection<TrainingJob>('training-job');
      for (let index = 0; index < 10_000; index++) {
        const name = `job-${String(index).padStart(5, '0')}`;
        const job = createdJob({ ...request(name), RoleArn: own.roleArn }, `arn:${name}`, hour(index));
        const failed = { status: 'Failed', reason: 'AlgorithmError' } as const;
        const outcome = index % 100 === 0 ? failed : ({ status: 'Completed' } as const);
        jobs.put(name, endedJob(job, { outcome, artifacts: undefined, metrics: [] }, hour(index + 1)));
      }
    });
  });
  afterAll(() => own.stop());

  const list = async (input: ListTrainingJobsCommandInput) => {
    const client = own.client(SageMakerClient);
    const { TrainingJobSummaries: jobs = [], NextToken } = await client.send(new ListTrainingJobsCommand(input));
    return { names: jobs.map(({ TrainingJobName }) => TrainingJobName), NextToken };
  };

  test('gives the ten newest, and goes on from there', async () => {
    const first = await list({});
    expect(first.names).toHaveLength(10);
    expect(first.names[0]).toBe('job-09999');
    expect((await list({ NextToken: first.NextToken })).names[0]).toBe('job-09989');
  });

  test('cuts pages before it looks at status, name and modification time', async () => {
    const failed = await list({ StatusEquals: 'Failed', MaxResults: 100 });
    expect(failed.names).toEqual(['job-09900']);
    expect(failed.NextToken).toBeDefined();
    const named = await list({ NameContains: 'JOB-00000', MaxResults: 100 });
    expect(named.names).toEqual([]);
    expect(named.NextToken).toBeDefined();
    const modified = await list({ LastModifiedTimeBefore: hour(2), MaxResults: 100 });
    expect(modified.names).toEqual([]);
    expect(modified.NextToken).toBeDefined();
  });

  test('creation times bound the list itself: one call when nothing is new', async () => {
    expect(await list({ CreationTimeAfter: hour(9997), MaxResults: 100 })).toEqual({
      names: ['job-09999', 'job-09998'],
      NextToken: undefined,
    });
    expect(await list({ CreationTimeAfter: hour(9999) })).toEqual({ names: [], NextToken: undefined });
    expect(await list({ CreationTimeBefore: hour(1) })).toEqual({ names: ['job-00000'], NextToken: undefined });
  });

  test.each([
    ['Name', 'Ascending', 'job-00000'],
    ['Name', 'Descending', 'job-09999'],
    ['CreationTime', 'Ascending', 'job-00000'],
    ['Status', 'Ascending', 'job-00001'],
    ['Status', 'Descending', 'job-09900'],
  ] as const)('sorts by %s, %s', async (SortBy, SortOrder, expected) => {
    expect((await list({ SortBy, SortOrder })).names[0]).toBe(expected);
  });

  test('refuses a token of another order', async () => {
    const { NextToken } = await list({ SortBy: 'Name' });
    await expect(list({ SortBy: 'Status', NextToken })).rejects.toMatchObject({ name: 'ValidationException' });
    await expect(list({ NextToken: 'nonsense' })).rejects.toMatchObject({ name: 'ValidationException' });
  });
});

test('a job that ends while the disk is full is written down when there is room again', async () => {
  await create('full');
  const room = (pages: number) => plane.store.database.exec(`PRAGMA max_page_count = ${pages}`);
  room(1);
  const { observer } = plane.jobs.get('full');
  const reason = `AlgorithmError: ${'x'.repeat(1000)}`;
  observer.metric('x'.repeat(1_000_000), 1, now);
  observer.ended({ status: 'Failed', reason }, undefined, now);
  expect(await describeJob('full')).toMatchObject({ SecondaryStatus: 'Starting' });
  room(1_000_000);
  await vi.waitFor(async () => expect((await describeJob('full')).FailureReason).toBe(reason), 10_000);
});

test('after a kill, jobs that were running have failed and say so; those that waited wait again', async () => {
  const before = await ControlPlane.start({ concurrentJobs: 1 });
  await before.put('data', 'dogs/1.jpg');
  const clientBefore = before.client(SageMakerClient);
  for (const name of ['running', 'waiting']) {
    await clientBefore.send(new CreateTrainingJobCommand({ ...request(name), RoleArn: before.roleArn }));
  }
  before.jobs.get('running').observer.phase('Training', 'Training', new Date());
  await before.abandon();

  const after = await ControlPlane.start({ folder: before.folder, concurrentJobs: 1 });
  const client = after.client(SageMakerClient);
  const job = await client.send(new DescribeTrainingJobCommand({ TrainingJobName: 'running' }));
  expect(job).toMatchObject({
    TrainingJobStatus: 'Failed',
    FailureReason: 'InternalServerError: the sandbox ended while this job was running. Start the job again.',
  });
  expect(after.jobs.get('waiting').spec.channels).toHaveLength(1);
  await after.stop();
});

describe('with the real engine', () => {
  let own: ControlPlane;

  beforeAll(async () => {
    own = await ControlPlane.start({ training: localTraining });
    await own.put('data', 'dogs/1.jpg');
  });
  afterAll(() => own.stop());

  test('a script trains, its log, metrics and model are there', async () => {
    const script = [
      'import os',
      'print("files", os.listdir(os.environ["SM_CHANNEL_TRAINING"]))',
      'print("loss=0.5")',
      'print("loss=0.125")',
      'open(os.path.join(os.environ["SM_MODEL_DIR"], "weights"), "w").write("w")',
    ];
    await upload(own, 'train.py', script.join('\n'));
    const client = own.client(SageMakerClient);
    await client.send(
      new CreateTrainingJobCommand({
        ...request('real'),
        RoleArn: own.roleArn,
        AlgorithmSpecification: {
          TrainingImage: image,
          TrainingInputMode: 'File',
          MetricDefinitions: [{ Name: 'loss', Regex: 'loss=([0-9.]+)' }],
        },
        HyperParameters: {
          sagemaker_program: '"train.py"',
          sagemaker_submit_directory: '"s3://data/source/sourcedir.tar.gz"',
        },
      }),
    );
    await waitUntilTrainingJobCompletedOrStopped(
      { client, maxWaitTime: 100, minDelay: 0.1, maxDelay: 0.2 },
      { TrainingJobName: 'real' },
    );
    const job = await client.send(new DescribeTrainingJobCommand({ TrainingJobName: 'real' }));
    expect(job).toMatchObject({
      TrainingJobStatus: 'Completed',
      ModelArtifacts: { S3ModelArtifacts: 's3://data/out/real/output/model.tar.gz' },
      FinalMetricDataList: [{ MetricName: 'loss', Value: 0.125 }],
    });
    const statuses = job.SecondaryStatusTransitions?.map(({ Status }) => Status);
    expect(statuses).toEqual(['Starting', 'Downloading', 'Training', 'Uploading', 'Completed']);
    expect(own.objects.get('data', 'out/real/output/model.tar.gz')?.size).toBeGreaterThan(0);
    expect(await logOf(own, 'real')).toContain("files ['1.jpg']");
  });

  test('a role that may not write the model fails the job', async () => {
    const reader = own.role('reader', [{ Effect: 'Allow', Action: ['s3:ListBucket', 's3:GetObject'], Resource: '*' }]);
    await upload(own, 'train.py', 'import os; open(os.environ["SM_MODEL_DIR"] + "/w", "w").write("w")');
    const client = own.client(SageMakerClient);
    await client.send(
      new CreateTrainingJobCommand({
        ...request('read-only'),
        RoleArn: reader.arn,
        HyperParameters: {
          sagemaker_program: '"train.py"',
          sagemaker_submit_directory: '"s3://data/source/sourcedir.tar.gz"',
        },
      }),
    );
    const ended = waitUntilTrainingJobCompletedOrStopped(
      { client, maxWaitTime: 100, minDelay: 0.1, maxDelay: 0.2 },
      { TrainingJobName: 'read-only' },
    );
    await expect(ended).rejects.toThrow();
    const job = await client.send(new DescribeTrainingJobCommand({ TrainingJobName: 'read-only' }));
    expect(job.TrainingJobStatus).toBe('Failed');
    expect(job.FailureReason).toContain('s3:PutObject');
  });
});

async function upload(to: ControlPlane, name: string, text: string): Promise<void> {
  await to.put('data', 'source/.keep');
  await to.objects.put('data', 'source/sourcedir.tar.gz', await tarGz({ [name]: text }));
}

async function logOf(of: ControlPlane, job: string): Promise<string> {
  const { logs } = of.clients();
  const logGroupName = '/aws/sagemaker/TrainingJobs';
  const { logStreams = [] } = await logs.send(
    new DescribeLogStreamsCommand({ logGroupName, logStreamNamePrefix: `${job}/` }),
  );
  const logStreamName = logStreams[0]?.logStreamName ?? '';
  const { events = [] } = await logs.send(
    new GetLogEventsCommand({ logGroupName, logStreamName, startFromHead: true }),
  );
  return events.map(({ message }) => message).join('\n');
}
