import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { TrainingPlan } from '../../../src/jobs/trainingRequest.js';
import { type Search, tuningRequest } from '../../../src/jobs/tuningRequest.js';

const plan: TrainingPlan = {
  name: 'breeds-tune-261122-191118112',
  script: 'hpo.py',
  image: '763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-training:2.6.0-cpu-py312',
  roleArn: 'arn:aws:iam::123456789012:role/r',
  source: 's3://breeds/source/9d41/sourcedir.tar.gz',
  channels: { training: 's3://mybucket/' },
  hyperparameters: { epochs: 5, note: 'a b' },
  metrics: { 'Test Loss': 'Testing Loss: ([0-9\\.]+)' },
  environment: {},
  instance: { type: 'ml.m5.xlarge', count: 1 },
  volumeSizeInGB: 30,
  torchrun: false,
  output: 's3://breeds/jobs',
  region: 'us-east-1',
  maxRuntime: 86_400,
  tags: { 'workbench:entry': 'jobs.tune' },
};
const search: Search = {
  strategy: 'Bayesian',
  objective: { metric: 'Test Loss', type: 'Minimize' },
  ranges: {
    learning_rate: { min: 0.001, max: 0.1, scaling: 'Auto', type: 'continuous' },
    hidden: { min: 16, max: 64, scaling: 'Auto', type: 'integer' },
    batch_size: [32, 64, '128', 256, 512],
  },
  maxJobs: 2,
  maxParallelJobs: 1,
  earlyStopping: 'Off',
  randomSeed: undefined,
  maxTuningRuntime: undefined,
};

test('is this, to the byte', async () => {
  const all = tuningRequest(plan, { ...search, randomSeed: 7, maxTuningRuntime: 3600 });
  await expect(`${JSON.stringify(all, null, 2)}\n`).toMatchFileSnapshot('tuningRequest.golden.json');
});

/** tuner.fit of sagemaker-python-sdk 2.257.6, captured on the wire. */
const sdk = JSON.parse(
  readFileSync(path.join(import.meta.dirname, '..', '..', 'fixtures', 'tunerFitRequest.json'), 'utf8'),
) as Record<string, unknown>;

test('searches what the SageMaker SDK asks to be searched, in its words', () => {
  expect(tuningRequest(plan, search).HyperParameterTuningJobConfig).toEqual(sdk['HyperParameterTuningJobConfig']);
});

test('quotes the hyperparameters that are not searched as the SDK does', () => {
  const sent = tuningRequest(plan, search).TrainingJobDefinition?.StaticHyperParameters ?? {};
  expect(sent).toMatchObject({ epochs: '5', note: '"a b"', sagemaker_program: '"hpo.py"' });
  const { StaticHyperParameters: theirs } = sdk['TrainingJobDefinition'] as { StaticHyperParameters: object };
  const shared = Object.keys(theirs).filter((name) => !name.startsWith('sagemaker_estimator'));
  expect(Object.keys(sent)).toEqual(expect.arrayContaining(shared));
});

test('does not depend on the order in which the project file was written', () => {
  const { ranges } = search;
  const reordered = Object.fromEntries(Object.entries(ranges).reverse());
  expect(JSON.stringify(tuningRequest(plan, { ...search, ranges: reordered }))).toBe(
    JSON.stringify(tuningRequest(plan, search)),
  );
});

test('leaves the number of trials of a grid to the service', () => {
  const grid = tuningRequest(plan, { ...search, strategy: 'Grid', maxJobs: undefined });
  expect(grid.HyperParameterTuningJobConfig?.ResourceLimits).toEqual({ MaxParallelTrainingJobs: 1 });
});
