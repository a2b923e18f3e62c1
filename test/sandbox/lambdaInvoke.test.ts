import {
  DeleteFunctionCommand,
  InvokeCommand,
  type InvokeCommandInput,
  LambdaClient,
  PutFunctionConcurrencyCommand,
  UpdateFunctionCodeCommand,
} from '@aws-sdk/client-lambda';
import { existsSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { ServiceError } from '../../src/sandbox/protocol/service.js';
import { ControlPlane } from '../support/controlPlane.js';
import { FunctionsUnderTest } from '../support/functions.js';
import { SimulatedClock } from '../support/simulatedClock.js';
import { zip } from '../support/zips.js';

const arn = (resource: string) => `arn:aws:lambda:us-east-1:123456789012:function:${resource}`;
const text = (payload: Uint8Array | undefined) => Buffer.from(payload ?? []).toString();
const invoke = (client: LambdaClient, FunctionName: string, more: Partial<InvokeCommandInput> = {}) =>
  client.send(new InvokeCommand({ FunctionName, ...more }));
const throttled = () =>
  new ServiceError('TooManyRequestsException', 'Rate Exceeded.', 429, {
    ...{ Type: 'User', Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded' },
  });

describe('a caller who waits', () => {
  let plane: ControlPlane;
  let lambda: LambdaClient;
  let functions: FunctionsUnderTest;

  beforeAll(async () => {
    plane = await ControlPlane.start();
    ({ lambda } = plane.clients());
    functions = new FunctionsUnderTest(lambda, plane);
    await functions.active('echo', { Publish: true });
  });
  afterEach(() => {
    plane.functions.answer = ({ payload }) => ({ payload });
  });
  afterAll(async () => {
    expect(plane.faults).toEqual([]);
    await plane.stop();
  });

  test('gets what the handler returned, of the version that was asked for', async () => {
    const reply = await invoke(lambda, 'echo', { Payload: '{"url": "…"}' });
    expect(reply).toMatchObject({ StatusCode: 200, ExecutedVersion: '$LATEST' });
    expect(reply.FunctionError).toBeUndefined();
    expect(reply.LogResult).toBeUndefined();
    expect(text(reply.Payload)).toBe('{"url": "…"}');
    expect(await invoke(lambda, 'echo', { Qualifier: '1' })).toMatchObject({ ExecutedVersion: '1' });
    const [, { spec, invocation } = { spec: undefined, invocation: undefined }] = plane.functions.invoked.slice(-2);
    expect(spec).toMatchObject({ name: 'echo', version: '1', handler: 'app.handler', logGroup: '/aws/lambda/echo' });
    expect(invocation).toMatchObject({ functionArn: arn('echo:1'), qualifier: '1' });
    // Without a payload the event is an empty object.
    expect(text(invocation?.payload)).toBe('{}');
    expect(existsSync(spec?.codeFile ?? '')).toBe(true);
  });

  test('hears of an error beside its payload, and of the log', async () => {
    const failure = { errorMessage: 'no', errorType: 'ValueError' };
    plane.functions.answer = () => ({
      ...{ payload: Buffer.from(JSON.stringify(failure)), error: 'Unhandled', logTail: Buffer.from('START …') },
    });
    const reply = await invoke(lambda, 'echo', { LogType: 'Tail' });
    expect(reply).toMatchObject({ StatusCode: 200, FunctionError: 'Unhandled' });
    expect(JSON.parse(text(reply.Payload))).toEqual(failure);
    expect(Buffer.from(reply.LogResult ?? '', 'base64').toString()).toBe('START …');
  });

  test('may only ask whether it would be possible', async () => {
    const before = plane.functions.invoked.length;
    expect(await invoke(lambda, 'echo', { InvocationType: 'DryRun' })).toMatchObject({ StatusCode: 204 });
    expect(plane.functions.invoked).toHaveLength(before);
  });

  test('sends a context of its own', async () => {
    const ClientContext = Buffer.from('{"client": {}}').toString('base64');
    await invoke(lambda, 'echo', { ClientContext });
    expect(plane.functions.invoked.at(-1)?.invocation.clientContext).toBe(ClientContext);
    for (const wrong of ['nothing', Buffer.from('[1]').toString('base64')]) {
      await expect(invoke(lambda, 'echo', { ClientContext: wrong })).rejects.toMatchObject({
        name: 'InvalidRequestContentException',
        message: 'Client context must be a valid Base64-encoded JSON object.',
      });
    }
  });

  test('is refused what is no JSON, and what is too large', async () => {
    for (const Payload of ['{"url": ', new Uint8Array([0x22, 0x99, 0x22])]) {
      await expect(invoke(lambda, 'echo', { Payload })).rejects.toMatchObject({
        name: 'InvalidRequestContentException',
        message: expect.stringMatching(
          /^Could not parse request body into json: Could not parse payload into json: ./,
        ) as string,
      });
    }
    const most = JSON.stringify('x'.repeat(6_291_454));
    expect((await invoke(lambda, 'echo', { Payload: most })).Payload).toHaveLength(6_291_456);
    await expect(invoke(lambda, 'echo', { Payload: `${most} ` })).rejects.toMatchObject({
      name: 'RequestEntityTooLargeException',
      message: 'Request must be smaller than 6291456 bytes for the InvokeFunction operation',
    });
    const event = { InvocationType: 'Event' as const, Payload: JSON.stringify('x'.repeat(1_048_575)) };
    await expect(invoke(lambda, 'echo', event)).rejects.toMatchObject({
      message: '1048577 byte payload is too large for the Event invocation type (limit 1048576 bytes)',
    });
  });

  test('is told which function is not there', async () => {
    await expect(invoke(lambda, 'none')).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: `Function not found: ${arn('none:$LATEST')}`,
    });
    await expect(invoke(lambda, 'echo', { Qualifier: 'live' })).rejects.toThrow(
      `Function not found: ${arn('echo:live')}`,
    );
  });

  test('hears why there is no room', async () => {
    plane.functions.answer = () => {
      throw throttled();
    };
    await expect(invoke(lambda, 'echo')).rejects.toMatchObject({
      ...{ name: 'TooManyRequestsException', message: 'Rate Exceeded.' },
      Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded',
    });
  });

  test('hears that the role is gone', async () => {
    const role = plane.role('fleeting', [], 'lambda.amazonaws.com');
    await functions.active('orphan', { Role: role.arn });
    plane.functions.answer = (_, { keys }) => ({ payload: Buffer.from(JSON.stringify(keys().accessKeyId)) });
    expect(text((await invoke(lambda, 'orphan')).Payload)).toMatch(/^"ASIA/);
    plane.identities.roles.delete('fleeting');
    await expect(invoke(lambda, 'orphan')).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: 'The role defined for the function cannot be assumed by Lambda.',
    });
  });

  test('must be allowed to invoke just that', async () => {
    const statement = { Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource: arn('echo:1') };
    const client = plane.client(LambdaClient, plane.role('invoker', [statement]).keys);
    expect(await invoke(client, 'echo', { Qualifier: '1' })).toMatchObject({ ExecutedVersion: '1' });
    await expect(invoke(client, arn('echo'))).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message:
        'User: arn:aws:sts::123456789012:assumed-role/invoker/test is not authorized to perform: lambda:InvokeFunction ' +
        `on resource: ${arn('echo')} because no identity-based policy allows the lambda:InvokeFunction action`,
    });
  });

  test('keeps the package until the answer, whatever is updated meanwhile', async () => {
    const own = zip({ 'app.py': '# in use\n' });
    await functions.active('busy', { Code: { ZipFile: own } });
    let finish = (): void => undefined;
    plane.functions.answer = () =>
      new Promise((resolve) => {
        finish = () => resolve({ payload: Buffer.from('1'), error: undefined, logTail: Buffer.from('') });
      });
    const before = plane.functions.invoked.length;
    const reply = invoke(lambda, 'busy');
    await vi.waitUntil(() => plane.functions.invoked.length > before);
    const { codeFile } = plane.functions.invoked.at(-1)!.spec;
    await lambda.send(new UpdateFunctionCodeCommand({ FunctionName: 'busy', ZipFile: zip({ 'app.py': '# next\n' }) }));
    expect(existsSync(codeFile)).toBe(true);
    finish();
    await reply;
    expect(existsSync(codeFile)).toBe(false);
  });
});

describe('an event that nobody waits for', () => {
  const minute = 60_000;
  let plane: ControlPlane;
  let clock: SimulatedClock;
  let functions: FunctionsUnderTest;
  /** What the handler was given, and how often. */
  const attempts = () => plane.functions.invoked.map(({ invocation }) => text(invocation.payload));
  const send = (FunctionName: string, Payload = '{"n": 1}') =>
    invoke(functions.lambda, FunctionName, { InvocationType: 'Event', Payload });

  const start = async (folder?: string) => {
    clock = new SimulatedClock(Date.now());
    plane = await ControlPlane.start({ functionClock: clock, ...(folder !== undefined && { folder }) });
    functions = new FunctionsUnderTest(plane.clients().lambda, plane);
  };
  const made = async (name: string) => {
    await functions.create(name);
    await clock.advance(1000);
  };
  afterEach(async () => {
    expect(plane.faults).toEqual([]);
    await plane.stop();
  });

  test('is accepted at once and delivered, once when it succeeds', async () => {
    await start();
    await made('worker');
    const reply = await send('worker');
    expect(reply).toMatchObject({ StatusCode: 202 });
    expect(reply.ExecutedVersion).toBeUndefined();
    await clock.advance(60 * minute);
    expect(attempts()).toEqual(['{"n": 1}']);
  });

  test('is tried twice more when the function fails, under the same id, after one minute and two', async () => {
    await start();
    await made('worker');
    plane.functions.answer = () => ({ error: 'Unhandled' });
    await send('worker');
    const counts: number[] = [];
    for (const wait of [0, minute - 1, 1, 2 * minute - 1, 1, 60 * minute]) {
      await clock.advance(wait);
      counts.push(attempts().length);
    }
    expect(counts).toEqual([1, 1, 2, 2, 3, 3]);
    expect(new Set(plane.functions.invoked.map(({ invocation }) => invocation.requestId)).size).toBe(1);
  });

  test('waits where there is no room, for six hours', async () => {
    await start();
    await made('worker');
    plane.functions.answer = () => {
      throw throttled();
    };
    await send('worker');
    await clock.advance(7 * minute);
    const soon = attempts().length;
    expect(soon).toBeGreaterThan(5);
    plane.functions.answer = ({ payload }) => ({ payload });
    await clock.advance(6 * minute);
    expect(attempts()).toHaveLength(soon + 1);

    plane.functions.answer = () => {
      throw throttled();
    };
    await send('worker');
    await clock.advance(7 * 60 * minute);
    const given = attempts().length;
    await clock.advance(60 * minute);
    expect(attempts()).toHaveLength(given);
  });

  test('is dropped with its function, and where nothing may run', async () => {
    await start();
    await made('gone');
    await made('stopped');
    const { lambda } = functions;
    await lambda.send(new PutFunctionConcurrencyCommand({ FunctionName: 'stopped', ReservedConcurrentExecutions: 0 }));
    await Promise.all([send('gone'), send('stopped')]);
    await lambda.send(new DeleteFunctionCommand({ FunctionName: 'gone' }));
    await clock.advance(60 * minute);
    expect(attempts()).toEqual([]);
  });

  test('outlives a kill of the sandbox', async () => {
    await start();
    await made('worker');
    plane.functions.answer = () => ({ error: 'Unhandled' });
    await send('worker');
    await clock.advance(0);
    expect(attempts()).toHaveLength(1);
    await plane.abandon();
    await start(plane.folder);
    await clock.advance(2 * minute);
    expect(attempts()).toEqual(['{"n": 1}']);
  });
});
