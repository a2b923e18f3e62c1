import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { DeleteHyperParameterTuningJobCommand, SageMakerClient } from '@aws-sdk/client-sagemaker';
import { afterEach, describe, expect, test } from 'vitest';
import { type ConnectionChoice, Connections } from '../../src/aws/connections.js';
import { connect } from '../../src/aws/load.js';
import type { ConnectionSource } from '../../src/aws/connection.js';
import { Inventory } from '../../src/inventory/inventory.js';
import { Store } from '../../src/sandbox/store/store.js';
import { tarGz } from '../support/archives.js';
import { SandboxProcess } from '../support/sandboxProcess.js';
import { createTuning, distanceScript } from '../support/tuning.js';

const sandbox: ConnectionChoice = { kind: 'sandbox' };
const open: { dispose(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.dispose();
});

async function running(args: string[] = [], dataDir?: string): Promise<SandboxProcess> {
  const started = await SandboxProcess.start({ args, ...(dataDir !== undefined && { dataDir }) });
  open.push({ dispose: () => started.stop() });
  return started;
}

/** A window's connections and inventory, without the window. */
function window(sources: (choice: ConnectionChoice) => ConnectionSource, choice = sandbox) {
  const connections = new Connections(choice, (chosen) => connect(sources(chosen)));
  const inventory = new Inventory(connections);
  open.push(connections, inventory);
  return { connections, inventory };
}

function sourceOf({ ready }: SandboxProcess): ConnectionSource {
  const { endpoint, region, profile, configFile, credentialsFile } = ready;
  return { endpoint, region, profile, configFile, credentialsFile };
}

/** The calls that the sandbox has answered, by operation. */
async function calls({ ready }: SandboxProcess): Promise<Record<string, number>> {
  return ((await control(ready, 'GET', 'status')) as { calls: Record<string, number> }).calls;
}

async function control(ready: SandboxProcess['ready'], method: string, what: string): Promise<unknown> {
  const token = readFileSync(path.join(ready.dataDir, 'control-token'), 'utf8');
  const headers = { authorization: `Bearer ${token}` };
  return (await fetch(`${ready.endpoint}/-/sandbox/${what}`, { method, headers })).json();
}

async function until(check: () => unknown): Promise<void> {
  while (!check()) await delay(20);
}

/** A data folder with so many finished jobs. */
async function folderWithJobs(count: number): Promise<string> {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'inventory-'));
  open.push({ dispose: () => rmSync(dataDir, { recursive: true, force: true }) });
  const first = await SandboxProcess.start({ dataDir });
  await first.stop();
  const store = new Store(path.join(dataDir, 'state.db'));
  const jobs = store.collection<object>('training-job');
  const start = Date.now() - 3_600_000 * 24;
  for (let number = 0; number < count; number++) {
    const name = `job-${String(number).padStart(5, '0')}`;
    const at = new Date(start + number * 1000);
    jobs.put(name, {
      TrainingJobName: name,
      TrainingJobArn: `arn:aws:sagemaker:us-east-1:000000000000:training-job/${name}`,
      TrainingJobStatus: 'Completed',
      SecondaryStatus: 'Completed',
      CreationTime: at,
      LastModifiedTime: at,
      TrainingEndTime: at,
    });
  }
  store.close();
  return dataDir;
}

test('of 10,000 jobs the first page is one List call, the next 100 another, and a look again one a kind', async () => {
  const cloud = await running([], await folderWithJobs(10_000));
  const { inventory } = window(() => sourceOf(cloud));
  inventory.watch('training-job');
  const jobs = () => inventory.collection('training-job');
  await until(() => jobs().status === 'read');
  expect(jobs().items).toHaveLength(100);
  expect(jobs().items[0]?.name).toBe('job-09999');
  expect(jobs().more).toBe(true);
  expect((await calls(cloud))['sagemaker:ListTrainingJobs']).toBe(1);

  // A double click loads once.
  await Promise.all([inventory.more('training-job')]);
  expect(jobs().items).toHaveLength(200);
  expect(jobs().items[199]?.name).toBe('job-09800');
  const before = await calls(cloud);
  inventory.touch('training-job');
  await delay(300);
  const after = await calls(cloud);
  expect((after['sagemaker:ListTrainingJobs'] ?? 0) - (before['sagemaker:ListTrainingJobs'] ?? 0)).toBe(1);
  expect(after['sagemaker:DescribeTrainingJob']).toBeUndefined();
  expect(jobs().items, 'what was loaded stays').toHaveLength(200);
});

test('a tuning job shows its trials with their values as they run, and is gone with them when it is deleted elsewhere', async () => {
  const cloud = await running();
  const { executionRoleArn } = cloud.ready;
  const sageMaker = new SageMakerClient(cloud.clientConfig);
  const s3 = new S3Client({ ...cloud.clientConfig, forcePathStyle: true });
  open.push({ dispose: () => [sageMaker, s3].forEach((client) => client.destroy()) });
  await s3.send(new CreateBucketCommand({ Bucket: 'data' }));
  const archive = { Bucket: 'data', Key: 'source.tar.gz', Body: await tarGz({ 'train.py': distanceScript }) };
  await s3.send(new PutObjectCommand(archive));
  const { inventory } = window(() => sourceOf(cloud));
  inventory.watch('tuning-job');
  inventory.watch('training-job');
  await until(() => inventory.collection('tuning-job').status === 'read');
  const changes = { name: 'tune', roleArn: executionRoleArn, source: 's3://data/source.tar.gz' };
  await createTuning(sageMaker, changes);
  inventory.touch('tuning-job');
  await until(() => inventory.find('tuning-job', 'tune'));
  const job = inventory.find('tuning-job', 'tune')!;
  const trials = () => inventory.trials(job);
  trials().watch(true);
  await until(() => inventory.find('tuning-job', 'tune')?.state === 'Completed');
  await until(() => trials().items.filter(({ state }) => state === 'Completed').length === 3);

  for (const { trial } of trials().items) {
    const distance = (Number(trial?.hyperparameters['lr']) - 3) ** 2;
    expect(trial?.objective).toBeCloseTo(distance, 5);
  }
  const least = Math.min(...trials().items.map(({ trial }) => trial!.objective!));
  const ended = inventory.find('tuning-job', 'tune')!;
  expect(ended.trials).toEqual({ completed: 3, inProgress: 0, failed: 0, stopped: 0 });
  await until(() => inventory.detail(ended, true)?.best?.objective === least);
  const names = trials().items.map(({ name }) => name);
  await inventory.refresh('training-job');
  expect(inventory.collection('training-job').items.map(({ name }) => name)).toEqual(names);

  const before = (await calls(cloud))['sagemaker:ListTrainingJobsForHyperParameterTuningJob'];
  await delay(2500);
  expect((await calls(cloud))['sagemaker:ListTrainingJobsForHyperParameterTuningJob'], 'what rests is left alone').toBe(
    before,
  );
  await sageMaker.send(new DeleteHyperParameterTuningJobCommand({ HyperParameterTuningJobName: 'tune' }));
  await inventory.refresh();
  expect(inventory.collection('tuning-job').items).toEqual([]);
  expect(inventory.collection('training-job').items, 'its trials stay').toHaveLength(3);
});

test('a sandbox that is killed is one failure with a sentence; the next try brings everything back', async () => {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'inventory-'));
  let cloud = await SandboxProcess.start({ dataDir });
  const { connections, inventory } = window(() => sourceOf(cloud));
  const failures: unknown[] = [];
  connections.onDidChange((state) => state.status === 'failed' && failures.push(state.error));
  inventory.watch('endpoint');
  await until(() => inventory.collection('endpoint').status === 'read');
  await cloud.stop('SIGKILL');
  inventory.touch('endpoint');
  await until(() => failures.length > 0);
  expect(String(failures[0])).toMatch(/cannot be reached: .*whether the sandbox still runs/);
  expect(inventory.collection('endpoint').items).toEqual([]);

  cloud = await SandboxProcess.start({ dataDir });
  open.push({ dispose: () => cloud.stop() });
  connections.reset();
  await until(() => inventory.collection('endpoint').status === 'read');
  expect(failures).toHaveLength(1);
});

describe('a second sandbox plays AWS', () => {
  test('behind a process, and behind a role with a source profile: nothing of the old account stays', async () => {
    const home = await running();
    const aws = await running(['--account', '222222222222', '--region', 'eu-west-1']);
    const files = profilesFor(aws);
    const { connections, inventory } = window((choice) =>
      choice.kind === 'sandbox' ? sourceOf(home) : { profile: choice.profile, pace: 'aws' as const, ...files },
    );
    for (const kind of ['training-job', 'endpoint'] as const) inventory.watch(kind);
    await until(() => inventory.collection('endpoint').status === 'read');

    for (const profile of ['process', 'role']) {
      connections.switchTo({ kind: 'profile', profile });
      expect(inventory.collection('training-job').items).toEqual([]);
      const cloud = await connections.cloud();
      expect(cloud.connection).toMatchObject({ account: '222222222222', region: 'eu-west-1', billed: true });
      expect(cloud.connection.intervals).toMatchObject({ describe: 30_000, listsPerSecond: 1 });
      await until(() => inventory.collection('endpoint').status === 'read');
    }
    expect((await connections.cloud()).connection.caller).toMatch(/:assumed-role\/Person\//);
    expect((await calls(aws))['sagemaker:ListTrainingJobs']).toBe(2);
  });

  test('keys that expire are asked for again, once, and the call goes on; the person hears only of those that stay bad', async () => {
    const aws = await running(['--account', '222222222222', '--region', 'eu-west-1']);
    const files = profilesFor(aws);
    const { connections } = window(() => ({ profile: 'session', pace: 'aws' as const, ...files }));
    const cloud = await connections.cloud();
    const handed = () => readFileSync(path.join(path.dirname(files.configFile), 'handed'), 'utf8').length;
    expect(handed()).toBe(1);
    expect(await control(aws.ready, 'POST', 'expire-sessions?name=watching')).toEqual({ sessions: 1 });
    await cloud.trainingJobs.list({}, new AbortController().signal);
    expect(handed(), 'the profile was asked for new keys').toBe(2);

    await control(aws.ready, 'POST', 'expire-sessions?name=watching');
    const together = Array.from({ length: 10 }, () => cloud.trainingJobs.list({}, new AbortController().signal));
    await Promise.all([
      ...together,
      cloud.logs.streams('/aws/sagemaker/TrainingJobs', 'x', new AbortController().signal),
    ]);
    expect(handed(), 'once for all calls that were refused together').toBe(3);

    writeFileSync(path.join(path.dirname(files.configFile), 'frozen'), '');
    await control(aws.ready, 'POST', 'expire-sessions?name=watching');
    await expect(cloud.trainingJobs.list({}, new AbortController().signal)).rejects.toThrow(
      /credentials of profile "session" have expired: sign in again/,
    );
  });
});

/** Ordinary profiles of a person, for an account that a sandbox plays. */
function profilesFor(aws: SandboxProcess): { configFile: string; credentialsFile: string } {
  const folder = mkdtempSync(path.join(tmpdir(), 'aws profiles '));
  open.push({ dispose: () => rmSync(folder, { recursive: true, force: true }) });
  const { credentials } = aws.clientConfig;
  const role = 'arn:aws:iam::222222222222:role/Person';
  const env = { ...aws.clientEnvironment, AWS_REGION: 'eu-west-1' };
  const trust = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::222222222222:root' }, Action: 'sts:AssumeRole' }],
  });
  const aws2 = (...args: string[]) =>
    execFileSync('aws', [...args, '--endpoint-url', aws.ready.endpoint], { env, encoding: 'utf8' });
  aws2('iam', 'create-role', '--role-name', 'Person', '--assume-role-policy-document', trust);
  aws2(
    'iam',
    'attach-role-policy',
    '--role-name',
    'Person',
    '--policy-arn',
    'arn:aws:iam::aws:policy/AmazonSageMakerFullAccess',
  );
  const keys = path.join(folder, 'keys.sh');
  const process = { Version: 1, AccessKeyId: credentials.accessKeyId, SecretAccessKey: credentials.secretAccessKey };
  writeFileSync(keys, `echo '${JSON.stringify(process)}'\n`);
  // New keys each time; the same old ones once it is "frozen".
  const session = path.join(folder, 'session.sh');
  writeFileSync(
    session,
    `printf x >> '${folder}/handed'
if [ ! -e '${folder}/frozen' ]; then
  aws sts assume-role --endpoint-url ${aws.ready.endpoint} --role-arn ${role} --role-session-name watching --output json > '${folder}/last'
fi
python3 -c "import json,sys; c = json.load(open('${folder}/last'))['Credentials']; print(json.dumps({'Version': 1, 'AccessKeyId': c['AccessKeyId'], 'SecretAccessKey': c['SecretAccessKey'], 'SessionToken': c['SessionToken']}))"
`,
  );
  const exported = ['AWS_CONFIG_FILE', 'AWS_SHARED_CREDENTIALS_FILE', 'AWS_PROFILE']
    .map((name) => `${name}='${env[name as keyof typeof env]}'`)
    .join(' ');
  const place = `region = eu-west-1\nendpoint_url = ${aws.ready.endpoint}\n`;
  const configFile = path.join(folder, 'config');
  writeFileSync(
    configFile,
    `[profile process]\ncredential_process = sh "${keys}"\n${place}
[profile keys]\n${place}
[profile role]\nrole_arn = ${role}\nsource_profile = keys\n${place}
[profile session]\ncredential_process = env ${exported} sh "${session}"\n${place}`,
  );
  const credentialsFile = path.join(folder, 'credentials');
  writeFileSync(
    credentialsFile,
    `[keys]\naws_access_key_id = ${credentials.accessKeyId}\naws_secret_access_key = ${credentials.secretAccessKey}\n`,
  );
  return { configFile, credentialsFile };
}
