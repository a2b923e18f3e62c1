import { describe, expect, test } from 'vitest';
import {
  inferenceEnvironment,
  startupTimeoutSeconds,
  workerCount,
  workerTimeoutSeconds,
} from '../../../src/container/inferenceEnvironment.js';

describe('inferenceEnvironment', () => {
  test('has the defaults of the inference toolkit', () => {
    expect(inferenceEnvironment({}, 'eu-west-1', '/opt/ml')).toEqual({
      SAGEMAKER_REGION: 'eu-west-1',
      SAGEMAKER_PROGRAM: 'inference.py',
      SAGEMAKER_SUBMIT_DIRECTORY: '/opt/ml/model/code',
      SAGEMAKER_CONTAINER_LOG_LEVEL: '20',
      SAGEMAKER_BIND_TO_PORT: '8080',
      PYTHONPATH: '/opt/ml/model/code',
    });
  });

  test('lets the model have the last word, and keeps its code first on the path', () => {
    const model = { SAGEMAKER_PROGRAM: 'serve_me.py', MODEL_SIZE: 'big', PYTHONPATH: '/opt/ml/model/lib' };
    expect(inferenceEnvironment(model, 'eu-west-1', '/opt/ml')).toMatchObject({
      SAGEMAKER_PROGRAM: 'serve_me.py',
      MODEL_SIZE: 'big',
      PYTHONPATH: '/opt/ml/model/code:/opt/ml/model/lib',
    });
  });

  test('names the folder that stands for /opt/ml where that cannot be had', () => {
    expect(inferenceEnvironment({}, 'eu-west-1', '/data/i-1/ml')).toMatchObject({
      SAGEMAKER_BASE_DIR: '/data/i-1/ml',
      SAGEMAKER_SUBMIT_DIRECTORY: '/data/i-1/ml/model/code',
      PYTHONPATH: '/data/i-1/ml/model/code',
    });
  });
});

describe('workerCount', () => {
  test.each([
    ['ml.m5.large', 8, 2],
    ['ml.m5.xlarge', 8, 4],
    ['ml.c5.4xlarge', 64, 16],
    ['ml.t2.medium', 8, 2],
    ['ml.m5.4xlarge', 2, 2],
    ['ml.g4dn.2xlarge', 8, 1],
    ['ml.p3.2xlarge', 8, 1],
  ])('is one for each vCPU or GPU of %s, on a machine with %i cores: %i', (type, cores, count) => {
    expect(workerCount({}, type, cores)).toBe(count);
  });

  test.each([
    [{ SAGEMAKER_MODEL_SERVER_WORKERS: '3' }, 3],
    [{ SAGEMAKER_MODEL_SERVER_WORKERS: 'many' }, 2],
    [{ SAGEMAKER_TS_MIN_WORKERS: '4', SAGEMAKER_MODEL_SERVER_WORKERS: '3' }, 4],
    [{ SAGEMAKER_TS_BATCH_SIZE: '8' }, 1],
  ])('is what the model asks for: %o', (model: Record<string, string>, count) => {
    expect(workerCount(model, 'ml.m5.large', 2)).toBe(count);
  });
});

test('time-outs are 60 seconds for an answer and 600 for the start, unless the model says otherwise', () => {
  expect([workerTimeoutSeconds({}), startupTimeoutSeconds({})]).toEqual([60, 600]);
  expect(workerTimeoutSeconds({ SAGEMAKER_MODEL_SERVER_TIMEOUT: '5' })).toBe(5);
  expect(workerTimeoutSeconds({ SAGEMAKER_TS_RESPONSE_TIMEOUT: '7', SAGEMAKER_MODEL_SERVER_TIMEOUT: '5' })).toBe(7);
  expect(startupTimeoutSeconds({ SAGEMAKER_STARTUP_TIMEOUT: '30' })).toBe(30);
});
