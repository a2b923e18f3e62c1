import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { CreateRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import { CreateFunctionCommand, InvokeCommand, LambdaClient, waitUntilFunctionActiveV2 } from '@aws-sdk/client-lambda';
import { GetObjectCommand, ListBucketsCommand, S3Client } from '@aws-sdk/client-s3';
import {
  CreateEndpointCommand,
  CreateEndpointConfigCommand,
  CreateModelCommand,
  DescribeTrainingJobCommand,
  type SageMakerClient,
  waitUntilEndpointInService,
} from '@aws-sdk/client-sagemaker';
import { InvokeEndpointCommand, SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { inferenceImage } from '../support/images.js';
import { startTraining, upload } from '../support/jobs.js';
import { repository, SandboxProcess } from '../support/sandboxProcess.js';
import { zip } from '../support/zips.js';

const program = path.join(repository, 'dist', 'sandbox.js');
/** A Python that has nothing installed: what it can do is found out in no time, which takes seconds where torch is. */
const barePython = path.join(mkdtempSync(path.join(tmpdir(), 'python-')), 'bin', 'python3');
const newFolder = () => mkdtempSync(path.join(tmpdir(), 'sandbox-life-'));
const refusal = (...args: string[]) => spawnSync(process.execPath, [program, ...args], { encoding: 'utf8' });

describe('the life of a sandbox', () => {
  const started: SandboxProcess[] = [];
  beforeAll(() => {
    execFileSync('python3', ['-m', 'venv', '--without-pip', path.resolve(barePython, '../..')]);
  });
  afterAll(() => rmSync(path.resolve(barePython, '../..'), { recursive: true }));
  const start = async (options: Parameters<typeof SandboxProcess.start>[0] = {}) => {
    const sandbox = await SandboxProcess.start(options);
    started.push(sandbox);
    return sandbox;
  };
  afterEach(async () => {
    await Promise.all(started.splice(0).map((sandbox) => sandbox.stop()));
  });

  test('says where it is in one line of JSON and in files that only their owner can read', async () => {
    const { ready } = await start({ args: ['--account', '222222222222', '--region', 'eu-west-1'] });
    expect(ready).toMatchObject({ accountId: '222222222222', region: 'eu-west-1', profile: 'sandbox' });
    expect(ready.executionRoleArn).toBe('arn:aws:iam::222222222222:role/SageMakerExecutionRole');
    expect(readFileSync(ready.configFile, 'utf8')).toContain(`endpoint_url = ${ready.endpoint}`);
    const lock = path.join(ready.dataDir, 'lock.json');
    for (const file of [ready.configFile, ready.credentialsFile, lock]) expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(ready.dataDir).mode & 0o777).toBe(0o700);
    expect(JSON.parse(readFileSync(lock, 'utf8'))).toEqual(ready);
  });

  test('ends on SIGTERM with exit code 0, its lock file and every process of it gone', async () => {
    const sandbox = await start({ dataDir: newFolder(), args: ['--python', barePython] });
    const { client, job } = await trainForever(sandbox);
    await reach(client, job, 'Training');
    const children = descendants(sandbox.process.pid);
    expect(children.length).toBeGreaterThan(0);
    await sandbox.stop('SIGTERM');
    expect(sandbox.process.exitCode).toBe(0);
    expect(existsSync(path.join(sandbox.ready.dataDir, 'lock.json'))).toBe(false);
    expect(children.filter(isRunning)).toEqual([]);
  });

  test('after kill -9 has every object and record, calls the job that ran failed, and serves its endpoints again', async () => {
    const dataDir = newFolder();
    const killed = await start({ dataDir, args: ['--python', barePython] });
    const s3 = new S3Client(killed.clientConfig);
    const { client, job } = await trainForever(killed);
    const handler = 'def model_fn(d): return None\ndef transform_fn(m, body, t, a): return body[::-1], "text/plain"\n';
    const model = await upload(s3, 'life', 'model.tar.gz', { 'code/inference.py': handler });
    await deploy(killed, client, model);
    await reach(client, job, 'Training');
    const children = descendants(killed.process.pid);
    await killed.stop('SIGKILL');

    const sandbox = await start({ dataDir, args: ['--python', barePython] });
    // The port is kept, and so are the keys: clients that were there before need not be told anything.
    expect(sandbox.ready).toEqual({ ...killed.ready, pid: sandbox.ready.pid });
    const described = await client.send(new DescribeTrainingJobCommand({ TrainingJobName: job }));
    expect(described.TrainingJobStatus).toBe('Failed');
    expect(described.FailureReason).toContain('the sandbox ended while this job was running');
    expect(children.filter(isRunning)).toEqual([]);
    const stored = await s3.send(new GetObjectCommand({ Bucket: 'life', Key: 'model.tar.gz' }));
    expect((await stored.Body?.transformToByteArray())?.length).toBe(stored.ContentLength);
    await waitUntilEndpointInService(
      { client, maxWaitTime: 60, minDelay: 0.1, maxDelay: 0.5 },
      { EndpointName: 'life' },
    );
    const runtime = new SageMakerRuntimeClient(sandbox.clientConfig);
    const answer = await runtime.send(
      new InvokeEndpointCommand({
        EndpointName: 'life',
        ContentType: 'application/octet-stream',
        Body: Buffer.from('abc'),
      }),
    );
    expect(Buffer.from(answer.Body).toString()).toBe('cba');
  });

  test('forgets everything with --fresh', async () => {
    const dataDir = newFolder();
    const first = await start({ dataDir, args: ['--account', '222222222222'] });
    await upload(new S3Client(first.clientConfig), 'life', 'model.tar.gz', {});
    await first.stop();
    const fresh = await start({ dataDir, args: ['--fresh', '--account', '333333333333'] });
    expect(fresh.ready.accountId).toBe('333333333333');
    const { Buckets = [] } = await new S3Client(fresh.clientConfig).send(new ListBucketsCommand({}));
    expect(Buckets).toEqual([]);
    expect(readdirSync(path.join(dataDir, 'objects'))).toEqual([]);
  });

  describe('refuses with a sentence, and exit code 1,', () => {
    test('a port that is taken', async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as AddressInfo;
      const { status, stderr } = refusal('--data', newFolder(), '--port', String(port));
      server.close();
      expect([status, stderr]).toEqual([1, expect.stringContaining(`Port ${port} is taken`) as string]);
    });

    test('a data folder that another sandbox is using, whose address it names', async () => {
      const { ready } = await start();
      const { status, stderr } = refusal('--data', ready.dataDir, '--fresh');
      expect([status, stderr]).toEqual([1, expect.stringContaining(ready.endpoint) as string]);
      expect(existsSync(ready.configFile)).toBe(true);
    });

    test('a folder that holds something else', () => {
      const folder = newFolder();
      writeFileSync(path.join(folder, 'thesis.tex'), '');
      expect(refusal('--data', folder, '--fresh').stderr).toContain('not a sandbox');
      expect(existsSync(path.join(folder, 'thesis.tex'))).toBe(true);
    });

    test('a data folder of a newer version, which it leaves as it is', () => {
      const folder = newFolder();
      const database = new DatabaseSync(path.join(folder, 'state.db'));
      database.exec('PRAGMA user_version = 9999');
      database.close();
      const { status, stderr } = refusal('--data', folder);
      expect([status, stderr]).toEqual([1, expect.stringContaining('newer sandbox') as string]);
    });

    test('a data folder whose state is no database, which it names', () => {
      const folder = newFolder();
      writeFileSync(path.join(folder, 'state.db'), 'x'.repeat(5000));
      const { status, stderr } = refusal('--data', folder);
      expect([status, stderr]).toEqual([1, expect.stringContaining(`${folder}/state.db cannot be read`) as string]);
    });

    test('another account than the data folder is of', async () => {
      const dataDir = newFolder();
      await (await start({ dataDir, args: ['--account', '222222222222'] })).stop();
      expect(refusal('--data', dataDir, '--account', '333333333333').stderr).toContain(
        'belongs to account 222222222222',
      );
    });

    test.each([
      ['--port', '70000'],
      ['--account', '12'],
      ['--region', 'Mars'],
      ['--colour', 'red'],
    ])('%s %s', (option, value) => {
      const { status, stderr } = refusal('--data', newFolder(), option, value);
      expect([status, stderr]).toEqual([1, expect.stringContaining(option) as string]);
      expect(stderr).not.toContain('    at ');
    });
  });

  test('does not end when idle while a function runs', async () => {
    const dataDir = newFolder();
    const sandbox = await start({ dataDir, args: ['--python', barePython, '--end-when-idle', '1'] });
    const ended = once(sandbox.process, 'exit');
    await runSlowly(sandbox);
    expect((await ended)[0]).toBe(0);
    // Read at once: the event of an invocation that was cut off would be delivered again.
    const again = await start({ dataDir, args: ['--python', barePython] });
    const logs = new CloudWatchLogsClient(again.clientConfig);
    const { events } = await logs.send(new FilterLogEventsCommand({ logGroupName: '/aws/lambda/slow' }));
    expect(events?.map(({ message }) => message?.trim())).toContain('slept');
  });

  test('never shows a job the keys of the person who started it', async () => {
    const home = newFolder();
    const decoy = 'AKIADECOYDECOYDECOY0';
    const secret = 'decoy-secret-that-must-not-be-seen';
    mkdirSync(path.join(home, '.aws'));
    writeFileSync(
      path.join(home, '.aws', 'credentials'),
      `[default]\naws_access_key_id=${decoy}\naws_secret_access_key=${secret}\n`,
    );
    const env = {
      ...process.env,
      HOME: home,
      AWS_ACCESS_KEY_ID: decoy,
      AWS_SECRET_ACCESS_KEY: secret,
      AWS_PROFILE: 'decoy',
    };
    const sandbox = await start({ env });
    const script = `
import os, pathlib, sys
seen = repr(dict(os.environ))
for folder in {os.path.expanduser("~"), ${JSON.stringify(home)}}:
    for file in pathlib.Path(folder).rglob("*"):
        if file.is_file():
            seen += file.read_text(errors="replace")
found = [word for word in (${JSON.stringify(decoy)}, ${JSON.stringify(secret)}) if word in seen]
import boto3
arn = boto3.client("sts").get_caller_identity()["Arn"]
print("caller", arn)
sys.exit(f"found {found}" if found else 0)
`;
    const { client, job } = await startTraining(sandbox, { 'train.py': script });
    const described = await reach(client, job, 'Completed', 'Failed');
    expect(described.FailureReason).toBeUndefined();
    expect(described.TrainingJobStatus).toBe('Completed');
  });
});

function trainForever(sandbox: SandboxProcess) {
  return startTraining(sandbox, { 'train.py': 'import time\nprint("here", flush=True)\ntime.sleep(600)\n' });
}

/** Starts a function that takes longer than a sandbox waits when it is idle; nobody waits for its answer. */
async function runSlowly(sandbox: SandboxProcess): Promise<void> {
  const client = new LambdaClient(sandbox.clientConfig);
  const trusted = { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' };
  const AssumeRolePolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [trusted] });
  const role = await new IAMClient(sandbox.clientConfig).send(
    new CreateRoleCommand({ RoleName: 'slow', AssumeRolePolicyDocument }),
  );
  const source = 'import time\ndef handler(event, context):\n    time.sleep(4)\n    print("slept", flush=True)\n';
  await client.send(
    new CreateFunctionCommand({
      ...{ FunctionName: 'slow', Runtime: 'python3.12', Handler: 'app.handler', Role: role.Role?.Arn, Timeout: 30 },
      Code: { ZipFile: zip({ 'app.py': source }) },
    }),
  );
  await waitUntilFunctionActiveV2({ client, maxWaitTime: 30, minDelay: 0.1, maxDelay: 0.1 }, { FunctionName: 'slow' });
  await client.send(new InvokeCommand({ FunctionName: 'slow', InvocationType: 'Event' }));
}

async function deploy(sandbox: SandboxProcess, client: SageMakerClient, ModelDataUrl: string): Promise<void> {
  const name = 'life';
  const PrimaryContainer = { Image: inferenceImage, ModelDataUrl };
  await client.send(
    new CreateModelCommand({ ModelName: name, ExecutionRoleArn: sandbox.ready.executionRoleArn, PrimaryContainer }),
  );
  const variant = {
    VariantName: 'AllTraffic',
    ModelName: name,
    InstanceType: 'ml.t2.medium',
    InitialInstanceCount: 1,
  } as const;
  await client.send(new CreateEndpointConfigCommand({ EndpointConfigName: name, ProductionVariants: [variant] }));
  await client.send(new CreateEndpointCommand({ EndpointName: name, EndpointConfigName: name }));
  await waitUntilEndpointInService({ client, maxWaitTime: 60, minDelay: 0.1, maxDelay: 0.5 }, { EndpointName: name });
}

/** Describes the job until its secondary status is one of `statuses`; the test's timeout is the limit. */
async function reach(client: SageMakerClient, TrainingJobName: string, ...statuses: string[]) {
  for (;;) {
    const described = await client.send(new DescribeTrainingJobCommand({ TrainingJobName }));
    if (statuses.includes(described.SecondaryStatus ?? '')) return described;
    if (described.TrainingJobStatus === 'Failed') throw new Error(described.FailureReason);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Process ids of everything that `pid` has started, and they in turn. */
function descendants(pid: number | undefined): number[] {
  const children = spawnSync('ps', ['-o', 'pid=', '--ppid', String(pid)], { encoding: 'utf8' }).stdout;
  return children
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map(Number)
    .flatMap((child) => [child, ...descendants(child)]);
}

function isRunning(pid: number): boolean {
  const state = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).stdout.trim();
  return state !== '' && !state.startsWith('Z');
}
