import {
  CreateHyperParameterTuningJobCommand,
  type HyperParameterTuningJobConfig,
  SageMakerClient,
} from '@aws-sdk/client-sagemaker';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { NoOptunaError } from '../../src/sandbox/engines/tuning.js';
import { OptunaSearches } from '../../src/sandbox/engines/tuning/tuningEngine.js';
import { ControlPlane } from '../support/controlPlane.js';
import { createTuning, describeTuning, range, type TuningChanges, tuningRequest } from '../support/tuning.js';

let plane: ControlPlane;
let client: SageMakerClient;

beforeAll(async () => {
  plane = await ControlPlane.start();
  client = plane.client(SageMakerClient);
});
afterAll(() => plane.stop());

const request = (changes: Partial<TuningChanges>) =>
  tuningRequest({ name: 'refused', roleArn: plane.roleArn, source: 's3://data/source.tar.gz', ...changes });
const create = (changes: Partial<TuningChanges>) =>
  client.send(new CreateHyperParameterTuningJobCommand(request(changes)));
const continuous = (
  MinValue: string,
  MaxValue: string,
  ScalingType: 'Auto' | 'Logarithmic' | 'ReverseLogarithmic',
) => ({
  ParameterRanges: { ContinuousParameterRanges: [{ ...range('lr', MinValue, MaxValue), ScalingType }] },
});
const categories = (count: number) => ({
  CategoricalParameterRanges: [{ Name: 'kind', Values: Array.from({ length: count }, (_, index) => `v${index}`) }],
});
const tooFew = (combinations: string, jobs: number) =>
  `You don't have enough combinations of hyperparameter ranges. The total number of hyperparameter combinations for the ` +
  `provided ranges [${combinations}] must be equal or greater than the value of MaxNumberOfJobs, [${jobs}]. Provide ` +
  'additional ranges.';

describe('CreateHyperParameterTuningJob refuses', () => {
  test.each<[string, Partial<TuningChanges>, string]>([
    [
      'a range the wrong way round',
      { config: continuous('2', '1', 'Auto') },
      'MinValue 2 must be less than MaxValue 1',
    ],
    ['a range of one value', { config: continuous('1', '1', 'Auto') }, 'The range of lr is empty'],
    ['a bound that is no number', { config: continuous('low', '1', 'Auto') }, "the bound 'low', which is not a number"],
    [
      'an integer range of fractions',
      { config: { ParameterRanges: { IntegerParameterRanges: [range('steps', '1', '2.5')] } } },
      "the bound '2.5', which is not an integer",
    ],
    [
      'a logarithm through zero',
      { config: continuous('0', '1', 'Logarithmic') },
      'Logarithmic scaling works only for values greater than 0: the range of lr begins at 0.',
    ],
    [
      'a reverse logarithm beyond one',
      { config: continuous('0.5', '1', 'ReverseLogarithmic') },
      'Reverse logarithmic scaling works only within 0 <= x < 1.0',
    ],
    [
      'more than thirty categories',
      { config: { ParameterRanges: categories(31) } },
      'Member must have length less than or equal to 30',
    ],
    [
      'a name of more than 32 characters',
      { name: 'n'.repeat(33) },
      "at 'hyperParameterTuningJobName' failed to satisfy constraint: Member must have length less than or equal to 32",
    ],
    ['more jobs than combinations', { config: { ParameterRanges: categories(2) } }, tooFew('2.0', 3)],
    [
      'more jobs than combinations in a grid',
      { jobs: 5, config: { Strategy: 'Grid', ParameterRanges: categories(4) } },
      tooFew('4.0', 5),
    ],
    [
      'a part of a grid',
      { jobs: 3, config: { Strategy: 'Grid', ParameterRanges: categories(4) } },
      'Grid search tries all 4 combinations',
    ],
    ['a continuous grid', { config: { Strategy: 'Grid' } }, 'Grid search works on categorical hyperparameters only'],
    ['no number of jobs', { jobs: undefined }, 'must have MaxNumberOfTrainingJobs with the strategy Random'],
    ['no ranges', { config: { ParameterRanges: {} } }, 'ParameterRanges must have at least one range'],
    [
      'two ranges of one hyperparameter',
      { config: { ParameterRanges: { ...categories(4), IntegerParameterRanges: [range('kind', '1', '9')] } } },
      'The hyperparameter kind has more than one range',
    ],
    [
      'a hyperparameter that is both static and tuned',
      { definition: { StaticHyperParameters: { lr: '1' } } },
      'The hyperparameter lr is both static and in ParameterRanges',
    ],
    [
      'an objective that no metric definition finds',
      { config: { HyperParameterTuningJobObjective: { Type: 'Minimize', MetricName: 'accuracy' } } },
      'A metric is required for this hyperparameter tuning job objective. Provide a metric in the metric definitions.',
    ],
    [
      'two kinds of resources',
      { definition: { HyperParameterTuningResourceConfig: { InstanceType: 'ml.m5.large', InstanceCount: 1 } } },
      'one of ResourceConfig and HyperParameterTuningResourceConfig',
    ],
    [
      'what a training job would be refused for',
      { definition: { AlgorithmSpecification: algorithm('my/own:1') } },
      'cannot run the image my/own:1',
    ],
    [
      'data that is not there',
      { definition: { InputDataConfig: [channel('s3://nowhere/dogs')] } },
      'No S3 objects found under S3 URL "s3://nowhere/dogs"',
    ],
  ])('%s', async (_, changes, message) => {
    await expect(create(changes)).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining(message) as string,
    });
  });

  test.each<[string, Partial<TuningChanges>]>([
    ['the strategy Hyperband', { config: { Strategy: 'Hyperband' } }],
    ['Autotune', { more: { Autotune: { Mode: 'Enabled' } } }],
    ['ConvergenceDetected', { config: criteria({ ConvergenceDetected: { CompleteOnConvergence: 'Enabled' } }) }],
    ['TransferLearning', { more: { WarmStartConfig: parents('TransferLearning', 'any') } }],
    ['MPI', { definition: { StaticHyperParameters: { sagemaker_mpi_enabled: 'true' } } }],
    ['several training job definitions', { more: { TrainingJobDefinitions: [definition()] } }],
  ])('%s, by its name', async (feature, changes) => {
    await expect(create(changes)).rejects.toMatchObject({
      name: 'NotImplemented',
      message: expect.stringContaining(feature) as string,
    });
    await expect(describeTuning(client, 'refused')).rejects.toMatchObject({ name: 'ResourceNotFound' });
  });

  test('a name that is taken', async () => {
    await create({ name: 'taken' });
    await expect(create({ name: 'taken' })).rejects.toMatchObject({
      name: 'ResourceInUse',
      message: 'A hyperparameter tuning job with the name, taken, already exists. Choose a different name.',
    });
  });

  test('one of two calls with the same name at the same time', async () => {
    const answers = await Promise.allSettled([create({ name: 'both' }), create({ name: 'both' })]);
    expect(answers.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  test('a parent that is not there, or has not ended', async () => {
    const withParent = (name: string) =>
      create({ more: { WarmStartConfig: parents('IdenticalDataAndAlgorithm', name) } });
    await expect(withParent('nobody')).rejects.toMatchObject({ name: 'ResourceNotFound' });
    await create({ name: 'young' });
    await expect(withParent('young')).rejects.toThrow('The parent tuning job young has not ended');
  });

  test('a caller who may create tuning jobs but not pass the role, and one who may not tag them', async () => {
    const statements = { Effect: 'Allow', Action: 'sagemaker:CreateHyperParameterTuningJob', Resource: '*' };
    const own = plane.client(SageMakerClient, plane.role('tuner', [statements]).keys);
    await expect(own.send(new CreateHyperParameterTuningJobCommand(request({})))).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringContaining(`iam:PassRole on resource: ${plane.roleArn}`) as string,
    });
    const tagged = request({ more: { Tags: [{ Key: 'a', Value: 'b' }] } });
    await expect(own.send(new CreateHyperParameterTuningJobCommand(tagged))).rejects.toThrow('sagemaker:AddTags');
  });

  test('a caller who may act on another tuning job only', async () => {
    const arn = 'arn:aws:sagemaker:us-east-1:123456789012:hyper-parameter-tuning-job/mine';
    const statement = { Effect: 'Allow', Action: 'sagemaker:*', Resource: arn };
    const own = plane.client(SageMakerClient, plane.role('owner', [statement]).keys);
    await expect(describeTuning(own, 'other')).rejects.toMatchObject({ name: 'AccessDeniedException' });
    await expect(describeTuning(own, 'mine')).rejects.toMatchObject({ name: 'ResourceNotFound' });
  });
});

describe('without Optuna', () => {
  test('a tuning job is refused before anything runs, with what to install', async () => {
    const bare = await ControlPlane.start({ tuning: searchesOn('/usr/bin/false', '/does/not/exist') });
    const refused = createTuning(bare.client(SageMakerClient), {
      ...{ name: 'no-optuna', roleArn: bare.roleArn, source: 's3://data/source.tar.gz' },
    });
    await expect(refused).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringMatching(
        /needs Optuna.*\/usr\/bin\/false.*\/does\/not\/exist.*pip install optuna/,
      ) as string,
    });
    expect(bare.jobs.started.size).toBe(0);
    await expect(describeTuning(bare.client(SageMakerClient), 'no-optuna')).rejects.toThrow("can't find");
    await bare.stop();
  });

  test('the reason is that of each Python', async () => {
    const engine = new OptunaSearches({
      ...{ interpreters: plane.interpreters, configured: '/usr/bin/python3', environment: process.env },
      resources: '/nowhere',
    });
    const spec = { ...{ strategy: 'Random', direction: 'Minimize', seed: 1, trials: 1 }, parameters: [], history: [] };
    await expect(engine.start(spec as never)).rejects.toThrow(NoOptunaError);
    await expect(engine.start(spec as never)).rejects.toThrow(/python3 \(.*No such file/);
  });
});

function searchesOn(...pythons: string[]): OptunaSearches {
  return new OptunaSearches({
    interpreters: { find: () => Promise.reject(new Error('none')), candidates: () => Promise.resolve(pythons) },
    ...{ configured: undefined, environment: {}, resources: 'resources' },
  });
}

function algorithm(TrainingImage: string) {
  const MetricDefinitions = [{ Name: 'loss', Regex: 'loss=(.*)' }];
  return { TrainingImage, TrainingInputMode: 'File', MetricDefinitions };
}

function channel(S3Uri: string) {
  return { ChannelName: 'training', DataSource: { S3DataSource: { S3DataType: 'S3Prefix', S3Uri } } };
}

function criteria(
  TuningJobCompletionCriteria: HyperParameterTuningJobConfig['TuningJobCompletionCriteria'],
): Partial<HyperParameterTuningJobConfig> {
  return { TuningJobCompletionCriteria };
}

function parents(WarmStartType: 'TransferLearning' | 'IdenticalDataAndAlgorithm', name: string) {
  return { WarmStartType, ParentHyperParameterTuningJobs: [{ HyperParameterTuningJobName: name }] };
}

function definition() {
  const roleArn = 'arn:aws:iam::123456789012:role/any';
  return tuningRequest({ name: 'any', roleArn, source: 's3://data/source.tar.gz' }).TrainingJobDefinition!;
}
