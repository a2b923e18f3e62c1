import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { run } from '../support/run.js';
import { SandboxProcess } from '../support/sandboxProcess.js';

/** Debian's, with boto3 1.26 and Optuna. */
const python = '/usr/bin/python3';

let sandbox: SandboxProcess;
beforeAll(async () => {
  sandbox = await SandboxProcess.start();
});
afterAll(() => sandbox.stop());

test('boto3 tunes, and reads the trials and the best of them', async () => {
  const script = path.join(import.meta.dirname, 'boto3_tuning.py');
  const { endpoint, executionRoleArn } = sandbox.ready;
  const output = await run(python, [script, endpoint, executionRoleArn], sandbox.clientEnvironment);
  const result = JSON.parse(output) as { values: number[]; hyperparameters: Record<string, string> };
  expect(result).toMatchObject({
    status: 'Completed',
    counters: { Completed: 6, InProgress: 0, Stopped: 0 },
    bestIsFirst: true,
    tags: [{ Key: 'project', Value: 'dogs' }],
    listed: [true],
  });
  expect(result.values).toHaveLength(6);
  expect(result.values).toEqual([...result.values].sort((a, b) => a - b));
  expect(result.hyperparameters).toMatchObject({
    _tuning_objective_metric: '"valid_loss"',
    'batch-size': expect.stringMatching(/^(16|32|64)$/) as string,
    'learning-rate': expect.stringMatching(/^\d/) as string,
    sagemaker_program: '"train.py"',
  });
});
