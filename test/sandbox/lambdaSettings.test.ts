import {
  AddPermissionCommand,
  type AddPermissionCommandInput,
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
  GetPolicyCommand,
  GetProvisionedConcurrencyConfigCommand,
  InvokeCommand,
  LambdaClient,
  ListAliasesCommand,
  ListProvisionedConcurrencyConfigsCommand,
  ListTagsCommand,
  PublishLayerVersionCommand,
  PublishVersionCommand,
  PutFunctionConcurrencyCommand,
  PutProvisionedConcurrencyConfigCommand,
  RemovePermissionCommand,
  TagResourceCommand,
  UntagResourceCommand,
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

describe('permissions', () => {
  const add = (FunctionName: string, more: Partial<AddPermissionCommandInput>) =>
    lambda.send(
      new AddPermissionCommand({
        ...{ FunctionName, StatementId: 's3', Action: 'lambda:InvokeFunction', Principal: 's3.amazonaws.com' },
        ...more,
      }),
    );
  const policy = async (FunctionName: string, Qualifier?: string) => {
    const found = await lambda.send(new GetPolicyCommand({ FunctionName, Qualifier }));
    return { revision: found.RevisionId, document: JSON.parse(found.Policy ?? '') as { Statement: unknown[] } };
  };

  test('are kept as AWS would write them', async () => {
    await functions.active('open');
    const SourceArn = 'arn:aws:s3:::pictures';
    const { Statement } = await add('open', { SourceArn, SourceAccount: '123456789012' });
    const statement = {
      ...{ Sid: 's3', Effect: 'Allow', Principal: { Service: 's3.amazonaws.com' }, Action: 'lambda:InvokeFunction' },
      Resource: arn('open'),
      Condition: { StringEquals: { 'AWS:SourceAccount': '123456789012' }, ArnLike: { 'AWS:SourceArn': SourceArn } },
    };
    expect(Statement).toBe(JSON.stringify(statement));
    await add('open', { StatementId: 'account', Principal: '210987654321' });
    const { revision, document } = await policy('open');
    expect(document).toEqual({
      ...{ Version: '2012-10-17', Id: 'default' },
      Statement: [
        statement,
        {
          ...{ Sid: 'account', Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::210987654321:root' } },
          ...{ Action: 'lambda:InvokeFunction', Resource: arn('open') },
        },
      ],
    });
    // The revision is the function's own.
    const described = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName: 'open' }));
    expect(revision).toBe(described.RevisionId);
  });

  test('let a role invoke that has no policy of its own', async () => {
    await functions.active('lent');
    const elsewhere = { Effect: 'Allow', Action: 's3:ListBucket', Resource: '*' };
    const guest = plane.role('guest', [elsewhere]);
    const invoke = () => plane.client(LambdaClient, guest.keys).send(new InvokeCommand({ FunctionName: 'lent' }));
    await add('lent', { Principal: plane.role('another', []).arn });
    await expect(invoke()).rejects.toMatchObject({ name: 'AccessDeniedException' });
    await add('lent', { StatementId: 'guest', Principal: guest.arn });
    expect(await invoke()).toMatchObject({ StatusCode: 200 });
    // Whoever may invoke may not do anything else.
    const read = new GetFunctionConfigurationCommand({ FunctionName: 'lent' });
    await expect(plane.client(LambdaClient, guest.keys).send(read)).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
  });

  test('are of the function, or of an alias', async () => {
    await functions.active('guarded', { Publish: true });
    await createAlias('guarded', 'live', '1');
    await add('guarded', { Qualifier: 'live' });
    expect((await policy('guarded', 'live')).document.Statement).toMatchObject([{ Resource: arn('guarded:live') }]);
    await expect(policy('guarded')).rejects.toMatchObject(missing('The resource you requested does not exist.'));
    const statement = { FunctionName: 'guarded', StatementId: 's3', Qualifier: 'live' };
    await lambda.send(new RemovePermissionCommand(statement));
    await expect(policy('guarded', 'live')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    await expect(lambda.send(new RemovePermissionCommand(statement))).rejects.toMatchObject(
      missing('No policy is associated with the given resource.'),
    );
  });

  test('are refused in the words of Lambda', async () => {
    await functions.active('shut');
    await add('shut', {});
    await expect(add('shut', {})).rejects.toMatchObject({
      name: 'ResourceConflictException',
      message:
        'The statement id (s3) provided already exists. Please provide a new statement id, or remove the existing statement.',
    });
    await expect(add('shut', { StatementId: 'x', Principal: 'invalid.nonaws.com' })).rejects.toMatchObject(
      invalid('The provided principal was invalid. Please check the principal and try again.'),
    );
    await expect(add('shut', { StatementId: 'x', Qualifier: '$LATEST' })).rejects.toMatchObject(
      invalid('We currently do not support adding policies for $LATEST.'),
    );
    await expect(add('shut', { StatementId: 'x', RevisionId: 'old' })).rejects.toMatchObject({
      name: 'PreconditionFailedException',
      message: expect.stringContaining('Call the GetPolicy API') as string,
    });
    await expect(add('shut', { StatementId: 'x', FunctionUrlAuthType: 'NONE' })).rejects.toMatchObject({
      name: 'NotImplemented',
    });
    await expect(
      lambda.send(new RemovePermissionCommand({ FunctionName: 'shut', StatementId: 'none' })),
    ).rejects.toMatchObject(missing('Statement none is not found in resource policy.'));
    await expect(
      lambda.send(new RemovePermissionCommand({ FunctionName: 'nowhere', StatementId: 's3' })),
    ).rejects.toMatchObject(missing(`No policy found for: ${arn('nowhere')}`));
  });
});

describe('tags', () => {
  test('are added, overwritten and removed', async () => {
    await functions.active('tagged', { Tags: { a: '1', b: '2' } });
    const Resource = arn('tagged');
    await lambda.send(new TagResourceCommand({ Resource, Tags: { b: '3', c: '4' } }));
    await lambda.send(new UntagResourceCommand({ Resource, TagKeys: ['a', 'c', 'none'] }));
    expect((await lambda.send(new ListTagsCommand({ Resource }))).Tags).toEqual({ b: '3' });
  });

  test('are of functions alone, 50 at most', async () => {
    await functions.active('plain');
    const tags = (Resource: string, count: number) =>
      lambda.send(
        new TagResourceCommand({
          Resource,
          Tags: Object.fromEntries(Array.from({ length: count }, (_, index) => [`key${index}`, 'value'])),
        }),
      );
    await tags(arn('plain'), 50);
    await expect(tags(arn('plain'), 51)).rejects.toMatchObject(invalid('Number of tags exceeds resource tag limit.'));
    await expect(tags(arn('plain:1'), 1)).rejects.toMatchObject(
      invalid('Tags on function aliases and versions are not supported. Please specify a function ARN.'),
    );
    await expect(tags(arn('none'), 1)).rejects.toMatchObject(missing(`Function not found: ${arn('none')}`));
  });
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
