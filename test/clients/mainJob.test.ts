import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run } from '../support/run.js';
import { repository, SandboxProcess } from '../support/sandboxProcess.js';

/** Debian's, with boto3 1.26 and AWS CLI 2.9: clients that are older than AWS_ENDPOINT_URL. */
const python = '/usr/bin/python3';
const sample = path.join(repository, 'training');

describe('the main job, by clients that nobody here wrote', () => {
  let sandbox: SandboxProcess;
  beforeAll(async () => {
    sandbox = await SandboxProcess.start();
  });
  afterAll(() => sandbox.stop());

  test('boto3 uploads, trains, deploys and predicts', async () => {
    const script = path.join(import.meta.dirname, 'boto3_main_job.py');
    const { endpoint, executionRoleArn } = sandbox.ready;
    const output = await run(python, [script, endpoint, sample, executionRoleArn], sandbox.clientEnvironment);
    const result = JSON.parse(output) as Boto3Result;
    expect(result.statuses).toEqual(['Starting', 'Downloading', 'Training', 'Uploading', 'Completed']);
    expect(result.metrics['valid_accuracy']).toBeGreaterThan(0.2);
    expect(result.lines).toBeGreaterThan(10);
    expect(result.variant).toBe('AllTraffic');
    expect(classes).toContain(result.answer.predictions[0]?.label);
  });

  test('the AWS CLI does the same by the lines of --print-env', async () => {
    const scratch = mkdtempSync(path.join(tmpdir(), 'aws-cli-'));
    const print = [path.join(repository, 'dist', 'sandbox.js'), '--data', sandbox.ready.dataDir, '--print-env'];
    const lines = await run(process.execPath, print, process.env);
    const script = path.join(import.meta.dirname, 'aws_cli_main_job.sh');
    // /usr/bin first: Debian's aws, whatever else this machine has.
    const command = `${lines}\nexport PATH=/usr/bin:$PATH\nexec "$0" "$@"`;
    const args = ['-c', command, script, sample, sandbox.ready.executionRoleArn, scratch];
    const answer = JSON.parse(await run('bash', args, process.env)) as Answer;
    expect(classes).toContain(answer.predictions[0]?.label);
  });
});

const classes = ['T-shirt', 'Trouser', 'Pullover', 'Dress', 'Coat', 'Sandal', 'Shirt', 'Sneaker', 'Bag', 'Ankle boot'];

interface Answer {
  predictions: { label: string; probability: number }[];
}

interface Boto3Result {
  metrics: Record<string, number>;
  statuses: string[];
  lines: number;
  variant: string;
  answer: Answer;
}
