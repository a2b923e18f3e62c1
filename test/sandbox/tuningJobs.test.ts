import { readFileSync } from 'node:fs';
import path from 'node:path';
import { GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import {
  AddTagsCommand,
  CreateHyperParameterTuningJobCommand,
  type CreateHyperParameterTuningJobCommandInput,
  DeleteHyperParameterTuningJobCommand,
  DeleteTrainingJobCommand,
  DescribeTrainingJobCommand,
  ListHyperParameterTuningJobsCommand,
  ListTagsCommand,
  ListTrainingJobsForHyperParameterTuningJobCommand,
  type ListTrainingJobsForHyperParameterTuningJobCommandInput,
  SageMakerClient,
  StopHyperParameterTuningJobCommand,
} from '@aws-sdk/client-sagemaker';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { tarGz } from '../support/archives.js';
import { ControlPlane } from '../support/controlPlane.js';
import { localTraining } from '../support/localTraining.js';
import {
  createTuning,
  describeTuning,
  distanceScript,
  range,
  trialsOf,
  type TuningChanges,
  tuningEnd,
  tuningState,
} from '../support/tuning.js';

let plane: ControlPlane;
let client: SageMakerClient;

beforeAll(async () => {
  plane = await ControlPlane.start({ training: localTraining, concurrentJobs: 4 });
  client = plane.client(SageMakerClient);
  await plane.put('data', 'dogs/1.jpg');
});
afterAll(() => plane.stop());

/** Puts a script where a tuning job finds it. */
async function source(script: string, key = `source/${script.length}.tar.gz`): Promise<string> {
  await plane.objects.put('data', key, await tarGz({ 'train.py': script }));
  return `s3://data/${key}`;
}

const create = async (changes: Partial<TuningChanges> & { name: string; script?: string }) =>
  createTuning(client, {
    ...{ roleArn: plane.roleArn, source: await source(changes.script ?? distanceScript) },
    ...changes,
  });

async function finished(changes: Partial<TuningChanges> & { name: string; script?: string }) {
  await create(changes);
  const job = await tuningEnd(client, changes.name);
  return { job, trials: await trialsOf(client, changes.name) };
}

async function logOf(name: string): Promise<string[]> {
  const { events = [] } = await plane.clients().logs.send(
    new GetLogEventsCommand({
      ...{ logGroupName: '/aws/sagemaker/HyperParameterTuningJobs', logStreamName: name, startFromHead: true },
    }),
  );
  return events.map(({ message = '' }) => message);
}

describe('a tuning job', () => {
  test('runs its trials as training jobs and finds the best of them', async () => {
    const { job, trials } = await finished({ name: 'whole', jobs: 4, parallel: 2 });
    expect(job).toMatchObject({
      HyperParameterTuningJobArn: 'arn:aws:sagemaker:us-east-1:123456789012:hyper-parameter-tuning-job/whole',
      HyperParameterTuningJobStatus: 'Completed',
      TrainingJobStatusCounters: { Completed: 4, InProgress: 0, RetryableError: 0, NonRetryableError: 0, Stopped: 0 },
      ObjectiveStatusCounters: { Succeeded: 4, Pending: 0, Failed: 0 },
    });
    expect(trials.map(({ TrainingJobName }) => TrainingJobName)).toEqual(
      ['001', '002', '003', '004'].map((number) => expect.stringMatching(`^whole-${number}-[0-9a-f]{8}$`) as unknown),
    );
    const losses = trials.map(({ FinalHyperParameterTuningJobObjectiveMetric: final }) => final?.Value ?? NaN);
    trials.forEach(({ TunedHyperParameters }, index) => {
      expect((Number(TunedHyperParameters?.['lr']) - 3) ** 2).toBeCloseTo(losses[index]!);
    });
    expect(job.BestTrainingJob).toMatchObject({
      TrainingJobStatus: 'Completed',
      ObjectiveStatus: 'Succeeded',
      FinalHyperParameterTuningJobObjectiveMetric: { MetricName: 'loss', Value: Math.min(...losses) },
    });
    expect(job.OverallBestTrainingJob).toBeUndefined();

    const TrainingJobName = trials[0]?.TrainingJobName;
    const training = await client.send(new DescribeTrainingJobCommand({ TrainingJobName }));
    expect(training).toMatchObject({
      TuningJobArn: job.HyperParameterTuningJobArn,
      HyperParameters: { ...trials[0]?.TunedHyperParameters, _tuning_objective_metric: 'loss' },
      ResourceConfig: { InstanceType: 'ml.m5.large' },
      ModelArtifacts: { S3ModelArtifacts: `s3://data/out/${TrainingJobName}/output/model.tar.gz` },
    });
    const log = await logOf('whole');
    expect(log[0]).toMatch(/^Search by Optuna \d\S+ \(\/.*\): RandomSampler, seed \d+$/);
    expect(log.at(-1)).toBe('The tuning job is Completed');
  });

  test('that SDK v2’s tuner.fit asks for is accepted as it was sent, and runs', async () => {
    const sent = path.join(import.meta.dirname, '../fixtures/tunerFitRequest.json');
    const request = JSON.parse(readFileSync(sent, 'utf8')) as CreateHyperParameterTuningJobCommandInput;
    const definition = request.TrainingJobDefinition!;
    const bucket = 'sagemaker-us-east-1-123456789012';
    const { arn } = plane.role('r', [{ Effect: 'Allow', Action: 's3:*', Resource: '*' }]);
    expect(definition.RoleArn).toBe(arn);
    await plane.put('mybucket', 'train/1.jpg');
    await plane.put(bucket, '.keep');
    const script = `
import argparse, json, os
parser = argparse.ArgumentParser()
parser.add_argument("--learning_rate", type=float)
parser.add_argument("--batch_size", type=int)
parser.add_argument("--hidden", type=int)
arguments = parser.parse_args()
print("Testing Loss: %.4f" % (arguments.learning_rate * arguments.batch_size / arguments.hidden))
`;
    const key = definition.StaticHyperParameters!['sagemaker_submit_directory']!.slice(`"s3://${bucket}/`.length, -1);
    await plane.objects.put(bucket, key, await tarGz({ 'hpo.py': script }));

    await client.send(new CreateHyperParameterTuningJobCommand(request));
    const name = request.HyperParameterTuningJobName!;
    const job = await tuningEnd(client, name);
    expect(job.HyperParameterTuningJobStatus).toBe('Completed');
    expect(job.HyperParameterTuningJobConfig).toEqual(request.HyperParameterTuningJobConfig);
    // What `attach` reads: it takes this name out, and fails when it is not there.
    expect(job.TrainingJobDefinition?.StaticHyperParameters?.['_tuning_objective_metric']).toBe('"Test Loss"');
    const resources = definition.HyperParameterTuningResourceConfig;
    expect(job.TrainingJobDefinition).toMatchObject({
      HyperParameterTuningResourceConfig: resources,
      ResourceConfig: resources,
    });
    const { TrainingJobName, TunedHyperParameters: tuned = {} } = job.BestTrainingJob!;
    expect(Object.keys(tuned).sort()).toEqual(['batch_size', 'hidden', 'learning_rate']);
    expect(tuned['batch_size']).toMatch(/^"(32|64|128|256|512)"$/);
    const training = await client.send(new DescribeTrainingJobCommand({ TrainingJobName }));
    expect(training).toMatchObject({
      HyperParameters: { ...definition.StaticHyperParameters, ...tuned },
      ResourceConfig: definition.HyperParameterTuningResourceConfig,
      OutputDataConfig: { KmsKeyId: '' },
    });
  });

  test('has tags, which its trials get when they start', async () => {
    const { HyperParameterTuningJobArn: ResourceArn } = await create({
      name: 'tagged',
      jobs: 2,
      more: { Tags: [{ Key: 'a', Value: '1' }] },
    });
    const { Tags } = await client.send(new ListTagsCommand({ ResourceArn }));
    expect(Tags).toEqual([{ Key: 'a', Value: '1' }]);
    await tuningState(client, 'tagged', ({ TrainingJobStatusCounters: counters }) => counters?.InProgress === 1);
    await client.send(new AddTagsCommand({ ResourceArn, Tags: [{ Key: 'b', Value: '2' }] }));
    await tuningEnd(client, 'tagged');
    const tagsOf = async (of: string | undefined) =>
      (await client.send(new ListTagsCommand({ ResourceArn: of }))).Tags?.map(({ Key }) => Key);
    const [first, second] = await trialsOf(client, 'tagged');
    expect(await tagsOf(first?.TrainingJobArn)).toEqual(['a']);
    expect(await tagsOf(second?.TrainingJobArn)).toEqual(['a', 'b']);
  });

  test('is deleted when it has ended; its training jobs stay', async () => {
    await create({ name: 'deleted', jobs: 1 });
    const remove = () =>
      client.send(new DeleteHyperParameterTuningJobCommand({ HyperParameterTuningJobName: 'deleted' }));
    await expect(remove()).rejects.toMatchObject({ name: 'ResourceInUse' });
    await tuningEnd(client, 'deleted');
    const [trial] = await trialsOf(client, 'deleted');
    await remove();
    const gone = {
      name: 'ResourceNotFound',
      message: expect.stringContaining('called deleted. Type another') as string,
    };
    await expect(describeTuning(client, 'deleted')).rejects.toMatchObject(gone);
    await expect(trialsOf(client, 'deleted')).rejects.toMatchObject(gone);
    await client.send(new DescribeTrainingJobCommand({ TrainingJobName: trial?.TrainingJobName }));
    await create({ name: 'deleted', jobs: 1 });
    await tuningEnd(client, 'deleted');
  });

  test('still lists a trial whose training job was deleted', async () => {
    const { trials } = await finished({ name: 'kept', jobs: 1 });
    await client.send(new DeleteTrainingJobCommand({ TrainingJobName: trials[0]?.TrainingJobName }));
    expect(await trialsOf(client, 'kept')).toEqual(trials);
  });
});

describe('a search', () => {
  test('gives the same trials for the same seed when they run one after another', async () => {
    const ranges = {
      ContinuousParameterRanges: [range('lr', '0', '10')],
      IntegerParameterRanges: [range('steps', '1', '100')],
    };
    // More than the start-up trials, so that the results so far have a say.
    const script = 'import os\nprint("loss=" + os.environ["SM_HP_LR"])';
    const tuned = async (name: string, config: object) => {
      const { trials } = await finished({ name, jobs: 6, script, config: { ParameterRanges: ranges, ...config } });
      return trials.map(({ TunedHyperParameters }) => TunedHyperParameters);
    };
    const bayesian = await tuned('seed-1', { Strategy: 'Bayesian', RandomSeed: 1 });
    expect(await tuned('seed-2', { Strategy: 'Bayesian', RandomSeed: 1 })).toEqual(bayesian);
    expect(await tuned('seed-3', { Strategy: 'Bayesian', RandomSeed: 2 })).not.toEqual(bayesian);
  });
});
test('a warm start uses what its parents found, and names the best of all', async () => {
  const parent = await finished({ name: 'parent', jobs: 3, config: { RandomSeed: 1 } });
  const WarmStartConfig = {
    WarmStartType: 'IdenticalDataAndAlgorithm' as const,
    ParentHyperParameterTuningJobs: [{ HyperParameterTuningJobName: 'parent' }],
  };
  // Far from the optimum: the parent's best stays the best.
  const far = { ContinuousParameterRanges: [range('lr', '7', '30')] };
  const { job } = await finished({
    name: 'child',
    ...{ jobs: 1, config: { Strategy: 'Bayesian', ParameterRanges: far }, more: { WarmStartConfig } },
  });
  expect(job.WarmStartConfig).toEqual(WarmStartConfig);
  expect(job.BestTrainingJob?.TrainingJobName).toMatch(/^child-001/);
  expect(job.OverallBestTrainingJob).toEqual(parent.job.BestTrainingJob);
  const inRange = parent.trials.filter(({ TunedHyperParameters }) => Number(TunedHyperParameters?.['lr']) >= 7);
  expect((await logOf('child'))[0]).toContain(`; ${inRange.length} of 3 earlier trials lie in the ranges`);

  const other = { HyperParameterTuningJobObjective: { Type: 'Maximize' as const, MetricName: 'loss' } };
  await expect(create({ name: 'stranger', config: other, more: { WarmStartConfig } })).rejects.toThrow(
    'The objective of the parent tuning job parent is another one',
  );
});

describe('trials', () => {
  test('that crash in one corner are no result, and the others go on', async () => {
    const kinds = { CategoricalParameterRanges: [{ Name: 'kind', Values: ['crash', 'a', 'b', 'c'] }] };
    const { job, trials } = await finished({
      name: 'corner',
      ...{ jobs: undefined, parallel: 2, config: { Strategy: 'Grid', ParameterRanges: kinds } },
    });
    expect(job).toMatchObject({
      HyperParameterTuningJobStatus: 'Completed',
      TrainingJobStatusCounters: { Completed: 3, NonRetryableError: 1 },
      ObjectiveStatusCounters: { Succeeded: 3, Failed: 1 },
    });
    const crashed = trials.find(({ TunedHyperParameters }) => TunedHyperParameters?.['kind'] === 'crash');
    expect(crashed).toMatchObject({ TrainingJobStatus: 'Failed', ObjectiveStatus: 'Failed' });
    expect(crashed?.FailureReason).toContain('this corner crashes');
    expect(crashed?.FinalHyperParameterTuningJobObjectiveMetric).toBeUndefined();
  });

  test('that all crash end the tuning job after five', async () => {
    const { job, trials } = await finished({ name: 'hopeless', jobs: 9, script: 'raise SystemExit(1)' });
    expect(job).toMatchObject({
      HyperParameterTuningJobStatus: 'Failed',
      FailureReason:
        'No training job succeeded after 5 attempts. For additional details, please take a look at the training job ' +
        'failures by listing training jobs for the hyperparameter tuning job.',
      TrainingJobStatusCounters: { NonRetryableError: 5 },
    });
    expect(trials).toHaveLength(5);
    expect(job.BestTrainingJob).toBeUndefined();
  });

  test('without a number for their objective fail the tuning job, and say so', async () => {
    const { job } = await finished({ name: 'not-a-number', jobs: 2, script: 'print("loss=nan")' });
    expect(job).toMatchObject({
      HyperParameterTuningJobStatus: 'Failed',
      TrainingJobStatusCounters: { Completed: 2 },
      ObjectiveStatusCounters: { Succeeded: 0, Failed: 2 },
    });
    expect(job.FailureReason).toContain('No objective metrics found after running 2 training jobs.');
  });

  test('have the value that they printed last, however it is written', async () => {
    const { trials } = await finished({
      name: 'twice',
      ...{ jobs: 1, script: 'print("loss=7 loss=8")\nprint("loss=2.5e-3")' },
    });
    expect(trials[0]?.FinalHyperParameterTuningJobObjectiveMetric?.Value).toBe(2.5e-3);
  });
});

describe('StopHyperParameterTuningJob', () => {
  const stop = (name: string) =>
    client.send(new StopHyperParameterTuningJobCommand({ HyperParameterTuningJobName: name }));
  const patient = 'import time\nprint("loss=0.5", flush=True)\ntime.sleep(600)';

  test('stops the trials that run, whose values count, and starts no more', async () => {
    await create({ name: 'stopped', jobs: 9, parallel: 2, script: patient });
    await tuningState(client, 'stopped', ({ TrainingJobStatusCounters: counters }) => counters?.InProgress === 2);
    const [first] = await trialsOf(client, 'stopped');
    await printed(first?.TrainingJobName);
    await stop('stopped');
    await stop('stopped'); // A second time while it is Stopping says nothing.
    const job = await tuningEnd(client, 'stopped');
    expect(job).toMatchObject({
      HyperParameterTuningJobStatus: 'Stopped',
      TrainingJobStatusCounters: { Stopped: 2, InProgress: 0 },
      BestTrainingJob: { TrainingJobStatus: 'Stopped', ObjectiveStatus: 'Succeeded' },
    });
    expect(await trialsOf(client, 'stopped')).toHaveLength(2);
    await expect(stop('stopped')).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining('in status Stopped') as string,
    });
  });

  test('leaves another tuning job alone', async () => {
    await create({ name: 'one', jobs: 3, parallel: 1, script: patient });
    await create({ name: 'other', jobs: 3, parallel: 1 });
    await stop('one');
    expect((await tuningEnd(client, 'other')).HyperParameterTuningJobStatus).toBe('Completed');
    expect((await tuningEnd(client, 'one')).HyperParameterTuningJobStatus).toBe('Stopped');
  });

  /** Waits until a job has printed its objective. */
  async function printed(TrainingJobName: string | undefined): Promise<void> {
    for (;;) {
      const { FinalMetricDataList } = await client.send(new DescribeTrainingJobCommand({ TrainingJobName }));
      if (FinalMetricDataList?.length) return;
    }
  }
});

describe('a tuning job ends before its budget is spent', () => {
  test('when the target is reached', async () => {
    const { job } = await finished({
      name: 'target',
      jobs: 9,
      config: { TuningJobCompletionCriteria: { TargetObjectiveMetricValue: 1000 } },
    });
    expect(job).toMatchObject({
      HyperParameterTuningJobStatus: 'Completed',
      ObjectiveStatusCounters: { Succeeded: 1 },
    });
  });

  test('when nothing gets better any more', async () => {
    const { job } = await finished({
      name: 'plateau',
      ...{ jobs: 9, script: 'print("loss=1")' },
      config: {
        TuningJobCompletionCriteria: { BestObjectiveNotImproving: { MaxNumberOfTrainingJobsNotImproving: 3 } },
      },
    });
    expect(job).toMatchObject({
      HyperParameterTuningJobStatus: 'Completed',
      TrainingJobStatusCounters: { Completed: 4 },
      TuningJobCompletionDetails: { NumberOfTrainingJobsObjectiveNotImproving: 3 },
    });
  });
});

test('a trial that is worse than the median of the others is stopped early, and its value counts', async () => {
  const { job, trials } = await finished({
    name: 'early',
    config: { TrainingJobEarlyStoppingType: 'Auto' },
    script: `
import os, time
number = int(os.environ["TRAINING_JOB_NAME"].split("-")[1])
for epoch in range(3):
    print("loss=%r" % (9.5 if number == 2 else 3 / number - epoch / 10), flush=True)
    # The second one waits to be stopped.
    time.sleep(600 if number == 2 else 0.2)
`,
  });
  expect(job).toMatchObject({
    HyperParameterTuningJobStatus: 'Completed',
    TrainingJobStatusCounters: { Completed: 2, Stopped: 1 },
    ObjectiveStatusCounters: { Succeeded: 3 },
  });
  expect(trials[1]).toMatchObject({
    TrainingJobStatus: 'Stopped',
    FinalHyperParameterTuningJobObjectiveMetric: { Value: 9.5 },
  });
  expect((await logOf('early')).some((line) => line.includes('is stopped early: its value 1, 9.5, is worse'))).toBe(
    true,
  );
});

describe('ListTrainingJobsForHyperParameterTuningJob', () => {
  const list = (more: Partial<ListTrainingJobsForHyperParameterTuningJobCommandInput>) =>
    client.send(
      new ListTrainingJobsForHyperParameterTuningJobCommand({ HyperParameterTuningJobName: 'listed', ...more }),
    );
  const numbers = async (more: Partial<ListTrainingJobsForHyperParameterTuningJobCommandInput>) =>
    (await list(more)).TrainingJobSummaries?.map(({ TrainingJobName = '' }) => Number(TrainingJobName.split('-')[1]));

  beforeAll(async () => {
    // The third of four trials crashes; the objectives are 4, 3, none, 1.
    await finished({
      name: 'listed',
      jobs: 4,
      script: `
import os
number = int(os.environ["TRAINING_JOB_NAME"].split("-")[1])
assert number != 3
print("loss=%d" % (5 - number))
`,
    });
  });

  test.each<[Partial<ListTrainingJobsForHyperParameterTuningJobCommandInput>, number[]]>([
    [{}, [1, 2, 3, 4]],
    [{ SortBy: 'Name', SortOrder: 'Descending' }, [4, 3, 2, 1]],
    [{ SortBy: 'CreationTime' }, [1, 2, 3, 4]],
    [{ SortBy: 'Status' }, [1, 2, 4, 3]],
    [{ SortBy: 'FinalObjectiveMetricValue' }, [4, 2, 1]],
    [{ SortBy: 'FinalObjectiveMetricValue', SortOrder: 'Descending' }, [1, 2, 4]],
    [{ StatusEquals: 'Failed' }, [3]],
    [{ MaxResults: 3 }, [1, 2, 3]],
  ])('%j gives %j', async (input, expected) => {
    expect(await numbers(input)).toEqual(expected);
  });

  test('goes on from a token', async () => {
    const { NextToken } = await list({ SortBy: 'FinalObjectiveMetricValue', MaxResults: 2 });
    expect(await numbers({ SortBy: 'FinalObjectiveMetricValue', NextToken })).toEqual([1]);
  });

  test('ListHyperParameterTuningJobs has counters, and filters', async () => {
    const find = async (more: object) => {
      const page = await client.send(new ListHyperParameterTuningJobsCommand({ MaxResults: 100, ...more }));
      return page.HyperParameterTuningJobSummaries ?? [];
    };
    expect(await find({ NameContains: 'LISTED' })).toMatchObject([
      {
        ...{ HyperParameterTuningJobName: 'listed', HyperParameterTuningJobStatus: 'Completed', Strategy: 'Random' },
        TrainingJobStatusCounters: { Completed: 3, NonRetryableError: 1 },
        ObjectiveStatusCounters: { Succeeded: 3, Failed: 1 },
        ResourceLimits: { MaxNumberOfTrainingJobs: 4, MaxParallelTrainingJobs: 1 },
      },
    ]);
    const [{ CreationTime = new Date(0) } = {}] = await find({ NameContains: 'listed' });
    const names = async (more: object) => (await find(more)).map(({ HyperParameterTuningJobName: name }) => name);
    expect(await names({ CreationTimeAfter: CreationTime })).not.toContain('listed');
    expect(await names({ StatusEquals: 'Failed' })).not.toContain('listed');
    expect(await names({ SortBy: 'CreationTime', SortOrder: 'Descending' })).toContain('listed');
  });
});
