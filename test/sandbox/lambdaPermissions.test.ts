import {
  AddPermissionCommand,
  type AddPermissionCommandInput,
  CreateAliasCommand,
  GetFunctionConfigurationCommand,
  GetPolicyCommand,
  InvokeCommand,
  LambdaClient,
  ListTagsCommand,
  RemovePermissionCommand,
  TagResourceCommand,
  UntagResourceCommand,
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

const createAlias = (FunctionName: string, Name: string, FunctionVersion: string, more: object = {}) =>
  lambda.send(new CreateAliasCommand({ FunctionName, Name, FunctionVersion, ...more }));

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
