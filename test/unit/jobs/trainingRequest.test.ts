import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { trainingRequest, type TrainingPlan } from '../../../src/jobs/trainingRequest.js';

const plan: TrainingPlan = {
  name: 'breeds-best-1058',
  script: 'train.py',
  image: '763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-training:2.6.0-cpu-py312',
  roleArn: 'arn:aws:iam::123456789012:role/breeds-training',
  source: 's3://breeds/source/9d41/sourcedir.tar.gz',
  channels: { training: 's3://breeds/data/dogs/' },
  hyperparameters: { 'batch-size': 64, note: 'a b' },
  metrics: { valid_loss: 'valid_loss=([0-9.e-]+)' },
  environment: {},
  instance: { type: 'ml.m5.xlarge', count: 1 },
  volumeSizeInGB: 30,
  torchrun: false,
  output: 's3://breeds/out',
  region: 'us-east-1',
  maxRuntime: 3600,
  tags: { 'workbench:entry': 'jobs.best' },
};

describe('trainingRequest', () => {
  test('is this, to the byte', async () => {
    await expect(`${JSON.stringify(trainingRequest(plan), null, 2)}\n`).toMatchFileSnapshot(
      'trainingRequest.golden.json',
    );
  });

  test('encodes every hyperparameter as JSON, as the training toolkit decodes it', () => {
    const value = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null), fc.array(fc.integer()));
    fc.assert(
      fc.property(fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), value), (hyperparameters) => {
        const sent = trainingRequest({ ...plan, hyperparameters }).HyperParameters ?? {};
        const own = Object.entries(sent).filter(([key]) => !key.startsWith('sagemaker_'));
        expect(Object.fromEntries(own.map(([key, text]) => [key, JSON.parse(text) as unknown]))).toEqual(
          Object.fromEntries(Object.entries(hyperparameters)),
        );
      }),
    );
  });

  test('does not depend on the order in which the project file was written', () => {
    const reordered = { ...plan, hyperparameters: { note: 'a b', 'batch-size': 64 } };
    expect(JSON.stringify(trainingRequest(reordered))).toBe(JSON.stringify(trainingRequest(plan)));
  });

  test('lets nobody overwrite what the container starts from', () => {
    const sent = trainingRequest({ ...plan, hyperparameters: { sagemaker_program: 'evil.py' } });
    expect(sent.HyperParameters?.['sagemaker_program']).toBe('"train.py"');
  });

  test('starts ranks only where torchrun is asked for', () => {
    const launcher = (torchrun: boolean) =>
      trainingRequest({ ...plan, torchrun }).HyperParameters?.['sagemaker_torch_distributed_enabled'];
    expect([launcher(false), launcher(true)]).toEqual([undefined, 'true']);
  });
});
