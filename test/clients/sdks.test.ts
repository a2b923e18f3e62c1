import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pythonWith } from '../support/pythonWith.js';
import { run } from '../support/run.js';
import { repository, SandboxProcess } from '../support/sandboxProcess.js';

const sample = path.join(repository, 'training');

// The SDKs are some 1.2 GB of packages and minutes of their own waiting: the long form only.
describe.runIf(process.env['WORKBENCH_LONG'])('the SageMaker Python SDK', () => {
  let sandbox: SandboxProcess;
  beforeAll(async () => {
    sandbox = await SandboxProcess.start();
  });
  afterAll(() => sandbox.stop());

  /** The last line that the script prints, as JSON. */
  const result = async (python: string, script: string) => {
    const args = [path.join(import.meta.dirname, script), sample, sandbox.ready.executionRoleArn];
    const output = await run(python, args, { ...sandbox.clientEnvironment, AWS_ENDPOINT_URL: sandbox.ready.endpoint });
    return JSON.parse(output.trim().split('\n').at(-1) ?? '') as Record<string, unknown>;
  };

  test('v2 fits, deploys and predicts', async ({ skip }) => {
    const python = pythonWith('sdk-v2', 'sagemaker==2.257.6');
    if (!python) return skip('PyPI cannot be reached');
    const { metrics, answer } = await result(python, 'sagemaker_sdk_v2.py');
    expect(metrics).toMatchObject([{ metric_name: 'valid_accuracy' }]);
    expect(answer).toMatchObject({ labels: expect.arrayContaining(['Bag', 'Coat']) as unknown });
  });

  test('v2 tunes, and attaches to what it has tuned', async ({ skip }) => {
    const python = pythonWith('sdk-v2', 'sagemaker==2.257.6');
    if (!python) return skip('PyPI cannot be reached');
    const tuned = await result(python, 'sagemaker_sdk_v2_tuning.py');
    expect(tuned).toMatchObject({
      best: tuned['attachedBest'],
      hyperparameters: {
        learning_rate: expect.stringMatching(/^0\.0/) as unknown,
        batch_size: expect.stringMatching(/^"\d+"$/) as unknown,
      },
      columns: expect.arrayContaining([
        'FinalObjectiveValue',
        'TrainingJobName',
        'batch_size',
        'learning_rate',
      ]) as unknown,
      child: 'Completed',
    });
    expect(tuned['values']).toHaveLength(4);
  });

  test('v3 trains with ModelTrainer, whose jobs bring their own launcher', async ({ skip }) => {
    const python = pythonWith('sdk-v3', 'sagemaker-train==1.27.0');
    if (!python) return skip('PyPI cannot be reached');
    expect(await result(python, 'sagemaker_sdk_v3.py')).toEqual({
      status: 'Completed',
      model: expect.stringMatching(/^s3:\/\/sdk-v3-main-job\/.*model\.tar\.gz$/) as unknown,
    });
  });
});
