import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { afterEach, expect, test } from 'vitest';
import { connect } from '../../src/aws/load.js';
import { LocalSandbox } from '../../src/aws/localSandbox.js';
import { repository, SandboxProcess } from '../support/sandboxProcess.js';
import { tuningRequest } from '../support/tuning.js';

const never = new AbortController().signal;
const program = path.join(repository, 'dist', 'sandbox.js');
const folders: string[] = [];
const windows: LocalSandbox[] = [];

function newFolder(): string {
  const folder = path.join(mkdtempSync(path.join(tmpdir(), 'window of a sandbox ')), 'data');
  folders.push(folder);
  return folder;
}

/** A window's view of the sandbox on a data folder. */
function window(dataFolder: string, tunerPython?: string): LocalSandbox {
  const opened = new LocalSandbox(
    () => ({ program, dataFolder, python: '/usr/bin/python3', tunerPython }),
    () => undefined,
  );
  windows.push(opened);
  return opened;
}

function pidOf(folder: string): number {
  return (JSON.parse(readFileSync(path.join(folder, 'lock.json'), 'utf8')) as { pid: number }).pid;
}

function control(sandbox: SandboxProcess, method: string, what: string, headers: Record<string, string> = {}) {
  const token = readFileSync(path.join(sandbox.ready.dataDir, 'control-token'), 'utf8');
  return fetch(`${sandbox.ready.endpoint}/-/sandbox/${what}`, {
    method,
    headers: { authorization: `Bearer ${token}`, ...headers },
  });
}

afterEach(async () => {
  for (const opened of windows.splice(0)) {
    await opened.stop();
    opened.dispose();
  }
  for (const folder of folders.splice(0)) rmSync(path.dirname(folder), { recursive: true, force: true });
});

test('it is started on first use, and found by every other window, also when two start at once', async () => {
  const folder = newFolder();
  const [first, second] = await Promise.all([window(folder).source(never), window(folder).source(never)]);
  expect(first.endpoint).toBe(second.endpoint);
  expect(first.executionRole).toMatch(/:role\/SageMakerExecutionRole$/);
  expect(await window(folder).activity()).toEqual({ jobs: 0, deployments: 0, endpoints: 0 });
});

test('after a kill -9 the next use starts another; a reset forgets what was there', async () => {
  const folder = newFolder();
  const opened = window(folder);
  await opened.source(never);
  process.kill(pidOf(folder), 'SIGKILL');
  await delay(100);
  expect(await opened.activity()).toBeUndefined();
  const { endpoint } = await opened.source(never);
  const key = readFileSync(path.join(folder, 'aws', 'credentials'), 'utf8');
  await opened.reset();
  expect(await opened.activity()).toEqual({ jobs: 0, deployments: 0, endpoints: 0 });
  expect((await opened.source(never)).endpoint).toBeDefined();
  expect(readFileSync(path.join(folder, 'aws', 'credentials'), 'utf8')).not.toBe(key);
  expect(endpoint).toMatch(/^http:\/\/127\.0\.0\.1:/);
});

test('one that cannot start says why', async () => {
  const folder = newFolder();
  const opened = window(folder);
  await window(folder).source(never);
  await window(folder).stop();
  rmSync(folder, { recursive: true });
  await writeFile(folder, 'a file where the folder should be');
  await expect(opened.source(never)).rejects.toThrow(/The sandbox did not start: .*EEXIST/);
});

test('the Python that is to search is handed on', async () => {
  const source = await window(newFolder(), '/usr/bin/false').source(never);
  const cloud = await connect(source);
  const roleArn = source.executionRole ?? '';
  const create = cloud.tuningJobs.create(tuningRequest({ name: 'search', roleArn, source: 's3://data/source.tar.gz' }));
  try {
    await expect(create.send()).rejects.toThrow(/needs Optuna.*: \/usr\/bin\/false \(/);
  } finally {
    cloud.close();
  }
});

test('it ends by itself when no window holds it, and not before', async () => {
  const sandbox = await SandboxProcess.start({ args: ['--end-when-idle', '1'] });
  const abort = new AbortController();
  const token = readFileSync(path.join(sandbox.ready.dataDir, 'control-token'), 'utf8');
  const lease = await fetch(`${sandbox.ready.endpoint}/-/sandbox/lease`, {
    headers: { authorization: `Bearer ${token}` },
    signal: abort.signal,
  });
  expect(lease.status).toBe(200);
  await delay(2000);
  expect(await (await control(sandbox, 'GET', 'status')).json()).toMatchObject({ leases: 1 });
  const ended = new Promise((resolve) => sandbox.process.once('exit', resolve));
  abort.abort();
  expect(await ended).toBe(0);
  await sandbox.stop();
});

test('only who knows the token may ask, and no web page', async () => {
  const sandbox = await SandboxProcess.start();
  try {
    const url = `${sandbox.ready.endpoint}/-/sandbox/stop`;
    expect((await fetch(url, { method: 'POST' })).status).toBe(403);
    expect((await fetch(url, { method: 'POST', headers: { authorization: 'Bearer 0' } })).status).toBe(403);
    expect((await control(sandbox, 'POST', 'stop', { origin: 'http://evil.example' })).status).toBe(403);
    expect((await control(sandbox, 'GET', 'nothing')).status).toBe(404);
  } finally {
    await sandbox.stop();
  }
});

test('the keys of a session can be made to expire, and calls are counted', async () => {
  const sandbox = await SandboxProcess.start();
  const root = new STSClient(sandbox.clientConfig);
  try {
    const { Credentials: keys } = await root
      .send(new AssumeRoleCommand({ RoleArn: sandbox.ready.executionRoleArn, RoleSessionName: 'me' }))
      .catch(async () => ({ Credentials: undefined }));
    // The execution role trusts SageMaker alone: then there is no session of a person to expire.
    expect(keys).toBeUndefined();
    expect(await (await control(sandbox, 'POST', 'expire-sessions?name=me')).json()).toEqual({ sessions: 0 });
    await root.send(new GetCallerIdentityCommand({}));
    expect(await (await control(sandbox, 'GET', 'status')).json()).toMatchObject({
      calls: { 'sts:GetCallerIdentity': 1 },
    });
  } finally {
    root.destroy();
    await sandbox.stop();
  }
});
