import { describe, expect, test } from 'vitest';
import {
  endpointConfigRequest,
  type EndpointPlan,
  endpointRequest,
  modelRequest,
} from '../../../src/hosting/hostingRequests.js';

const plan: EndpointPlan = {
  endpoint: 'dogs-breeds',
  config: 'dogs-breeds-20261122-105800-000',
  model: 'dogs-breeds-20261122-105800-000',
  roleArn: 'arn:aws:iam::123456789012:role/breeds',
  image: '763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-inference:2.6.0-cpu-py312',
  modelData: 's3://breeds/models/9d41/model.tar.gz',
  program: 'inference.py',
  environment: { IMAGE_URL_ALLOW: 'example.org:443' },
  instance: { type: 'ml.m5.large', count: 1 },
  region: 'us-east-1',
  tags: { 'workbench:entry': 'endpoints.breeds' },
};

describe('the requests of an endpoint', () => {
  test('are these, to the byte', async () => {
    const requests = [modelRequest(plan), endpointConfigRequest(plan), endpointRequest(plan)];
    await expect(`${JSON.stringify(requests, null, 2)}\n`).toMatchFileSnapshot('hostingRequests.golden.json');
  });

  test('keep the variables by which the container finds the script, whatever the entry sets', () => {
    const { PrimaryContainer } = modelRequest({ ...plan, environment: { SAGEMAKER_PROGRAM: 'other.py' } });
    expect(PrimaryContainer?.Environment?.['SAGEMAKER_PROGRAM']).toBe('inference.py');
  });
});
