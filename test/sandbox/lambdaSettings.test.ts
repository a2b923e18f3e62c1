import {
  CreateAliasCommand,
  CreateEventSourceMappingCommand,
  CreateFunctionUrlConfigCommand,
  DeleteAliasCommand,
  DeleteFunctionCommand,
  DeleteFunctionConcurrencyCommand,
  DeleteProvisionedConcurrencyConfigCommand,
  GetAccountSettingsCommand,
  GetAliasCommand,
  GetFunctionCommand,
  GetFunctionConcurrencyCommand,
  GetFunctionConfigurationCommand,
  GetProvisionedConcurrencyConfigCommand,
  InvokeCommand,
  type LambdaClient,
  ListAliasesCommand,
  ListProvisionedConcurrencyConfigsCommand,
  PublishLayerVersionCommand,
  PublishVersionCommand,
  PutFunctionConcurrencyCommand,
  PutProvisionedConcurrencyConfigCommand,
  UpdateAliasCommand,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ControlPlane } from '../support/controlPlane.js';
import { FunctionsUnderTest } from '../support/functions.js';

let plane: ControlPlane;
let lambda: LambdaClient;
let functions: FunctionsUnderTest;
const arn = (resource: string) => `arn:aws:lambda:us-east-1:123456789012:function:${resource}`;
const invalid = (message: string) => ({ name: 'InvalidParameterValueException', message });
const missing = (message: string) => ({ name: 'ResourceNotFoundException', message });

beforeAll(async () => {
  plane = await ControlPlane.start();
  ({ lambda } = plane.clients());
  functions = new FunctionsUnderTest(lambda, plane);
});
afterAll(async () => {
  expect(plane.faults).toEqual([]);
  await plane.stop();
});

/** A function with version 1 and 2. */
async function twice(name: string): Promise<void> {
  await functions.active(name, { Publish: true });
  await lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName: name, Timeout: 4 }));
  await functions.settled(name);
  await lambda.send(new PublishVersionCommand({ FunctionName: name }));
}

const createAlias = (FunctionName: string, Name: string, FunctionVersion: string, more: object = {}) =>
  lambda.send(new CreateAliasCommand({ FunctionName, Name, FunctionVersion, ...more }));
const updateAlias = (FunctionName: string, Name: string, more: object) =>
  lambda.send(new UpdateAliasCommand({ FunctionName, Name, ...more }));

describe('aliases', () => {
  test('name a version, and move', async () => {
    await twice('aliased');
    const created = await createAlias('aliased', 'live', '1', { Description: 'for people' });
    expect(created).toMatchObject({
      ...{ AliasArn: arn('aliased:live'), Name: 'live', FunctionVersion: '1', Description: 'for people' },
    });
    expect(
      await lambda.send(new GetFunctionConfigurationCommand({ FunctionName: 'aliased', Qualifier: 'live' })),
    ).toMatchObject({ FunctionArn: arn('aliased:live'), Version: '1', Timeout: 3 });
    const moved = await updateAlias('aliased', 'live', { FunctionVersion: '2', RevisionId: created.RevisionId });
    expect(moved).toMatchObject({ FunctionVersion: '2', Description: 'for people' });
    expect(await lambda.send(new InvokeCommand({ FunctionName: 'aliased', Qualifier: 'live' }))).toMatchObject({
      ExecutedVersion: '2',
    });
    await expect(updateAlias('aliased', 'live', { RevisionId: created.RevisionId })).rejects.toMatchObject({
      name: 'PreconditionFailedException',
    });
  });

  test('are listed by name, also those of one version', async () => {
    await twice('many');
    for (const [name, version] of [
      ['b', '1'],
      ['a', '2'],
      ['constructor', '1'],
    ] as const) {
      await createAlias('many', name, version);
    }
    const names = async (more: object = {}) => {
      const { Aliases } = await lambda.send(new ListAliasesCommand({ FunctionName: 'many', ...more }));
      return Aliases?.map(({ Name }) => Name);
    };
    expect(await names()).toEqual(['a', 'b', 'constructor']);
    expect(await names({ FunctionVersion: '1' })).toEqual(['b', 'constructor']);
    const first = await lambda.send(new ListAliasesCommand({ FunctionName: 'many', MaxItems: 2 }));
    expect(await names({ Marker: first.NextMarker })).toEqual(['constructor']);
  });

  test('are refused by what is wrong with them', async () => {
    await functions.active('strict', { Publish: true });
    await createAlias('strict', 'live', '1');
    await expect(createAlias('strict', 'live', '1')).rejects.toMatchObject({
      name: 'ResourceConflictException',
      message: `Alias already exists: ${arn('strict:live')}`,
    });
    await expect(createAlias('strict', 'next', '9')).rejects.toMatchObject(
      missing(`Function not found: ${arn('strict:9')}`),
    );
    await expect(createAlias('strict', '2024', '1')).rejects.toMatchObject({ name: 'ValidationException' });
    await expect(updateAlias('strict', 'none', {})).rejects.toMatchObject(
      missing(`Alias not found: ${arn('strict:none')}`),
    );
    await expect(lambda.send(new GetAliasCommand({ FunctionName: 'strict', Name: 'none' }))).rejects.toMatchObject(
      missing(`Cannot find alias arn: ${arn('strict:none')}`),
    );
    const RoutingConfig = { AdditionalVersionWeights: { '1': 0.5 } };
    await expect(updateAlias('strict', 'live', { RoutingConfig })).rejects.toMatchObject({
      name: 'NotImplemented',
      message: expect.stringContaining('weights of aliases (RoutingConfig)') as string,
    });
  });

  test('keep their version, and free it', async () => {
    await functions.active('held', { Publish: true });
    await createAlias('held', 'live', '1');
    const remove = () => lambda.send(new DeleteFunctionCommand({ FunctionName: 'held', Qualifier: '1' }));
    await expect(remove()).rejects.toMatchObject({
      name: 'ResourceConflictException',
      message: 'Unable to delete version because the following aliases reference it: [live]',
    });
    const command = new DeleteAliasCommand({ FunctionName: 'held', Name: 'live' });
    expect((await lambda.send(command)).$metadata.httpStatusCode).toBe(204);
    await lambda.send(command); // Once more is no error, as on AWS.
    await remove();
  });
});

const reserve = (FunctionName: string, ReservedConcurrentExecutions: number) =>
  lambda.send(new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions }));
const provision = (FunctionName: string, Qualifier: string, ProvisionedConcurrentExecutions = 1) =>
  lambda.send(new PutProvisionedConcurrencyConfigCommand({ FunctionName, Qualifier, ProvisionedConcurrentExecutions }));

describe('reserved concurrency', () => {
  test('is kept, told the engine, and given back', async () => {
    await functions.active('reserving');
    expect(await reserve('reserving', 5)).toMatchObject({ ReservedConcurrentExecutions: 5 });
    expect(plane.functions.reserved.get('reserving')).toBe(5);
    const get = () => lambda.send(new GetFunctionConcurrencyCommand({ FunctionName: 'reserving' }));
    expect(await get()).toMatchObject({ ReservedConcurrentExecutions: 5 });
    expect(await lambda.send(new GetFunctionCommand({ FunctionName: 'reserving' }))).toMatchObject({
      Concurrency: { ReservedConcurrentExecutions: 5 },
    });
    await lambda.send(new DeleteFunctionConcurrencyCommand({ FunctionName: 'reserving' }));
    expect((await get()).ReservedConcurrentExecutions).toBeUndefined();
    expect(plane.functions.reserved.get('reserving')).toBeUndefined();
  });

  test('leaves 100 to the others', async () => {
    await functions.active('greedy');
    await functions.active('modest');
    await reserve('modest', 10);
    const { AccountLimit } = await lambda.send(new GetAccountSettingsCommand({}));
    expect(AccountLimit).toMatchObject({ ConcurrentExecutions: 1000, UnreservedConcurrentExecutions: 990 });
    await expect(reserve('greedy', 891)).rejects.toMatchObject(
      invalid(
        "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below " +
          'its minimum value of [100].',
      ),
    );
    await reserve('greedy', 890);
    await reserve('greedy', 889); // Its own old reservation does not count.
    await lambda.send(new DeleteFunctionCommand({ FunctionName: 'greedy' }));
    await lambda.send(new DeleteFunctionCommand({ FunctionName: 'modest' }));
  });

  test('is of functions, not of their versions', async () => {
    await functions.active('whole');
    await expect(reserve(arn('whole:1'), 1)).rejects.toMatchObject({
      name: 'InvalidParameterValueException',
      message: expect.stringContaining('This operation is permitted on Lambda functions only.') as string,
    });
    await expect(reserve('none', 1)).rejects.toMatchObject(missing(`Function not found: ${arn('none:$LATEST')}`));
  });
});

describe('provisioned concurrency', () => {
  test('is of an alias or version, and goes where the alias goes', async () => {
    await twice('warm');
    await createAlias('warm', 'live', '1');
    const put = await provision('warm', 'live', 2);
    expect(put).toMatchObject({
      ...{ RequestedProvisionedConcurrentExecutions: 2, AllocatedProvisionedConcurrentExecutions: 0 },
      Status: 'IN_PROGRESS',
    });
    expect(put.$metadata.httpStatusCode).toBe(202);
    const place = { FunctionName: 'warm', Qualifier: 'live' };
    expect(await lambda.send(new GetProvisionedConcurrencyConfigCommand(place))).toMatchObject({
      ...{ RequestedProvisionedConcurrentExecutions: 2, AvailableProvisionedConcurrentExecutions: 2, Status: 'READY' },
    });
    expect(plane.functions.provisions.get('warm:live')).toMatchObject({ count: 2, spec: { version: '1' } });
    await updateAlias('warm', 'live', { FunctionVersion: '2' });
    expect(plane.functions.provisions.get('warm:live')).toMatchObject({ count: 2, spec: { version: '2' } });
    const { ProvisionedConcurrencyConfigs } = await lambda.send(
      new ListProvisionedConcurrencyConfigsCommand({ FunctionName: 'warm' }),
    );
    expect(ProvisionedConcurrencyConfigs).toMatchObject([{ FunctionArn: arn('warm:live'), Status: 'READY' }]);

    await lambda.send(new DeleteProvisionedConcurrencyConfigCommand(place));
    expect(plane.functions.provisions.get('warm:live')).toMatchObject({ count: 0 });
    await expect(lambda.send(new GetProvisionedConcurrencyConfigCommand(place))).rejects.toMatchObject({
      name: 'ProvisionedConcurrencyConfigNotFoundException',
      message: 'No Provisioned Concurrency Config found for this function',
    });
  });

  test('keeps its alias from going where nothing can be provisioned', async () => {
    await twice('bound');
    await createAlias('bound', 'live', '1');
    await provision('bound', 'live');
    await expect(updateAlias('bound', 'live', { FunctionVersion: '$LATEST' })).rejects.toMatchObject(
      invalid('Provisioned Concurrency Configs cannot be applied to unpublished function versions.'),
    );
    await provision('bound', '2');
    await expect(updateAlias('bound', 'live', { FunctionVersion: '2' })).rejects.toMatchObject({
      name: 'ResourceConflictException',
      message: "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version",
    });
    expect(plane.functions.provisions.get('bound:live')).toMatchObject({ spec: { version: '1' } });
    const command = new GetAliasCommand({ FunctionName: 'bound', Name: 'live' });
    expect(await lambda.send(command)).toMatchObject({ FunctionVersion: '1' });
  });

  test('ends with its alias or version', async () => {
    await functions.active('ended', { Publish: true });
    await createAlias('ended', 'live', '1');
    await provision('ended', 'live');
    await lambda.send(new DeleteAliasCommand({ FunctionName: 'ended', Name: 'live' }));
    expect(plane.functions.provisions.get('ended:live')).toMatchObject({ count: 0 });
    await provision('ended', '1');
    await lambda.send(new DeleteFunctionCommand({ FunctionName: 'ended', Qualifier: '1' }));
    expect(plane.functions.provisions.get('ended:1')).toMatchObject({ count: 0 });
    const command = new ListProvisionedConcurrencyConfigsCommand({ FunctionName: 'ended' });
    expect((await lambda.send(command)).ProvisionedConcurrencyConfigs).toEqual([]);
  });

  test('is refused in the words of Lambda', async () => {
    await functions.active('cold', { Publish: true });
    await createAlias('cold', 'latest', '$LATEST');
    await createAlias('cold', 'live', '1');
    const unpublished = 'Provisioned Concurrency Configs cannot be applied to unpublished function versions.';
    await expect(provision('cold', '$LATEST')).rejects.toMatchObject(invalid(unpublished));
    await expect(provision('cold', 'latest')).rejects.toMatchObject(invalid(unpublished));
    await expect(provision('cold', 'none')).rejects.toMatchObject(
      missing(`Cannot find alias arn: ${arn('cold:none')}`),
    );
    await expect(provision('cold', '9')).rejects.toMatchObject(missing(`Function not found: ${arn('cold:9')}`));
    await expect(provision('cold', '1', 901)).rejects.toMatchObject({ name: 'InvalidParameterValueException' });
    await provision('cold', 'live');
    await expect(provision('cold', '1')).rejects.toMatchObject({
      name: 'ResourceConflictException',
      message: 'Version is pointed by a Provisioned Concurrency alias',
    });
    await reserve('cold', 2);
    await expect(provision('cold', 'live', 3)).rejects.toMatchObject(
      invalid(
        'Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function',
      ),
    );
    await provision('cold', 'live', 2);
    await expect(reserve('cold', 1)).rejects.toMatchObject(
      invalid(
        " ReservedConcurrentExecutions  1 should not be lower than function's total provisioned concurrency [2].",
      ),
    );
    await expect(
      lambda.send(new GetProvisionedConcurrencyConfigCommand({ FunctionName: 'cold', Qualifier: '$LATEST' })),
    ).rejects.toMatchObject(invalid('The function resource provided must be an alias or a published version.'));
  });
});

test('what is reserved and provisioned is told the engine of the next sandbox', async () => {
  const first = await ControlPlane.start();
  const client = first.clients().lambda;
  await new FunctionsUnderTest(client, first).active('kept', { Publish: true });
  const place = { FunctionName: 'kept' };
  await client.send(new PutFunctionConcurrencyCommand({ ...place, ReservedConcurrentExecutions: 3 }));
  await client.send(
    new PutProvisionedConcurrencyConfigCommand({ ...place, Qualifier: '1', ProvisionedConcurrentExecutions: 2 }),
  );
  await first.abandon();
  const second = await ControlPlane.start({ folder: first.folder });
  expect(second.functions.reserved.get('kept')).toBe(3);
  expect(second.functions.provisions.get('kept:1')).toMatchObject({ count: 2, spec: { name: 'kept', version: '1' } });
  await second.stop();
});

test.each([
  ['CreateFunctionUrlConfig', new CreateFunctionUrlConfigCommand({ FunctionName: 'any', AuthType: 'NONE' })],
  ['CreateEventSourceMapping', new CreateEventSourceMappingCommand({ FunctionName: 'any' })],
  ['PublishLayerVersion', new PublishLayerVersionCommand({ LayerName: 'any', Content: {} })],
])('%s is refused by its name', async (name, command) => {
  await expect(lambda.send(command as CreateFunctionUrlConfigCommand)).rejects.toMatchObject({
    name: 'NotImplemented',
    message: `The sandbox does not implement ${name} of lambda.`,
  });
});
