import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CreateRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { ConnectionSource } from '../../src/aws/connection.js';
import { connect } from '../../src/aws/load.js';
import { UserError } from '../../src/core/errors.js';
import { SandboxProcess } from '../support/sandboxProcess.js';

let sandbox: SandboxProcess;
let folder: string;
const never = new AbortController().signal;

beforeAll(async () => {
  sandbox = await SandboxProcess.start();
  const iam = new IAMClient(sandbox.clientConfig);
  const trust = (Principal: object) => ({
    AssumeRolePolicyDocument: JSON.stringify({
      Version: '2012-10-17',
      Statement: { Effect: 'Allow', Principal, Action: 'sts:AssumeRole' },
    }),
  });
  await iam.send(new CreateRoleCommand({ RoleName: 'Deployer', ...trust({ AWS: sandbox.ready.accountId }) }));
  await iam.send(new CreateRoleCommand({ RoleName: 'Closed', ...trust({ Service: 'sagemaker.amazonaws.com' }) }));
  iam.destroy();
});
afterAll(() => sandbox.stop());
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'connection-'));
  // Nothing but the files that a test writes may lead to the sandbox.
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) vi.stubEnv(name, undefined);
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  return async () => {
    vi.unstubAllEnvs();
    await rm(folder, { recursive: true, force: true });
  };
});

/** A person's own AWS files. `HERE` stands for the region and address of the sandbox, `ROLE` for its roles. */
async function write(files: { readonly config: string; readonly credentials?: string }): Promise<void> {
  const { endpoint, region, accountId } = sandbox.ready;
  for (const [name, text] of Object.entries({ credentials: '', ...files })) {
    await writeFile(
      path.join(folder, name),
      text
        .replaceAll('HERE', `region = ${region}\nendpoint_url = ${endpoint}`)
        .replaceAll('ROLE', `arn:aws:iam::${accountId}:role`)
        .replaceAll('FOLDER', folder),
    );
  }
  vi.stubEnv('AWS_CONFIG_FILE', path.join(folder, 'config'));
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', path.join(folder, 'credentials'));
}

function keys(): { readonly ini: string; readonly process: string } {
  const { accessKeyId, secretAccessKey } = sandbox.clientConfig.credentials;
  return {
    ini: `aws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`,
    process: JSON.stringify({ Version: 1, AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey }),
  };
}

/** Who and where a connection is, as STS, S3 and SageMaker answer it. */
async function whereabouts(source: ConnectionSource) {
  const cloud = await connect(source);
  try {
    expect(await cloud.objects.bucketRegion('no-such-bucket', never)).toBeUndefined();
    const missing = cloud.trainingJobs.describe('no-such-job', never);
    await expect(missing).rejects.toThrow(/SageMaker refuses DescribeTrainingJob/);
    const { endpoint, region, caller, intervals } = cloud.connection;
    return { endpoint, region, caller, describe: intervals.describe };
  } finally {
    cloud.close();
  }
}

describe('a profile', () => {
  const here = () => ({ endpoint: `${sandbox.ready.endpoint}/`, region: sandbox.ready.region, describe: 1000 });
  const root = () => ({ ...here(), caller: `arn:aws:iam::${sandbox.ready.accountId}:root` });

  test('leads to its endpoint_url, for every service and without being the default one', async () => {
    await write({
      config: '[default]\nregion = eu-west-3\n[profile mine]\nHERE\n',
      credentials: `[mine]\n${keys().ini}`,
    });
    expect(await whereabouts({ profile: 'mine' })).toEqual(root());
  });

  test('leads there as the default one too, and as that of the environment', async () => {
    await write({ config: '[default]\nHERE\n', credentials: `[default]\n${keys().ini}` });
    expect(await whereabouts({})).toEqual(root());
    await write({ config: '[profile mine]\nHERE\n', credentials: `[mine]\n${keys().ini}` });
    vi.stubEnv('AWS_PROFILE', 'mine');
    expect(await whereabouts({})).toEqual(root());
  });

  test('is taken from the files that were named, not from those of the environment', async () => {
    await write({ config: '[profile sandbox]\nregion = eu-west-3\nendpoint_url = http://127.0.0.1:9\n' });
    const { profile, configFile, credentialsFile } = sandbox.ready;
    expect(await whereabouts({ profile, configFile, credentialsFile })).toEqual(root());
  });

  test('is read anew with each connection: a sandbox may have moved to another port', async () => {
    await write({ config: '[profile mine]\nregion = us-east-1\nendpoint_url = http://127.0.0.1:9\n', credentials: '' });
    await expect(connect({ profile: 'mine' })).rejects.toThrow(UserError);
    await write({ config: '[profile mine]\nHERE\n', credentials: `[mine]\n${keys().ini}` });
    expect(await whereabouts({ profile: 'mine' })).toEqual(root());
  });

  test('may get its keys from a program (credential_process)', async () => {
    await write({ config: '[profile program]\nHERE\ncredential_process = cat FOLDER/keys.json\n' });
    await writeFile(path.join(folder, 'keys.json'), keys().process);
    expect(await whereabouts({ profile: 'program' })).toEqual(root());
  });

  test('may act as a role with the keys of another profile, by the STS of its own endpoint', async () => {
    await write({
      config: '[profile role]\nHERE\nrole_arn = ROLE/Deployer\nsource_profile = mine\n[profile mine]\nHERE\n',
      credentials: `[mine]\n${keys().ini}`,
    });
    const cloud = await connect({ profile: 'role' });
    cloud.close();
    const { accountId } = sandbox.ready;
    expect(cloud.connection.caller).toMatch(new RegExp(`^arn:aws:sts::${accountId}:assumed-role/Deployer/`));
    expect(cloud.connection.endpoint).toBe(here().endpoint);
  });

  test.each([
    [
      'that does not exist',
      '[default]\nregion = us-east-1\n',
      /^There are no usable credentials for profile "p": There is no such profile .* Check the profile, or/,
    ],
    [
      'whose program fails',
      '[profile p]\nHERE\ncredential_process = false\n',
      /^There are no usable credentials for profile "p": .*false.* Check the profile, or sign in/s,
    ],
    [
      'whose role does not trust it',
      '[profile p]\nHERE\nrole_arn = ROLE/Closed\nsource_profile = mine\n[profile mine]\nHERE\n',
      /^The role of profile "p" may not be assumed: .*sts:AssumeRole.*role\/Closed.* trust policy has to name who asks\.$/,
    ],
    [
      'without a region',
      '[profile p]\nendpoint_url = http://127.0.0.1:9\n',
      /^There is no region for profile "p": add "region"/,
    ],
    [
      'without keys',
      '[profile p]\nHERE\n',
      /^There are no usable credentials for profile "p": .* sign in again \(aws sso login --profile p, or new keys\)\.$/,
    ],
  ])('%s ends in a sentence with its name and what to do', async (_, config, sentence) => {
    await write({ config, credentials: `[mine]\n${keys().ini}` });
    const connecting = connect({ profile: 'p' });
    await expect(connecting).rejects.toThrow(UserError);
    await expect(connecting).rejects.toThrow(sentence);
  });
});
