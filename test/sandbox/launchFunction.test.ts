import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Mutate } from '../../src/aws/change.js';
import type { Cloud } from '../../src/aws/cloud.js';
import { connect } from '../../src/aws/load.js';
import { UserError } from '../../src/core/errors.js';
import { deleteFunction, functionDeletion } from '../../src/functions/deleteFunction.js';
import { launchFunction, type ReadyFunction } from '../../src/launch/launchFunction.js';
import { planFunction } from '../../src/launch/planFunction.js';
import { openSession, type Session } from '../../src/launch/session.js';
import { readProject } from '../../src/project/read.js';
import { SandboxProcess } from '../support/sandboxProcess.js';

const logs = 'arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:/aws/lambda/tiny-echo';
const policy = {
  Version: '2012-10-17',
  Statement: [
    {
      Sid: 'Log',
      Effect: 'Allow',
      Action: ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'],
      Resource: [logs, `${logs}:*`],
    },
  ],
};
const echo = { handler: 'app.answer', policy: 'policies/echo.json', environment: { WORD: 'one' } };
const handler =
  'import os\n\ndef answer(event, context):\n    return [event, os.environ["WORD"], context.function_version]\n';

let sandbox: SandboxProcess;
let cloud: Cloud;
let workspace: string;
const never = new AbortController().signal;

beforeAll(async () => {
  sandbox = await SandboxProcess.start();
  cloud = await connect(sandbox.source);
});
afterAll(async () => {
  cloud.close();
  await sandbox.stop();
});
beforeEach(async () => {
  workspace = await mkdtemp(path.join(tmpdir(), 'workspace-'));
  await write('app.py', handler);
  await write('policies/echo.json', JSON.stringify(policy));
  await describeFunction({});
  return async () => {
    await remove('tiny-echo');
    await rm(workspace, { recursive: true, force: true });
  };
});

async function write(name: string, content: string): Promise<void> {
  const file = path.join(workspace, name);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, content);
}

const describeFunction = (changes: object) =>
  write('sagemaker.jsonc', JSON.stringify({ name: 'tiny', functions: { echo: { ...echo, ...changes } } }));

async function open(): Promise<Session> {
  const { project, diagnostics } = readProject(await readFile(path.join(workspace, 'sagemaker.jsonc'), 'utf8'));
  expect(diagnostics).toEqual([]);
  return openSession(
    workspace,
    'workspace',
    project!,
    cloud,
    () => new Date(),
    () => undefined,
  );
}

/** Deploys the entry as it is written now. The calls that were made, and what the panel said of them. */
async function deploy() {
  const session = await open();
  const sent = async () =>
    (await readFile(session.state.ledger(), 'utf8').catch(() => '')).split('\n').flatMap((line) => {
      const { line: kind, operation } = (line === '' ? {} : JSON.parse(line)) as { line?: string; operation?: string };
      return kind === 'sent' ? [operation] : [];
    });
  const before = (await sent()).length;
  const launch = await planFunction(session, 'echo', never);
  expect(launch.gates.filter(({ level }) => level === 'red')).toEqual([]);
  const ready = { ...launch, ready: launch.ready! } satisfies ReadyFunction;
  const deployed = await launchFunction(session, ready, () => undefined, never);
  const says = launch.ready!.changes.differences.map(
    ({ what, now, then }) => `${what}: ${now ?? '-'} → ${then ?? '-'}`,
  );
  return { session, deployed, says, calls: (await sent()).slice(before) };
}

async function remove(name: string): Promise<void> {
  const found = await functionDeletion(cloud, name, never);
  if (found) await deleteFunction(cloud, (await open()).mutate('clean-up'), found, never);
}

async function call(qualifier = 'live'): Promise<unknown> {
  const payload = new TextEncoder().encode('{"a":1}');
  const reply = await cloud.functions.invoke({ name: 'tiny-echo', qualifier, payload }, never);
  expect([reply.error, new TextDecoder().decode(reply.payload)]).toEqual([undefined, expect.anything()]);
  return JSON.parse(new TextDecoder().decode(reply.payload));
}

describe('a function of a project', () => {
  test('is deployed, called by its alias, updated by what changed alone, left when nothing did, and deleted with its role', async () => {
    const first = await deploy();
    expect(first.calls).toEqual(['CreateRole', 'PutRolePolicy', 'CreateFunction', 'PublishVersion', 'CreateAlias']);
    expect(await call()).toEqual([{ a: 1 }, 'one', '1']);
    expect(first.deployed).toMatchObject({
      memory: 128,
      timeout: 3,
      handler: 'app.answer',
      aliases: [{ name: 'live', version: '1' }],
    });

    const again = await deploy();
    expect([again.calls, again.says, again.deployed]).toEqual([[], [], undefined]);

    await describeFunction({ environment: { WORD: 'two' }, timeout: 5 });
    const configured = await deploy();
    expect(configured.calls).toEqual(['UpdateFunctionConfiguration', 'PublishVersion', 'UpdateAlias']);
    expect(configured.says).toEqual([
      'timeout: 3 s → 5 s',
      'environment: WORD: one → two',
      'alias live: version 1 → the version of this deployment',
    ]);
    expect(await call()).toEqual([{ a: 1 }, 'two', '2']);

    await write('app.py', handler.replace('[event', '["new", event'));
    const coded = await deploy();
    expect(coded.calls).toEqual(['UpdateFunctionCode', 'PublishVersion', 'UpdateAlias']);
    expect(await call()).toEqual(['new', { a: 1 }, 'two', '3']);

    await write(
      'policies/echo.json',
      JSON.stringify({ ...policy, Statement: [{ ...policy.Statement[0], Action: 'logs:*' }] }),
    );
    const allowed = await deploy();
    expect(allowed.calls).toEqual(['PutRolePolicy']);
    expect(allowed.says).toEqual([
      expect.stringMatching(/^policy: Log: Allow logs:CreateLogGroup, .* → Allow logs:\* on /),
    ]);

    const runs = (await allowed.session.runs.list()).map(({ outcome, results }) => [
      outcome,
      results.function?.version,
    ]);
    expect(runs).toEqual(['3', '3', '2', '1'].map((version) => ['Deployed', version]));

    const found = (await functionDeletion(cloud, 'tiny-echo', never))!;
    expect(found).toMatchObject({
      aliases: ['live'],
      versions: 3,
      role: { name: 'tiny-echo', policies: ['workbench'] },
      roleStays: undefined,
    });
    await deleteFunction(cloud, allowed.session.mutate('clean-up'), found, never);
    expect(await cloud.functions.describe('tiny-echo', never)).toBeUndefined();
    expect(await cloud.roles.get('tiny-echo', never)).toBeUndefined();
    expect(
      (await allowed.session.ledger.resources()).filter(({ until, kind }) => !until && kind !== 'function-version'),
    ).toEqual([]);
  });

  test('has its concurrency set, lowered and taken away in the order that Lambda allows', async () => {
    await describeFunction({ reservedConcurrency: 3, provisionedConcurrency: 2 });
    const first = await deploy();
    expect(first.calls.slice(-2)).toEqual(['PutFunctionConcurrency', 'PutProvisionedConcurrencyConfig']);
    expect(first.deployed?.provisioned).toEqual([
      expect.objectContaining({ qualifier: 'live', requested: 2, available: 2, status: 'READY' }),
    ]);
    await describeFunction({ reservedConcurrency: 1, provisionedConcurrency: 1 });
    expect((await deploy()).calls).toEqual(['PutProvisionedConcurrencyConfig', 'PutFunctionConcurrency']);
    await describeFunction({});
    expect((await deploy()).calls).toEqual(['DeleteProvisionedConcurrencyConfig', 'DeleteFunctionConcurrency']);
    const found = await cloud.functions.describe('tiny-echo', never);
    expect([found?.reservedConcurrency, found?.provisioned]).toEqual([undefined, []]);
  });

  test.each([
    ['creating the role', ['PutRolePolicy', 'CreateFunction', 'PublishVersion', 'CreateAlias']],
    ['creating the function', ['PublishVersion', 'CreateAlias']],
  ])('goes on from where a deployment was broken off, at once: while %s', async (last, calls) => {
    const session = await open();
    const launch = await planFunction(session, 'echo', never);
    const abort = new AbortController();
    const stopping = (step: string) => step.startsWith(last) && abort.abort();
    await expect(
      launchFunction(session, { ...launch, ready: launch.ready! }, stopping, abort.signal),
    ).rejects.toThrow();
    expect((await session.runs.list())[0]?.outcome).toBe('Cancelled');
    expect((await deploy()).calls).toEqual(calls);
    expect(await call()).toEqual([{ a: 1 }, 'one', '1']);
  });

  test('does not overwrite what somebody else has changed since it was planned', async () => {
    await deploy();
    await describeFunction({ timeout: 5 });
    const session = await open();
    const launch = await planFunction(session, 'echo', never);
    const theirs = { FunctionName: 'tiny-echo', Timeout: 9 };
    await session.mutate('theirs')(cloud.functions.updateConfiguration(theirs));
    const timeout = async () => (await cloud.functions.bounds('tiny-echo', undefined, never)).timeout;
    await expect.poll(async () => (await cloud.functions.status('tiny-echo', never)).update).toBe('Successful');
    const ready = { ...launch, ready: launch.ready! };
    await expect(launchFunction(session, ready, () => undefined, never)).rejects.toThrow(UserError);
    expect(await timeout()).toBe(9);
  });

  test('is not deleted any further once that was cancelled, but for its role when it is gone', async () => {
    const { session } = await deploy();
    const mutate = session.mutate('deleting');
    const found = (await functionDeletion(cloud, 'tiny-echo', never))!;
    const cancelledAt = (operation: string) => {
      const abort = new AbortController();
      const cancelling: Mutate = (change, facts) => {
        if (change.operation === operation) abort.abort();
        return mutate(change, facts);
      };
      return deleteFunction(cloud, cancelling, found, abort.signal);
    };
    await expect(cancelledAt('DeleteAlias')).rejects.toMatchObject({ name: 'AbortError' });
    expect(await cloud.functions.describe('tiny-echo', never)).toMatchObject({ aliases: [] });
    await cancelledAt('DeleteFunction');
    expect(await cloud.functions.describe('tiny-echo', never)).toBeUndefined();
    expect(await cloud.roles.get('tiny-echo', never)).toBeUndefined();
  });

  test('keeps a role that another function has, and that was not made for it', async () => {
    const { deployed } = await deploy();
    await describeFunction({ policy: undefined, role: deployed!.role });
    const text = await readFile(path.join(workspace, 'sagemaker.jsonc'), 'utf8');
    await write('sagemaker.jsonc', text.replace('"echo":', '"other":'));
    const session = await open();
    const launch = await planFunction(session, 'other', never);
    await launchFunction(session, { ...launch, ready: launch.ready! }, () => undefined, never);
    expect(await functionDeletion(cloud, 'tiny-echo', never)).toMatchObject({
      role: undefined,
      roleStays: 'tiny-other has it, too',
    });
    expect(await functionDeletion(cloud, 'tiny-other', never)).toMatchObject({
      role: undefined,
      roleStays: 'it was not made for this function',
    });
    await remove('tiny-other');
    expect(await functionDeletion(cloud, 'tiny-echo', never)).toMatchObject({ role: { name: 'tiny-echo' } });
  });

  const red = async (changes: object): Promise<string[]> => {
    await describeFunction(changes);
    const { gates, ready } = await planFunction(await open(), 'echo', never);
    expect(ready).toBeUndefined();
    return gates.flatMap(({ id, level }) => (level === 'red' ? [id] : []));
  };

  test('is stopped by a gate before anything is made', async () => {
    expect(await red({ handler: 'app.other' })).toEqual(['handler']);
    expect(await red({ handler: 'none.answer' })).toEqual(['source']);
    expect(await red({ policy: 'policies/none.json' })).toEqual(['policy']);
    expect(await red({ policy: undefined, role: 'nobody' })).toEqual(['role']);
    expect(await red({ policy: undefined, role: sandbox.ready.executionRoleArn })).toEqual(['role']);
    await write('policies/echo.json', '{');
    expect(await red({})).toEqual(['policy']);
    await write('policies/echo.json', JSON.stringify(policy));
    await write('.env', 'KEY=1');
    expect(await red({ source: '.' })).toEqual(['source']);
    expect(await cloud.functions.describe('tiny-echo', never)).toBeUndefined();
    expect(await cloud.roles.get('tiny-echo', never)).toBeUndefined();
  });

  test('does not take over what was made from another entry whose names come to the same', async () => {
    await write('sagemaker.jsonc', JSON.stringify({ name: 'tiny-echo', functions: { one: echo } }));
    const theirs = await planFunction(await open(), 'one', never);
    await launchFunction(await open(), { ...theirs, ready: theirs.ready! }, () => undefined, never);
    await write('sagemaker.jsonc', JSON.stringify({ name: 'tiny', functions: { 'echo-one': echo } }));
    const ours = await planFunction(await open(), 'echo-one', never);
    expect([ours.name, ours.ready]).toEqual([theirs.name, undefined]);
    expect(ours.gates.filter(({ level }) => level === 'red').map(({ evidence }) => evidence)).toEqual([
      'There is a function tiny-echo-one that was not made from this entry',
    ]);
    await remove('tiny-echo-one');
  });

  test('says why Lambda refuses it', async () => {
    await describeFunction({ environment: { WORD: 'x' }, reservedConcurrency: 100_000 });
    await expect(deploy()).rejects.toThrow(UserError);
  });
});
