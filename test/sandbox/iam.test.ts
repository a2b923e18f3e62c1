import { mkdtempSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  AttachRolePolicyCommand,
  CreatePolicyCommand,
  CreateRoleCommand,
  DeletePolicyCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  DetachRolePolicyCommand,
  GetPolicyCommand,
  GetPolicyVersionCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  IAMClient,
  ListInstanceProfilesForRoleCommand,
  ListPolicyVersionsCommand,
  ListRoleTagsCommand,
  ListRolesCommand,
  paginateListAttachedRolePolicies,
  paginateListPolicies,
  paginateListRoles,
  PutRolePolicyCommand,
  SimulatePrincipalPolicyCommand,
  TagRoleCommand,
  UntagRoleCommand,
  UpdateAssumeRolePolicyCommand,
  UpdateRoleCommand,
} from '@aws-sdk/client-iam';
import {
  AssumeRoleCommand,
  type AssumeRoleCommandInput,
  GetCallerIdentityCommand,
  STSClient,
} from '@aws-sdk/client-sts';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Authorizer } from '../../src/sandbox/authorize.js';
import { Identities } from '../../src/sandbox/identity/identities.js';
import { ServiceError } from '../../src/sandbox/protocol/service.js';
import { createServer } from '../../src/sandbox/server.js';
import { iam } from '../../src/sandbox/services/iam/iam.js';
import { sts } from '../../src/sandbox/services/sts.js';
import { Store } from '../../src/sandbox/store/store.js';

const account = '123456789012';
const roleArn = (name: string): string => `arn:aws:iam::${account}:role/${name}`;
const policyArn = (name: string): string => `arn:aws:iam::${account}:policy/${name}`;
const document = (...statements: object[]): string => JSON.stringify({ Version: '2012-10-17', Statement: statements });
const allow = (Action: string | string[], Resource: string | string[] = '*', more: object = {}): object => ({
  ...{ Effect: 'Allow', Action, Resource },
  ...more,
});
const trusts = (Principal: object): string => document({ Effect: 'Allow', Principal, Action: 'sts:AssumeRole' });
const trustsAccount = trusts({ AWS: account });
const trustsSageMaker = trusts({ Service: 'sagemaker.amazonaws.com' });

interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** A sandbox of IAM and STS, on a real port and a real store. `ahead` is by how much its clock runs before ours. */
class Sandbox {
  readonly settings;
  readonly identities;
  readonly access;
  ahead = 0;
  private readonly store;
  private readonly server: Server;
  private readonly clients: { destroy(): void }[] = [];

  constructor(readonly dataDir: string) {
    const clock = { now: () => new Date(Date.now() + this.ahead) };
    this.settings = { account, region: 'eu-west-1', dataDir, python: undefined };
    this.store = new Store(path.join(dataDir, 'state.db'));
    this.identities = new Identities(this.settings, this.store, clock);
    this.access = new Authorizer(this.settings, this.identities, clock);
    this.server = createServer({
      credentials: this.identities,
      access: this.access,
      services: [iam(this.settings, this.identities, clock), sts(this.identities, this.access, clock)],
      s3: { handle: () => Promise.reject(new ServiceError('NotImplemented', 'There is no S3 in this test.', 501)) },
      now: () => Date.now() + this.ahead,
    });
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  // Clients write into the credentials that they are given: they get a copy.
  iam(credentials: Keys = this.identities.rootKey): IAMClient {
    return this.client(new IAMClient({ ...this.reached(), credentials: { ...credentials } }));
  }

  sts(credentials: Keys = this.identities.rootKey): STSClient {
    return this.client(new STSClient({ ...this.reached(), credentials: { ...credentials } }));
  }

  /** Keys of a session of the role, as AssumeRole gives them. */
  async assume(role: string, input: Partial<AssumeRoleCommandInput> = {}, by?: Keys): Promise<Required<Keys>> {
    const command = new AssumeRoleCommand({ RoleArn: roleArn(role), RoleSessionName: 'me', ...input });
    const { Credentials } = await this.sts(by).send(command);
    return {
      accessKeyId: Credentials?.AccessKeyId ?? '',
      secretAccessKey: Credentials?.SecretAccessKey ?? '',
      sessionToken: Credentials?.SessionToken ?? '',
    };
  }

  /** A role that the account may assume, with these permissions. */
  async role(name: string, ...statements: object[]): Promise<string> {
    await this.iam().send(new CreateRoleCommand({ RoleName: name, AssumeRolePolicyDocument: trustsAccount }));
    if (statements.length > 0) {
      const PolicyDocument = document(...statements);
      await this.iam().send(new PutRolePolicyCommand({ RoleName: name, PolicyName: 'inline', PolicyDocument }));
    }
    return name;
  }

  async close(): Promise<void> {
    for (const client of this.clients) client.destroy();
    await new Promise((resolve) => this.server.close(resolve));
    this.store.close();
  }

  private reached() {
    const { port } = this.server.address() as AddressInfo;
    return {
      region: this.settings.region,
      endpoint: `http://127.0.0.1:${port}`,
      maxAttempts: 1,
      // As old as the sandbox's clock, or the signature would be refused before the token.
      systemClockOffset: this.ahead,
    };
  }

  private client<T extends { destroy(): void }>(client: T): T {
    this.clients.push(client);
    return client;
  }
}

let sandbox: Sandbox;
let dataDir: string;

beforeEach(async () => {
  dataDir = mkdtempSync(path.join(tmpdir(), 'sandbox-iam-'));
  sandbox = await new Sandbox(dataDir).start();
});

afterEach(async () => {
  await sandbox.close();
  rmSync(dataDir, { recursive: true });
});

/** Code and message of the error that a call ends with. */
async function failure(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return 'no error';
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  }
}

describe('who am I', () => {
  test('the account’s root user', async () => {
    const { Arn, Account, UserId } = await sandbox.sts().send(new GetCallerIdentityCommand({}));
    expect({ Arn, Account, UserId }).toEqual({
      Arn: `arn:aws:iam::${account}:root`,
      Account: account,
      UserId: account,
    });
  });

  test('a session of a role, with its id', async () => {
    await sandbox.role('reader');
    const { Role } = await sandbox.iam().send(new GetRoleCommand({ RoleName: 'reader' }));
    const keys = await sandbox.assume('reader', { RoleSessionName: 'monday' });
    const { Arn, UserId } = await sandbox.sts(keys).send(new GetCallerIdentityCommand({}));
    expect(Arn).toBe(`arn:aws:sts::${account}:assumed-role/reader/monday`);
    expect(UserId).toBe(`${Role?.RoleId}:monday`);
    expect(Role?.RoleId).toMatch(/^AROA[A-Z2-7]{17}$/);
  });

  test('even when a policy denies the question', async () => {
    await sandbox.role('mute', { Effect: 'Deny', Action: '*', Resource: '*' });
    const keys = await sandbox.assume('mute');
    expect((await sandbox.sts(keys).send(new GetCallerIdentityCommand({}))).Account).toBe(account);
  });
});

describe('a session of a role', () => {
  test('may do what its policy allows and nothing else', async () => {
    await sandbox.role('reader', allow('iam:GetRole', roleArn('read*')));
    const client = sandbox.iam(await sandbox.assume('reader'));
    expect((await client.send(new GetRoleCommand({ RoleName: 'reader' }))).Role?.Arn).toBe(roleArn('reader'));
    expect(await failure(client.send(new GetRoleCommand({ RoleName: 'SageMakerExecutionRole' })))).toBe(
      `AccessDenied: User: arn:aws:sts::${account}:assumed-role/reader/me is not authorized to perform: iam:GetRole on resource: role SageMakerExecutionRole because no identity-based policy allows the iam:GetRole action`,
    );
    expect(await failure(client.send(new ListRolesCommand({})))).toMatch(/^AccessDenied: .* iam:ListRoles on resource/);
  });

  test('is denied what a policy denies, and told by which', async () => {
    await sandbox.role('reader', allow('iam:*'));
    const PolicyDocument = document({ Effect: 'Deny', Action: 'iam:List*', Resource: '*' });
    await sandbox.iam().send(new CreatePolicyCommand({ PolicyName: 'guard', PolicyDocument }));
    await sandbox.iam().send(new AttachRolePolicyCommand({ RoleName: 'reader', PolicyArn: policyArn('guard') }));
    const client = sandbox.iam(await sandbox.assume('reader'));
    expect(await failure(client.send(new ListRolesCommand({})))).toBe(
      `AccessDenied: User: arn:aws:sts::${account}:assumed-role/reader/me is not authorized to perform: iam:ListRoles on resource: arn:aws:iam::${account}:role/* with an explicit deny in an identity-based policy: ${policyArn('guard')}`,
    );
  });

  test('feels a change of its role’s policies at once', async () => {
    await sandbox.role('reader');
    const client = sandbox.iam(await sandbox.assume('reader'));
    expect(await failure(client.send(new ListRolesCommand({})))).toMatch(/^AccessDenied/);
    const PolicyArn = 'arn:aws:iam::aws:policy/IAMReadOnlyAccess';
    await sandbox.iam().send(new AttachRolePolicyCommand({ RoleName: 'reader', PolicyArn }));
    expect((await client.send(new ListRolesCommand({}))).Roles).toHaveLength(2);
    await sandbox.iam().send(new DetachRolePolicyCommand({ RoleName: 'reader', PolicyArn }));
    expect(await failure(client.send(new ListRolesCommand({})))).toMatch(/^AccessDenied/);
  });

  test('is held to its session policy', async () => {
    await sandbox.role('reader', allow('iam:*'));
    const client = sandbox.iam(await sandbox.assume('reader', { Policy: document(allow('iam:GetRole')) }));
    expect((await client.send(new GetRoleCommand({ RoleName: 'reader' }))).Role?.RoleName).toBe('reader');
    expect(await failure(client.send(new ListRolesCommand({})))).toMatch(
      /because no session policy allows the iam:ListRoles action$/,
    );
  });

  test('is held to the permissions boundary of its role', async () => {
    const PolicyDocument = document(allow('iam:GetRole'));
    await sandbox.iam().send(new CreatePolicyCommand({ PolicyName: 'limit', PolicyDocument }));
    const bound = {
      RoleName: 'bound',
      AssumeRolePolicyDocument: trustsAccount,
      PermissionsBoundary: policyArn('limit'),
    };
    await sandbox.iam().send(new CreateRoleCommand(bound));
    const PolicyArn = 'arn:aws:iam::aws:policy/AdministratorAccess';
    await sandbox.iam().send(new AttachRolePolicyCommand({ RoleName: 'bound', PolicyArn }));
    const client = sandbox.iam(await sandbox.assume('bound'));
    const { Role } = await client.send(new GetRoleCommand({ RoleName: 'bound' }));
    expect(Role?.PermissionsBoundary?.PermissionsBoundaryArn).toBe(policyArn('limit'));
    expect(await failure(client.send(new ListRolesCommand({})))).toMatch(
      /because no permissions boundary allows the iam:ListRoles action$/,
    );
  });

  test('outlives a restart of the sandbox, and so do roles and root keys', async () => {
    await sandbox.role('reader', allow('iam:GetRole'));
    const keys = await sandbox.assume('reader');
    const root = sandbox.identities.rootKey;
    await sandbox.close();
    sandbox = await new Sandbox(dataDir).start();
    expect(sandbox.identities.rootKey).toEqual(root);
    expect((await sandbox.iam(keys).send(new GetRoleCommand({ RoleName: 'reader' }))).Role?.RoleName).toBe('reader');
  });

  test('ends when its time is over', async () => {
    await sandbox.role('reader', allow('iam:GetRole'));
    const keys = await sandbox.assume('reader', { DurationSeconds: 900 });
    sandbox.ahead = 901_000;
    const late = sandbox.iam(keys).send(new GetRoleCommand({ RoleName: 'reader' }));
    expect(await failure(late)).toMatch(/^ExpiredToken: The security token included in the request is expired/);
  });

  test('is forgotten a day after its end', async () => {
    await sandbox.role('reader', allow('iam:GetRole'));
    const keys = await sandbox.assume('reader');
    sandbox.ahead = 26 * 3_600_000;
    await sandbox.assume('reader');
    const late = sandbox.iam(keys).send(new GetRoleCommand({ RoleName: 'reader' }));
    expect(await failure(late)).toMatch(/^InvalidClientTokenId/);
  });

  test('is worth nothing once its role is gone, even when one of the same name follows', async () => {
    await sandbox.role('reader');
    const keys = await sandbox.assume('reader');
    await sandbox.iam().send(new DeleteRoleCommand({ RoleName: 'reader' }));
    await sandbox.role('reader', allow('*'));
    const call = sandbox.iam(keys).send(new ListRolesCommand({}));
    expect(await failure(call)).toMatch(/^InvalidClientTokenId: The security token included in the request is invalid/);
  });
});

describe('AssumeRole', () => {
  const refused = (role: string, caller = `arn:aws:iam::${account}:root`): string =>
    `AccessDenied: User: ${caller} is not authorized to perform: sts:AssumeRole on resource: ${roleArn(role)}`;

  test('tells a role that is not there from one that does not trust by nothing', async () => {
    expect(await failure(sandbox.assume('nowhere'))).toBe(refused('nowhere'));
    expect(await failure(sandbox.assume('SageMakerExecutionRole'))).toBe(refused('SageMakerExecutionRole'));
  });

  test('by a role needs its own permission where the account is trusted', async () => {
    await sandbox.role('target');
    await sandbox.role('caller');
    const keys = await sandbox.assume('caller');
    expect(await failure(sandbox.assume('target', {}, keys))).toBe(
      `${refused('target', `arn:aws:sts::${account}:assumed-role/caller/me`)} because no identity-based policy allows the sts:AssumeRole action`,
    );
    const PolicyDocument = document(allow('sts:AssumeRole', roleArn('target')));
    const put = { RoleName: 'caller', PolicyName: 'assume', PolicyDocument };
    await sandbox.iam().send(new PutRolePolicyCommand(put));
    expect((await sandbox.assume('target', {}, keys)).accessKeyId).toMatch(/^ASIA/);
  });

  test('by a role that the trust policy names needs no permission, but may be denied', async () => {
    await sandbox.role('caller');
    const trust = { RoleName: 'target', AssumeRolePolicyDocument: trusts({ AWS: roleArn('caller') }) };
    await sandbox.iam().send(new CreateRoleCommand(trust));
    const keys = await sandbox.assume('caller');
    expect((await sandbox.assume('target', {}, keys)).accessKeyId).toMatch(/^ASIA/);
    const PolicyDocument = document({ Effect: 'Deny', Action: 'sts:*', Resource: '*' });
    await sandbox.iam().send(new PutRolePolicyCommand({ RoleName: 'caller', PolicyName: 'no', PolicyDocument }));
    expect(await failure(sandbox.assume('target', {}, keys))).toMatch(
      /with an explicit deny in an identity-based policy$/,
    );
  });

  test('keeps to the durations of role and chain', async () => {
    await sandbox.role('caller', allow('sts:AssumeRole'));
    await sandbox.role('target');
    expect(await failure(sandbox.assume('target', { DurationSeconds: 7200 }))).toBe(
      'ValidationError: The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
    );
    await sandbox.iam().send(new UpdateRoleCommand({ RoleName: 'target', MaxSessionDuration: 43_200 }));
    expect((await sandbox.assume('target', { DurationSeconds: 7200 })).accessKeyId).toMatch(/^ASIA/);
    const keys = await sandbox.assume('caller');
    expect(await failure(sandbox.assume('target', { DurationSeconds: 7200 }, keys))).toBe(
      'ValidationError: The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.',
    );
    expect(await failure(sandbox.assume('target', { DurationSeconds: 60 }))).toMatch(
      /^ValidationError: 1 validation error detected: Value '60' at 'durationSeconds' failed to satisfy constraint/,
    );
  });

  test('asks for the external id of the trust policy', async () => {
    const AssumeRolePolicyDocument = document({
      ...{ Effect: 'Allow', Principal: { AWS: account }, Action: 'sts:AssumeRole' },
      Condition: { StringEquals: { 'sts:ExternalId': 'ours' } },
    });
    await sandbox.iam().send(new CreateRoleCommand({ RoleName: 'partner', AssumeRolePolicyDocument }));
    expect(await failure(sandbox.assume('partner'))).toBe(refused('partner'));
    expect((await sandbox.assume('partner', { ExternalId: 'ours' })).accessKeyId).toMatch(/^ASIA/);
  });

  test('refuses by name what it does not honour', async () => {
    await sandbox.role('target');
    const tagged = sandbox.assume('target', { Tags: [{ Key: 'team', Value: 'red' }] });
    expect(await failure(tagged)).toBe('NotImplemented: AssumeRole with Tags is not implemented by the sandbox.');
    expect(await failure(sandbox.assume('target', { Policy: '{' }))).toMatch(/^MalformedPolicyDocument/);
  });
});

describe('a service', () => {
  test('gets keys of a role that trusts it', () => {
    const arn = sandbox.identities.executionRoleArn;
    const keys = sandbox.identities.assume(arn, 'sagemaker.amazonaws.com', 'SageMaker');
    expect(arn).toBe(roleArn('SageMakerExecutionRole'));
    expect(sandbox.identities.find(keys.accessKeyId)?.caller.role).toBe('SageMakerExecutionRole');
    expect(keys.expires.getTime()).toBeGreaterThan(Date.now() + 3_600_000);
  });

  test('gets none of a role that does not, or is not there', () => {
    const arn = sandbox.identities.executionRoleArn;
    expect(() => sandbox.identities.assume(arn, 'lambda.amazonaws.com', 'x')).toThrow(
      `Could not assume role ${arn}. Please ensure that the role exists and allows principal 'lambda.amazonaws.com' to assume the role.`,
    );
    expect(() => sandbox.identities.assume(roleArn('nowhere'), 'sagemaker.amazonaws.com', 'x')).toThrow(ServiceError);
  });

  test('is checked against the guard for confused deputies', async () => {
    const AssumeRolePolicyDocument = document({
      ...{ Effect: 'Allow', Principal: { Service: 'sagemaker.amazonaws.com' }, Action: 'sts:AssumeRole' },
      Condition: {
        StringEquals: { 'aws:SourceAccount': account },
        ArnLike: { 'aws:SourceArn': `arn:aws:sagemaker:*:${account}:training-job/*` },
      },
    });
    await sandbox.iam().send(new CreateRoleCommand({ RoleName: 'guarded', AssumeRolePolicyDocument }));
    const assume = (source: string) =>
      sandbox.identities.assume(roleArn('guarded'), 'sagemaker.amazonaws.com', 'x', source);
    expect(assume(`arn:aws:sagemaker:eu-west-1:${account}:training-job/a`).accessKeyId).toMatch(/^ASIA/);
    expect(() => assume(`arn:aws:sagemaker:eu-west-1:${account}:endpoint/a`)).toThrow(/^Could not assume role/);
  });

  test('acts within what the execution role needs for jobs and endpoints', () => {
    const { identities, access } = sandbox;
    const keys = identities.assume(identities.executionRoleArn, 'sagemaker.amazonaws.com', 'SageMaker');
    const caller = identities.find(keys.accessKeyId)?.caller;
    if (!caller) throw new Error('the keys are unknown');
    const may = (action: string, resource: string): boolean =>
      access.decide(caller, action, resource)?.outcome === 'Allowed';
    const group = `arn:aws:logs:eu-west-1:${account}:log-group:/aws/sagemaker/TrainingJobs`;
    expect(may('s3:GetObject', 'arn:aws:s3:::any-bucket/model.tar.gz')).toBe(true);
    expect(may('s3:ListBucket', 'arn:aws:s3:::any-bucket')).toBe(true);
    expect(may('logs:PutLogEvents', `${group}:log-stream:job/algo-1`)).toBe(true);
    expect(may('cloudwatch:PutMetricData', '*')).toBe(true);
    expect(may('s3:DeleteBucket', 'arn:aws:s3:::any-bucket')).toBe(false);
    expect(may('sagemaker:CreateTrainingJob', '*')).toBe(false);
    expect(may('iam:PassRole', identities.executionRoleArn)).toBe(false);
  });
});

describe('a call that its role does not allow', () => {
  test('is refused in the words of AWS, with the code of the service’s protocol', async () => {
    await sandbox.role('reader', allow('s3:List*'), { Effect: 'Deny', Action: 'logs:*', Resource: '*' });
    const caller = sandbox.identities.find((await sandbox.assume('reader')).accessKeyId)?.caller;
    if (!caller) throw new Error('the keys are unknown');
    const refusal = (action: string, resource: string): unknown => {
      try {
        return sandbox.access.require(caller, action, resource);
      } catch (error) {
        return error instanceof ServiceError ? [error.code, error.status, error.message] : error;
      }
    };
    const user = `User: arn:aws:sts::${account}:assumed-role/reader/me is not authorized to perform:`;
    const endpoint = `arn:aws:sagemaker:eu-west-1:${account}:endpoint/churn`;
    expect(refusal('sagemaker:InvokeEndpoint', endpoint)).toEqual([
      'AccessDeniedException',
      403,
      `${user} sagemaker:InvokeEndpoint on resource: ${endpoint} because no identity-based policy allows the sagemaker:InvokeEndpoint action`,
    ]);
    expect(refusal('logs:GetLogEvents', '*')).toEqual([
      'AccessDeniedException',
      403,
      `${user} logs:GetLogEvents on resource: * with an explicit deny in an identity-based policy`,
    ]);
    expect(refusal('s3:GetObject', 'arn:aws:s3:::b/k')).toEqual([
      'AccessDeniedException',
      403,
      `${user} s3:GetObject on resource: "arn:aws:s3:::b/k" because no identity-based policy allows the s3:GetObject action`,
    ]);
    expect(refusal('s3:ListBucket', 'arn:aws:s3:::b')).toBeUndefined();
  });
});

describe('iam:PassRole', () => {
  test('is allowed and denied as any action, by role and by service', async () => {
    const { access, identities } = sandbox;
    const condition = { Condition: { StringEquals: { 'iam:PassedToService': 'sagemaker.amazonaws.com' } } };
    await sandbox.role('trainer', allow('iam:PassRole', roleArn('SageMaker*'), condition));
    const { accessKeyId } = await sandbox.assume('trainer');
    const caller = identities.find(accessKeyId)?.caller;
    if (!caller) throw new Error('the keys are unknown');
    const pass = (role: string, service: string) => () => {
      access.require(caller, 'iam:PassRole', roleArn(role), { 'iam:PassedToService': service });
    };
    expect(pass('SageMakerExecutionRole', 'sagemaker.amazonaws.com')).not.toThrow();
    expect(pass('SageMakerExecutionRole', 'lambda.amazonaws.com')).toThrow(
      `User: arn:aws:sts::${account}:assumed-role/trainer/me is not authorized to perform: iam:PassRole on resource: ${roleArn('SageMakerExecutionRole')} because no identity-based policy allows the iam:PassRole action`,
    );
    expect(pass('admin', 'sagemaker.amazonaws.com')).toThrow(
      expect.objectContaining({ code: 'AccessDeniedException' }),
    );
  });
});

describe('roles', () => {
  test('are created, read, changed and deleted', async () => {
    const client = sandbox.iam();
    const created = await client.send(
      new CreateRoleCommand({
        RoleName: 'train',
        Path: '/team/',
        Description: 'Trains.',
        AssumeRolePolicyDocument: trustsSageMaker,
        Tags: [{ Key: 'team', Value: 'red' }],
      }),
    );
    expect(created.Role?.Arn).toBe(`arn:aws:iam::${account}:role/team/train`);
    expect(created.Role?.CreateDate).toBeInstanceOf(Date);
    const { Role } = await client.send(new GetRoleCommand({ RoleName: 'train' }));
    expect(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? '')).toBe(trustsSageMaker);
    expect(Role).toMatchObject({ Path: '/team/', MaxSessionDuration: 3600, Tags: [{ Key: 'team', Value: 'red' }] });

    await client.send(new UpdateAssumeRolePolicyCommand({ RoleName: 'train', PolicyDocument: trustsAccount }));
    await client.send(new UpdateRoleCommand({ RoleName: 'train', Description: 'Serves.' }));
    const changed = await client.send(new GetRoleCommand({ RoleName: 'train' }));
    expect(decodeURIComponent(changed.Role?.AssumeRolePolicyDocument ?? '')).toBe(trustsAccount);
    expect(changed.Role?.Description).toBe('Serves.');

    await client.send(new DeleteRoleCommand({ RoleName: 'train' }));
    expect(await failure(client.send(new GetRoleCommand({ RoleName: 'train' })))).toBe(
      'NoSuchEntityException: The role with name train cannot be found.',
    );
  });

  test('are listed page by page, in the order of their names', async () => {
    for (const name of ['c', 'a', 'e', 'b', 'd']) await sandbox.role(name);
    const pages: string[][] = [];
    for await (const { Roles = [] } of paginateListRoles({ client: sandbox.iam(), pageSize: 2 }, {})) {
      pages.push(Roles.map(({ RoleName = '' }) => RoleName));
    }
    expect(pages).toEqual([
      ['SageMakerExecutionRole', 'a'],
      ['b', 'c'],
      ['d', 'e'],
    ]);
    const elsewhere = await sandbox.iam().send(new ListRolesCommand({ PathPrefix: '/team/' }));
    expect(elsewhere).toMatchObject({ Roles: [], IsTruncated: false });
  });

  test('have one name, whatever its case', async () => {
    await sandbox.role('train');
    expect(await failure(sandbox.role('Train'))).toBe(
      'EntityAlreadyExistsException: Role with name Train already exists.',
    );
  });

  test('are not deleted while they have policies', async () => {
    const client = sandbox.iam();
    await sandbox.role('train', allow('s3:*'));
    const PolicyArn = 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess';
    await client.send(new AttachRolePolicyCommand({ RoleName: 'train', PolicyArn }));
    const remove = () => failure(client.send(new DeleteRoleCommand({ RoleName: 'train' })));
    expect(await remove()).toBe('DeleteConflictException: Cannot delete entity, must detach all policies first.');
    await client.send(new DetachRolePolicyCommand({ RoleName: 'train', PolicyArn }));
    expect(await remove()).toBe('DeleteConflictException: Cannot delete entity, must delete policies first.');
    await client.send(new DeleteRolePolicyCommand({ RoleName: 'train', PolicyName: 'inline' }));
    expect(await remove()).toBe('no error');
  });

  test('are refused for a trust policy that is none', async () => {
    const create = (AssumeRolePolicyDocument: string) =>
      failure(sandbox.iam().send(new CreateRoleCommand({ RoleName: 'x', AssumeRolePolicyDocument })));
    expect(await create(document(allow('sts:AssumeRole')))).toBe(
      'MalformedPolicyDocumentException: Has prohibited field Resource',
    );
    expect(await create(trusts({ AWS: roleArn('nowhere') }))).toBe(
      `MalformedPolicyDocumentException: Invalid principal in policy: "AWS":"${roleArn('nowhere')}"`,
    );
    expect(await create(trusts({ Service: 'sagemaker' }))).toBe(
      'MalformedPolicyDocumentException: Invalid principal in policy: "SERVICE":"sagemaker"',
    );
    const long = trusts({ AWS: Array.from({ length: 200 }, () => account) });
    expect(await create(long)).toBe('LimitExceededException: Cannot exceed quota for ACLSizePerRole: 2048');
  });

  test('carry tags', async () => {
    const client = sandbox.iam();
    await sandbox.role('train');
    const tag = (...Tags: { Key: string; Value: string }[]) =>
      client.send(new TagRoleCommand({ RoleName: 'train', Tags }));
    await tag({ Key: 'team', Value: 'red' }, { Key: 'stage', Value: 'test' });
    await tag({ Key: 'Team', Value: 'blue' });
    await client.send(new UntagRoleCommand({ RoleName: 'train', TagKeys: ['stage', 'none'] }));
    const { Tags } = await client.send(new ListRoleTagsCommand({ RoleName: 'train' }));
    expect(Tags).toEqual([{ Key: 'Team', Value: 'blue' }]);
    expect(await failure(tag({ Key: 'a', Value: '1' }, { Key: 'A', Value: '2' }))).toBe(
      'InvalidInputException: Duplicate tag keys found. Please note that Tag keys are case insensitive.',
    );
  });

  test('are in no instance profile', async () => {
    await sandbox.role('train');
    const list = (RoleName: string) => sandbox.iam().send(new ListInstanceProfilesForRoleCommand({ RoleName }));
    expect((await list('train')).InstanceProfiles).toEqual([]);
    expect(await failure(list('nowhere'))).toMatch(/^NoSuchEntity/);
  });
});

describe('inline policies', () => {
  test('are put, read back as they were given, replaced and deleted', async () => {
    const client = sandbox.iam();
    await sandbox.role('train');
    const name = { RoleName: 'train', PolicyName: 'own' };
    const text = document(allow('s3:*', "arn:aws:s3:::it's (a) bucket*!/*"));
    await client.send(new PutRolePolicyCommand({ ...name, PolicyDocument: document(allow('ec2:*')) }));
    await client.send(new PutRolePolicyCommand({ ...name, PolicyDocument: text }));
    const { PolicyDocument = '' } = await client.send(new GetRolePolicyCommand(name));
    expect(decodeURIComponent(PolicyDocument)).toBe(text);
    expect(PolicyDocument).not.toMatch(/[!'()*]/);
    await client.send(new DeleteRolePolicyCommand(name));
    expect(await failure(client.send(new GetRolePolicyCommand(name)))).toBe(
      'NoSuchEntityException: The role policy with name own cannot be found.',
    );
  });

  test('of a name that every object has are not there either', async () => {
    await sandbox.role('train');
    const get = new GetRolePolicyCommand({ RoleName: 'train', PolicyName: 'constructor' });
    expect(await failure(sandbox.iam().send(get))).toMatch(/^NoSuchEntity/);
  });

  test('are refused when malformed or too long together', async () => {
    await sandbox.role('train');
    const put = (PolicyDocument: string, PolicyName = 'own') =>
      failure(sandbox.iam().send(new PutRolePolicyCommand({ RoleName: 'train', PolicyName, PolicyDocument })));
    expect(await put(document({ Effect: 'Allow', Action: 's3:*' }))).toBe(
      'MalformedPolicyDocumentException: Policy statement must contain resources.',
    );
    const long = document(allow('s3:*', `arn:aws:s3:::${'b'.repeat(6000)}`));
    expect(await put(long)).toBe('no error');
    expect(await put(long, 'another')).toBe(
      'LimitExceededException: Maximum policy size of 10240 bytes exceeded for role train',
    );
    expect(await put(long)).toBe('no error');
  });
});

describe('managed policies', () => {
  test('are created, read and deleted', async () => {
    const client = sandbox.iam();
    const PolicyDocument = document(allow('sagemaker:InvokeEndpoint'));
    const { Policy } = await client.send(
      new CreatePolicyCommand({ PolicyName: 'invoke', PolicyDocument, Description: 'd' }),
    );
    expect(Policy).toMatchObject({ Arn: policyArn('invoke'), DefaultVersionId: 'v1', AttachmentCount: 0 });
    expect(Policy?.PolicyId).toMatch(/^ANPA[A-Z2-7]{17}$/);
    const PolicyArn = policyArn('invoke');
    const version = await client.send(new GetPolicyVersionCommand({ PolicyArn, VersionId: 'v1' }));
    expect(decodeURIComponent(version.PolicyVersion?.Document ?? '')).toBe(PolicyDocument);
    const { Versions } = await client.send(new ListPolicyVersionsCommand({ PolicyArn }));
    expect(Versions).toMatchObject([{ VersionId: 'v1', IsDefaultVersion: true }]);
    expect(await failure(client.send(new CreatePolicyCommand({ PolicyName: 'invoke', PolicyDocument })))).toBe(
      'EntityAlreadyExistsException: A policy called invoke already exists. Duplicate names are not allowed.',
    );

    await sandbox.role('train');
    await client.send(new AttachRolePolicyCommand({ RoleName: 'train', PolicyArn }));
    expect((await client.send(new GetPolicyCommand({ PolicyArn }))).Policy?.AttachmentCount).toBe(1);
    const remove = () => failure(client.send(new DeletePolicyCommand({ PolicyArn })));
    expect(await remove()).toBe('DeleteConflictException: Cannot delete a policy attached to entities.');
    await client.send(new DetachRolePolicyCommand({ RoleName: 'train', PolicyArn }));
    expect(await remove()).toBe('no error');
    expect(await failure(client.send(new GetPolicyCommand({ PolicyArn })))).toBe(
      `NoSuchEntityException: Policy ${PolicyArn} was not found.`,
    );
  });

  test('of AWS can be read and attached, and not deleted', async () => {
    const client = sandbox.iam();
    const PolicyArn = 'arn:aws:iam::aws:policy/AmazonSageMakerFullAccess';
    const { Policy } = await client.send(new GetPolicyCommand({ PolicyArn }));
    const VersionId = Policy?.DefaultVersionId;
    const { PolicyVersion } = await client.send(new GetPolicyVersionCommand({ PolicyArn, VersionId }));
    expect(decodeURIComponent(PolicyVersion?.Document ?? '')).toContain('AllowAllNonAdminSageMakerActions');
    await sandbox.role('train');
    await client.send(new AttachRolePolicyCommand({ RoleName: 'train', PolicyArn }));
    expect(await failure(client.send(new DeletePolicyCommand({ PolicyArn })))).toMatch(
      /^AccessDenied: Policy is outside/,
    );
  });

  test('of AWS that the sandbox does not carry are refused by name', async () => {
    await sandbox.role('train');
    const PolicyArn = 'arn:aws:iam::aws:policy/AmazonDynamoDBFullAccess';
    const attach = sandbox.iam().send(new AttachRolePolicyCommand({ RoleName: 'train', PolicyArn }));
    expect(await failure(attach)).toMatch(
      `NoSuchEntityException: Policy ${PolicyArn} does not exist or is not attachable. (Of AWS's managed policies the sandbox has AdministratorAccess,`,
    );
  });

  test('are all well-formed, those of AWS too', () => {
    const { roles } = sandbox.identities;
    const compiled = [...roles.awsPolicies.keys()].map((arn) => roles.managed(arn));
    expect(compiled.every((policies) => policies.length === 1)).toBe(true);
    expect(compiled.length).toBeGreaterThan(10);
  });

  test('are listed by scope', async () => {
    await sandbox.iam().send(new CreatePolicyCommand({ PolicyName: 'mine', PolicyDocument: document(allow('s3:*')) }));
    const names = async (Scope: 'All' | 'AWS' | 'Local'): Promise<(string | undefined)[]> => {
      const found = [];
      for await (const { Policies = [] } of paginateListPolicies({ client: sandbox.iam(), pageSize: 5 }, { Scope })) {
        found.push(...Policies.map(({ PolicyName }) => PolicyName));
      }
      return found;
    };
    expect(await names('Local')).toEqual(['SageMakerExecutionPolicy', 'mine']);
    expect(await names('AWS')).toContain('AWSLambdaBasicExecutionRole');
    expect(new Set(await names('All')).size).toBe((await names('AWS')).length + 2);
  });

  test('can be attached ten at a time', async () => {
    const client = sandbox.iam();
    await sandbox.role('train');
    const arns = [...sandbox.identities.roles.awsPolicies.keys()].slice(0, 11);
    const attach = (PolicyArn?: string) => client.send(new AttachRolePolicyCommand({ RoleName: 'train', PolicyArn }));
    for (const arn of arns.slice(0, 10)) await attach(arn);
    expect(await failure(attach(arns[10]))).toBe('LimitExceededException: Cannot exceed quota for PoliciesPerRole: 10');
    const attached = [];
    const pages = paginateListAttachedRolePolicies({ client, pageSize: 4 }, { RoleName: 'train' });
    for await (const { AttachedPolicies = [] } of pages) attached.push(...AttachedPolicies);
    expect(attached).toHaveLength(10);
    expect(await failure(client.send(new DetachRolePolicyCommand({ RoleName: 'train', PolicyArn: arns[10] })))).toBe(
      `NoSuchEntityException: Policy ${arns[10]} was not found.`,
    );
  });

  test('are refused beyond their size', async () => {
    const PolicyDocument = document(allow('s3:*', `arn:aws:s3:::${'b'.repeat(6144)}`));
    const create = sandbox.iam().send(new CreatePolicyCommand({ PolicyName: 'long', PolicyDocument }));
    expect(await failure(create)).toBe('LimitExceededException: Cannot exceed quota for PolicySize: 6144');
  });
});

describe('the policy simulator', () => {
  const simulate = (source: string, ActionNames: string[], more: object = {}) =>
    sandbox.iam().send(new SimulatePrincipalPolicyCommand({ PolicySourceArn: source, ActionNames, ...more }));

  test('says what the role may, by which policy, and what it would have to know', async () => {
    const inRegion = { Condition: { StringEquals: { 'aws:RequestedRegion': 'eu-west-1' } } };
    await sandbox.role('train', allow('s3:*'), allow('sagemaker:*', '*', inRegion), {
      ...{ Effect: 'Deny', Action: 's3:Delete*', Resource: 'arn:aws:s3:::kept/*' },
    });
    const { EvaluationResults = [] } = await simulate(
      roleArn('train'),
      ['s3:GetObject', 's3:DeleteObject', 'sagemaker:CreateTrainingJob'],
      { ResourceArns: ['arn:aws:s3:::kept/x'] },
    );
    expect(EvaluationResults.map(({ EvalDecision }) => EvalDecision)).toEqual([
      'allowed',
      'explicitDeny',
      'implicitDeny',
    ]);
    expect(EvaluationResults[0]).toMatchObject({
      EvalActionName: 's3:GetObject',
      EvalResourceName: 'arn:aws:s3:::kept/x',
      MatchedStatements: [{ SourcePolicyId: 'role_train_inline', SourcePolicyType: 'IAM Policy' }],
      MissingContextValues: ['aws:RequestedRegion'],
    });
    const region = { ContextKeyName: 'aws:RequestedRegion', ContextKeyValues: ['eu-west-1'], ContextKeyType: 'string' };
    const told = await simulate(roleArn('train'), ['sagemaker:CreateTrainingJob'], { ContextEntries: [region] });
    expect(told.EvaluationResults).toMatchObject([{ EvalDecision: 'allowed', MissingContextValues: [] }]);
  });

  test('adds policies, and puts a boundary', async () => {
    await sandbox.role('train');
    const PolicyInputList = [document(allow('s3:*'))];
    const added = await simulate(roleArn('train'), ['s3:GetObject'], { PolicyInputList });
    expect(added.EvaluationResults?.[0]?.EvalDecision).toBe('allowed');
    const PermissionsBoundaryPolicyInputList = [document(allow('ec2:*'))];
    const bound = await simulate(roleArn('train'), ['s3:GetObject'], {
      PolicyInputList,
      PermissionsBoundaryPolicyInputList,
    });
    expect(bound.EvaluationResults?.[0]).toMatchObject({
      EvalDecision: 'implicitDeny',
      PermissionsBoundaryDecisionDetail: { AllowedByPermissionsBoundary: false },
    });
  });

  test('takes no session and no root user for a source', async () => {
    const session = `arn:aws:sts::${account}:assumed-role/train/me`;
    expect(await failure(simulate(session, ['s3:GetObject']))).toBe(
      `InvalidInputException: Invalid Entity Arn: ${session} does not clearly define entity type and name.`,
    );
    expect(await failure(simulate(roleArn('nowhere'), ['s3:GetObject']))).toMatch(/^NoSuchEntity/);
    expect(await failure(simulate(roleArn('SageMakerExecutionRole'), ['s3:GetObject'], { ResourcePolicy: '{}' }))).toBe(
      'NotImplemented: SimulatePrincipalPolicy with ResourcePolicy is not implemented by the sandbox.',
    );
  });
});
