import { CreateLogGroupCommand, CreateLogStreamCommand, PutLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FunctionsGateway } from '../../src/aws/gateways/functions.js';
import { LogsGateway } from '../../src/aws/gateways/logs.js';
import { describers } from '../../src/inventory/sources.js';
import type { Cloud } from '../../src/aws/cloud.js';
import { ControlPlane } from '../support/controlPlane.js';
import { FunctionsUnderTest } from '../support/functions.js';

const { signal } = new AbortController();
let plane: ControlPlane;
let under: FunctionsUnderTest;
let functions: FunctionsGateway;
let logs: LogsGateway;

beforeAll(async () => {
  plane = await ControlPlane.start();
  const clients = plane.clients();
  under = new FunctionsUnderTest(clients.lambda, plane);
  functions = new FunctionsGateway(clients.lambda, clients.lambda);
  logs = new LogsGateway(clients.logs);
});
afterAll(() => plane.stop());

test('51 functions are two pages', async () => {
  await Promise.all(Array.from({ length: 51 }, (_, index) => under.create(`many-${index}`)));
  const first = await functions.list({}, signal);
  expect(first.items).toHaveLength(50);
  const second = await functions.list({ token: first.token! }, signal);
  expect(second).toMatchObject({ items: { length: 1 }, token: undefined });
  expect(new Set([...first.items, ...second.items].map(({ name }) => name)).size).toBe(51);
  expect(first.items[0]).toMatchObject({ runtime: 'python3.12', memory: 128, timeout: 3 });
  expect(Number.isNaN(first.items[0]!.modified.getTime())).toBe(false);
});

test('a function is described with its versions, aliases and concurrency, and all pages of them', async () => {
  await under.active('predict', { MemorySize: 256, Environment: { Variables: { STAGE: 'test' } } });
  const { codeSha256 } = (await functions.describe('predict', signal))!;
  const { version } = await functions.publish('predict', codeSha256, 'first').send();
  for (let index = 0; index < 51; index++) await functions.createAlias('predict', `alias-${index}`, version).send();
  await functions.reserve('predict', 5).send();
  await functions.provision('predict', 'alias-0', 2).send();
  const found = await functions.describe('predict', signal);
  expect(found).toMatchObject({
    ...{ state: 'Active', update: 'Successful', memory: 256, architecture: 'x86_64', handler: 'app.handler' },
    ...{ environment: { STAGE: 'test' }, logGroup: '/aws/lambda/predict', reservedConcurrency: 5 },
    versions: [{ version: '1', description: 'first', codeSha256 }],
    provisioned: [{ qualifier: 'alias-0', requested: 2, available: 2, status: 'READY' }],
  });
  expect(found!.aliases).toHaveLength(51);
  expect(found!.aliases.every((alias) => alias.version === '1')).toBe(true);
});

test('one that is gone is undefined, and its log is where it was', async () => {
  await under.active('short');
  await functions.delete('short').send();
  expect(await functions.describe('short', signal)).toBeUndefined();
  expect(await functions.logGroup('short', signal)).toBe('/aws/lambda/short');
});

test('the log of a function is found in the group that it was told, with the last error of all its environments', async () => {
  const group = '/teams/vision';
  await under.active('told', { LoggingConfig: { LogGroup: group } });
  expect(await functions.logGroup('told', signal)).toBe(group);
  const cloud = { functions, logs } as unknown as Cloud;
  expect(await describers.function(cloud, 'told', signal)).toMatchObject({ name: 'told', lastError: undefined });

  const client = plane.clients().logs;
  await client.send(new CreateLogGroupCommand({ logGroupName: group }));
  const now = Date.now();
  const write = async (logStreamName: string, ...events: [ago: number, message: string][]) => {
    await client.send(new CreateLogStreamCommand({ logGroupName: group, logStreamName }));
    const logEvents = events.map(([ago, message]) => ({ timestamp: now - ago, message }));
    await client.send(new PutLogEventsCommand({ logGroupName: group, logStreamName, logEvents }));
  };
  await write('2026/11/28/[1]aa', [7_200_000, '[ERROR] KeyError: an old one\n'], [3000, '[ERROR] KeyError: url\n']);
  await write(
    '2026/11/28/[1]bb',
    [5000, '8f5c Task timed out after 3.00 seconds\n'],
    [1000, 'REPORT RequestId: 8f5c\n'],
  );
  const found = await logs.search({ group, since: new Date(now - 60_000) }, signal);
  expect(found.items.map(({ stream, message }) => [stream.slice(-2), message.trim()])).toEqual([
    ['bb', '8f5c Task timed out after 3.00 seconds'],
    ['aa', '[ERROR] KeyError: url'],
    ['bb', 'REPORT RequestId: 8f5c'],
  ]);
  const { lastError } = (await describers.function(cloud, 'told', signal))!;
  expect(lastError).toMatchObject({ message: '[ERROR] KeyError: url\n' });
});
