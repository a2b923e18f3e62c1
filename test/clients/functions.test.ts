import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { run } from '../support/run.js';
import { repository, SandboxProcess } from '../support/sandboxProcess.js';

/** Debian's, with boto3 1.26 and AWS CLI 2.9. */
const python = '/usr/bin/python3';
let sandbox: SandboxProcess;
beforeAll(async () => {
  sandbox = await SandboxProcess.start();
});
afterAll(() => sandbox.stop());

test('boto3 makes a function, runs it, and knows every operation on it', async () => {
  const script = path.join(import.meta.dirname, 'boto3_functions.py');
  const result: unknown = JSON.parse(await run(python, [script, sandbox.ready.endpoint], sandbox.clientEnvironment));
  const answered = (version: string, n: number, stage: string) => ({
    ...{ error: null, version, logged: true },
    payload: { n, stage, version },
  });
  expect(result).toMatchObject({
    ...{ same_code: true, states: ['Pending', 'Active'], dry_run: 204, event: 202 },
    first: answered('$LATEST', 1, 'one'),
    failed: {
      ...{ error: 'Unhandled', version: '$LATEST', logged: true },
      payload: { errorMessage: 'as asked', errorType: 'ValueError' },
    },
    versions: ['$LATEST', '1', '2'],
    ...{ alias_before: answered('1', 2, 'one'), alias_after: answered('2', 3, 'two'), alias: '2', aliases: ['live'] },
    policy: { Service: 's3.amazonaws.com' },
    ...{ concurrency: [2, 'READY', 1], account: 1000, tags: { stage: 'test' }, listed: true, gone: true },
  });
});

test('the AWS CLI does the same by the lines of --print-env', async () => {
  const scratch = mkdtempSync(path.join(tmpdir(), 'aws-cli-functions-'));
  const print = [path.join(repository, 'dist', 'sandbox.js'), '--data', sandbox.ready.dataDir, '--print-env'];
  const lines = await run(process.execPath, print, process.env);
  const script = path.join(import.meta.dirname, 'aws_cli_functions.sh');
  // /usr/bin first: Debian's aws, whatever else this machine has.
  const command = `${lines}\nexport PATH=/usr/bin:$PATH\nexec "$0" "$@"`;
  const answer: unknown = JSON.parse(await run('bash', ['-c', command, script, scratch], process.env));
  expect(answer).toEqual({ version: '1', event: { n: 1 } });
});
