import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import {
  CreateFunctionCommand,
  type CreateFunctionCommandInput,
  DeleteFunctionCommand,
  GetFunctionCommand,
  GetFunctionConfigurationCommand,
  InvokeCommand,
  LambdaClient,
  ListFunctionsCommand,
  ListVersionsByFunctionCommand,
  paginateListFunctions,
  PublishVersionCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
  waitUntilFunctionUpdatedV2,
} from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ControlPlane } from '../support/controlPlane.js';
import { FunctionsUnderTest, handlerZip } from '../support/functions.js';
import { zip } from '../support/zips.js';

let plane: ControlPlane;
let lambda: LambdaClient;
let functions: FunctionsUnderTest;
const arn = (resource: string) => `arn:aws:lambda:us-east-1:123456789012:function:${resource}`;
const sha256 = (data: Uint8Array) => createHash('sha256').update(data).digest('base64');
const otherZip = zip({ 'app.py': 'def handler(event, context):\n    return 2\n' });
const packages = (from = plane) => readdirSync(path.join(from.folder, 'function-packages'));

beforeAll(async () => {
  plane = await ControlPlane.start();
  ({ lambda } = plane.clients());
  functions = new FunctionsUnderTest(lambda, plane);
});
afterAll(() => plane.stop());

const configuration = (FunctionName: string, Qualifier?: string) =>
  lambda.send(new GetFunctionConfigurationCommand({ FunctionName, Qualifier }));
const publish = (FunctionName: string, more: object = {}) =>
  lambda.send(new PublishVersionCommand({ FunctionName, ...more }));
const remove = (FunctionName: string, Qualifier?: string) =>
  lambda.send(new DeleteFunctionCommand({ FunctionName, Qualifier }));

describe('a function', () => {
  test('is Pending when it is made and Active soon after, with the defaults of Lambda', async () => {
    const created = await functions.create('fresh', { Environment: { Variables: { STAGE: 'test' } } });
    expect(created).toMatchObject({
      ...{ FunctionName: 'fresh', FunctionArn: arn('fresh'), Version: '$LATEST', PackageType: 'Zip' },
      ...{ Runtime: 'python3.12', Handler: 'app.handler', Role: functions.role, Description: '' },
      ...{ Timeout: 3, MemorySize: 128, EphemeralStorage: { Size: 512 }, Architectures: ['x86_64'] },
      ...{ State: 'Pending', StateReasonCode: 'Creating', Environment: { Variables: { STAGE: 'test' } } },
      ...{ CodeSize: handlerZip.length, CodeSha256: sha256(handlerZip), TracingConfig: { Mode: 'PassThrough' } },
      LoggingConfig: { LogFormat: 'Text', LogGroup: '/aws/lambda/fresh' },
    });
    expect(created.$metadata.httpStatusCode).toBe(201);
    expect(created.LastModified).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000$/);
    await functions.settled('fresh');
    const now = await configuration('fresh');
    expect(now).toMatchObject({ State: 'Active', LastUpdateStatus: 'Successful' });
    expect(now.StateReason).toBeUndefined();
    expect(now.RevisionId).not.toBe(created.RevisionId);
  });

  test('refuses changes and invocations while it is Pending', async () => {
    await functions.create('hasty');
    await expect(lambda.send(new InvokeCommand({ FunctionName: 'hasty' }))).rejects.toMatchObject({
      name: 'ResourceConflictException',
      message:
        'The operation cannot be performed at this time. The function is currently in the following state: Pending',
    });
    await expect(
      lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName: 'hasty', Timeout: 4 })),
    ).rejects.toMatchObject({
      name: 'ResourceConflictException',
      message: `The operation cannot be performed at this time. The resource ${arn('hasty')} is currently in the following state: 'Pending'. StateReasonCode: 'Creating'`,
    });
  });

  test('exists once', async () => {
    await functions.create('once');
    await expect(functions.create('once')).rejects.toMatchObject({
      name: 'ResourceConflictException',
      message: 'Function already exist: once',
      Type: 'User',
    });
    await remove('once');
    await expect(configuration('once')).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: `Function not found: ${arn('once')}`,
    });
    await expect(remove('once')).rejects.toThrow(`Function not found: ${arn('once')}`);
    expect(plane.functions.removed).toContain('once');
  });

  test('is found by its name, the partial and the whole ARN, and by no foreign one', async () => {
    await functions.active('named');
    for (const name of ['named', '123456789012:function:named', 'function:named', arn('named')]) {
      expect(await configuration(name)).toMatchObject({ FunctionArn: arn('named') });
    }
    expect(await configuration(`${arn('named')}:$LATEST`)).toMatchObject({ FunctionArn: arn('named:$LATEST') });
    await expect(configuration('arn:aws:lambda:eu-west-1:123456789012:function:named')).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: "Functions from 'eu-west-1' are not reachable in this region ('us-east-1')",
    });
    await expect(configuration('arn:aws:lambda:us-east-1:210987654321:function:named')).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
    await expect(configuration(`${arn('named')}:1`, '2')).rejects.toMatchObject({
      name: 'InvalidParameterValueException',
      message: 'The derived qualifier from the function name does not match the specified qualifier.',
    });
    await expect(configuration('named!')).rejects.toMatchObject({ name: 'ValidationException' });
  });

  test('is listed page by page, with its versions on request', async () => {
    for (const name of ['list-a', 'list-b', 'list-c']) await functions.create(name, { Publish: true });
    const pages: string[][] = [];
    for await (const page of paginateListFunctions({ client: lambda, pageSize: 2 }, {})) {
      pages.push((page.Functions ?? []).map(({ FunctionName }) => FunctionName ?? ''));
    }
    expect(pages.every((page) => page.length <= 2)).toBe(true);
    expect(pages.flat().filter((name) => name.startsWith('list-'))).toEqual(['list-a', 'list-b', 'list-c']);
    const { Functions: all } = await lambda.send(new ListFunctionsCommand({ FunctionVersion: 'ALL' }));
    const own = all?.filter(({ FunctionName }) => FunctionName === 'list-a');
    expect(own?.map(({ FunctionArn }) => FunctionArn)).toEqual([arn('list-a:$LATEST'), arn('list-a:1')]);
    expect(own?.[0]).not.toHaveProperty('State');
    await expect(lambda.send(new ListFunctionsCommand({ Marker: 'bm9uZQ==' }))).rejects.toMatchObject({
      name: 'InvalidParameterValueException',
    });
  });

  test('whose name begins with that of another one is on the next page', async () => {
    const names = ['paged', 'paged-v2', 'paged2'];
    for (const name of names) await functions.create(name);
    const seen: string[] = [];
    for await (const page of paginateListFunctions({ client: lambda, pageSize: 1 }, { FunctionVersion: 'ALL' })) {
      seen.push(...(page.Functions ?? []).map(({ FunctionName }) => FunctionName ?? ''));
    }
    expect(seen.filter((name) => name.startsWith('paged'))).toEqual(names);
  });

  test('brings its code back by a link that opens without keys', async () => {
    await functions.active('linked', { Tags: { a: '1' } });
    const found = await lambda.send(new GetFunctionCommand({ FunctionName: 'linked' }));
    expect(found).toMatchObject({ Tags: { a: '1' }, Code: { RepositoryType: 'S3' } });
    const location = found.Code?.Location ?? '';
    expect(Buffer.from(await (await fetch(location)).arrayBuffer())).toEqual(handlerZip);
    expect((await fetch(location.replace(/signature=../, 'signature=00'))).status).toBe(403);
    expect((await fetch(location.replace(/expires=\d+/, 'expires=9999999999999'))).status).toBe(403);
    expect((await fetch(location, { headers: { origin: 'http://example.com' } })).status).toBe(403);
  });
});

describe('updates', () => {
  test('of code go one at a time, and are seen at once by their revision', async () => {
    await functions.active('updated');
    const before = await configuration('updated');
    const command = { FunctionName: 'updated', ZipFile: otherZip };
    const first = await lambda.send(new UpdateFunctionCodeCommand({ ...command, RevisionId: before.RevisionId }));
    expect(first).toMatchObject({ State: 'Active', LastUpdateStatus: 'InProgress', CodeSha256: sha256(otherZip) });
    await expect(lambda.send(new UpdateFunctionCodeCommand(command))).rejects.toMatchObject({
      name: 'ResourceConflictException',
      message: `The operation cannot be performed at this time. An update is in progress for resource: ${arn('updated')}`,
    });
    await waitUntilFunctionUpdatedV2(
      { client: lambda, maxWaitTime: 30, minDelay: 0.05, maxDelay: 0.05 },
      { FunctionName: 'updated' },
    );
    await expect(
      lambda.send(new UpdateFunctionCodeCommand({ ...command, RevisionId: before.RevisionId })),
    ).rejects.toMatchObject({
      name: 'PreconditionFailedException',
      message: expect.stringContaining('does not match the latest Revision Id') as string,
    });
  });

  test('are of $LATEST alone: a version stays what it is, whoever names it', async () => {
    await functions.active('addressed', { Publish: true });
    const { RevisionId } = await configuration('addressed');
    const refused = {
      name: 'InvalidParameterValueException',
      message: 'Current operation does not support versions other than $LATEST',
    };
    const code = new UpdateFunctionCodeCommand({ FunctionName: 'addressed:1', ZipFile: otherZip });
    await expect(lambda.send(code)).rejects.toMatchObject(refused);
    const settings = new UpdateFunctionConfigurationCommand({ FunctionName: arn('addressed:1'), Timeout: 9 });
    await expect(lambda.send(settings)).rejects.toMatchObject(refused);
    expect(await configuration('addressed')).toMatchObject({ RevisionId });
  });

  test('of the configuration keep what they do not name, and give the engine another revision', async () => {
    await functions.active('configured', { Environment: { Variables: { STAGE: '1' } }, Timeout: 9 });
    const invoke = () => lambda.send(new InvokeCommand({ FunctionName: 'configured' }));
    await invoke();
    const update = { FunctionName: 'configured', MemorySize: 256, Description: 'more' };
    const updated = await lambda.send(new UpdateFunctionConfigurationCommand(update));
    expect(updated).toMatchObject({
      ...{ MemorySize: 256, Timeout: 9, Description: 'more', Environment: { Variables: { STAGE: '1' } } },
      CodeSha256: sha256(handlerZip),
    });
    await functions.settled('configured');
    await invoke();
    const [first, second] = plane.functions.invoked.slice(-2).map(({ spec }) => spec);
    expect(second).toMatchObject({
      memorySize: 256,
      timeout: 9,
      environment: { STAGE: '1' },
      codeFile: first!.codeFile,
    });
    expect(second!.revision).not.toBe(first!.revision);
  });

  test('that are a dry run change nothing', async () => {
    await functions.active('rehearsed');
    const before = await configuration('rehearsed');
    const command = { FunctionName: 'rehearsed', ZipFile: otherZip, DryRun: true };
    expect(await lambda.send(new UpdateFunctionCodeCommand(command))).toMatchObject({ CodeSha256: sha256(otherZip) });
    expect((await configuration('rehearsed')).RevisionId).toBe(before.RevisionId);
  });
});

describe('versions', () => {
  test('are snapshots with numbers, and what has not changed is not published again', async () => {
    await functions.active('versioned', { Description: 'first' });
    const first = await publish('versioned', { Description: 'one', CodeSha256: sha256(handlerZip) });
    expect(first).toMatchObject({
      ...{ Version: '1', FunctionArn: arn('versioned:1'), Description: 'one', State: 'Active' },
      LastUpdateStatus: 'Successful',
    });
    expect(await publish('versioned', { Description: 'two' })).toMatchObject({
      ...{ Version: '1', Description: 'one', RevisionId: first.RevisionId },
    });
    await lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName: 'versioned', Timeout: 5 }));
    await functions.settled('versioned');
    expect(await publish('versioned')).toMatchObject({ Version: '2', Timeout: 5, Description: 'first' });
    expect(await configuration('versioned', '1')).toMatchObject({ Timeout: 3 });
    const list = await lambda.send(new ListVersionsByFunctionCommand({ FunctionName: 'versioned' }));
    expect(list.Versions?.map(({ Version }) => Version)).toEqual(['$LATEST', '1', '2']);

    await expect(publish('versioned', { CodeSha256: 'other' })).rejects.toMatchObject({
      name: 'InvalidParameterValueException',
      message: `CodeSHA256 (other) is different from current CodeSHA256 in $LATEST (${sha256(handlerZip)}). Please try again with the CodeSHA256 in $LATEST.`,
    });
    await expect(publish('versioned', { RevisionId: 'other' })).rejects.toMatchObject({
      name: 'PreconditionFailedException',
    });
  });

  test('come with a function or an update of its code', async () => {
    expect(await functions.create('born', { Publish: true })).toMatchObject({ Version: '1', State: 'Pending' });
    await functions.settled('born');
    const update = { FunctionName: 'born', ZipFile: otherZip, Publish: true };
    expect(await lambda.send(new UpdateFunctionCodeCommand(update))).toMatchObject({
      ...{ Version: '2', FunctionArn: arn('born:2') },
    });
    expect(await configuration('born', '1')).toMatchObject({ CodeSha256: sha256(handlerZip), State: 'Active' });
  });

  test('are deleted one by one, their numbers never used again', async () => {
    await functions.active('trimmed', { Publish: true });
    await remove('trimmed', '1');
    await remove('trimmed', '99');
    await expect(configuration('trimmed', '1')).rejects.toThrow(`Function not found: ${arn('trimmed:1')}`);
    expect(await publish('trimmed')).toMatchObject({ Version: '2' });
    for (const [qualifier, message] of [
      ['$LATEST', '$LATEST version cannot be deleted without deleting the function.'],
      ['live', 'Deletion of aliases is not currently supported.'],
    ] as const) {
      await expect(remove('trimmed', qualifier)).rejects.toMatchObject({
        name: 'InvalidParameterValueException',
        message,
      });
    }
  });

  test('share one package, which goes when nobody needs it any more', async () => {
    const own = zip({ 'app.py': '# a package of its own\n' });
    const file = `${createHash('sha256').update(own).digest('hex')}.zip`;
    await functions.active('packaged', { Code: { ZipFile: own }, Publish: true });
    await lambda.send(new UpdateFunctionCodeCommand({ FunctionName: 'packaged', ZipFile: otherZip }));
    expect(packages()).toContain(file);
    await remove('packaged', '1');
    expect(packages()).not.toContain(file);
  });
});

describe('code in S3', () => {
  test('is read with the keys of the caller', async () => {
    await plane.put('code', 'app.zip', handlerZip);
    const Code = { S3Bucket: 'code', S3Key: 'app.zip' };
    expect(await functions.create('from-s3', { Code })).toMatchObject({ CodeSha256: sha256(handlerZip) });

    const deployer = plane.role('deployer', [{ Effect: 'Allow', Action: ['lambda:*', 'iam:PassRole'], Resource: '*' }]);
    const request = {
      ...{ FunctionName: 'denied', Runtime: 'python3.12', Handler: 'app.handler' },
      Role: functions.role,
    };
    await expect(
      plane
        .client(LambdaClient, deployer.keys)
        .send(new CreateFunctionCommand({ ...request, Code } as CreateFunctionCommandInput)),
    ).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message:
        'Your access has been denied by S3, please make sure your request credentials have permission to GetObject ' +
        'for code/app.zip. S3 Error Code: AccessDenied. S3 Error Message: Access Denied',
    });
  });

  test.each([
    ['no-bucket', 'app.zip', 'NoSuchBucket. S3 Error Message: The specified bucket does not exist'],
    ['code', 'other.zip', 'NoSuchKey. S3 Error Message: The specified key does not exist.'],
  ])('that is not there is said to be so: %s/%s', async (S3Bucket, S3Key, message) => {
    await plane.put('code', 'app.zip', handlerZip);
    await expect(functions.create('nowhere', { Code: { S3Bucket, S3Key } })).rejects.toMatchObject({
      name: 'InvalidParameterValueException',
      message: `Error occurred while GetObject. S3 Error Code: ${message}`,
    });
  });
});

test('all of it outlives a kill, and what was Pending is Active', async () => {
  const first = await ControlPlane.start();
  const clients = first.clients();
  const before = new FunctionsUnderTest(clients.lambda, first);
  await before.create('durable', { Publish: true });
  const file = first.functions;
  expect(file.invoked).toEqual([]);
  await first.abandon();
  const second = await ControlPlane.start({ folder: first.folder });
  try {
    const client = second.client(LambdaClient);
    const again = await client.send(new GetFunctionConfigurationCommand({ FunctionName: 'durable', Qualifier: '1' }));
    expect(again).toMatchObject({ State: 'Active', CodeSha256: sha256(handlerZip) });
    await client.send(new InvokeCommand({ FunctionName: 'durable' }));
    expect(existsSync(second.functions.invoked[0]!.spec.codeFile)).toBe(true);
    expect(packages(second)).toHaveLength(1);
  } finally {
    await second.stop();
  }
});

test('the sandbox has made no mistake of its own', () => {
  expect(plane.faults).toEqual([]);
});
