import { createHash } from 'node:crypto';
import dns from 'node:dns';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CreateRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { ConnectionSource } from '../../src/aws/connection.js';
import { connect, profiles } from '../../src/aws/load.js';
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
  const deployer = { AWS: `arn:aws:iam::${sandbox.ready.accountId}:role/Deployer` };
  await iam.send(new CreateRoleCommand({ RoleName: 'Inner', ...trust(deployer) }));
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
    vi.restoreAllMocks();
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

/** The names that are asked for; none is found. */
function namesAskedFor(): Set<string> {
  const asked = new Set<string>();
  vi.spyOn(dns, 'lookup').mockImplementation(((host: string, _: object, found: (error: Error) => void) => {
    asked.add(host);
    found(Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), { code: 'ENOTFOUND' }));
  }) as unknown as typeof dns.lookup);
  return asked;
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

  test('without an endpoint_url leads to AWS, also when the default one leads elsewhere', async () => {
    await write({
      config: '[default]\nHERE\n[profile prod]\nregion = eu-west-3\n',
      credentials: `[prod]\n${keys().ini}`,
    });
    const asked = namesAskedFor();
    await expect(connect({ profile: 'prod' })).rejects.toThrow(/^STS cannot be reached/);
    expect([...asked]).toEqual(['sts.eu-west-3.amazonaws.com']);
    vi.stubEnv('AWS_ENDPOINT_URL', sandbox.ready.endpoint);
    expect(await whereabouts({ profile: 'prod' })).toMatchObject({ endpoint: here().endpoint, region: 'eu-west-3' });
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

  test('that is the default one and has no keys of its own finds those of the environment', async () => {
    await write({ config: '[default]\nHERE\noutput = json\n' });
    const { accessKeyId, secretAccessKey } = sandbox.clientConfig.credentials;
    vi.stubEnv('AWS_ACCESS_KEY_ID', accessKeyId);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', secretAccessKey);
    expect(await whereabouts({ profile: 'default' })).toEqual(root());
    await write({ config: '[default]\nHERE\n', credentials: `[default]\n${keys().ini}` });
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDOFSOMEBODYELSE');
    expect(await whereabouts({ profile: 'default' }), 'its own keys win').toEqual(root());
  });

  test('is listed with where its keys come from; other sections of the config file are not', async () => {
    await write({
      config: `[default]\nregion = eu-west-3
[profile sso]\nsso_session = corp\nsso_account_id = 1
[profile login]\nlogin_session = arn:aws:iam::1:user/me
[profile role]\nrole_arn = ROLE/Deployer\nsource_profile = keys
[sso-session corp]\nsso_region = eu-central-1
[services local]\nsagemaker =\n  endpoint_url = http://127.0.0.1:9
[plugins]\ncli_legacy_plugin_path = x\n`,
      credentials: `[keys]\n${keys().ini}`,
    });
    const found = (await profiles()).map(({ name, kind, region }) => [name, kind, region]);
    expect(found.sort()).toEqual([
      ['default', 'environment', 'eu-west-3'],
      ['keys', 'keys', undefined],
      ['login', 'login', undefined],
      ['role', 'role', undefined],
      ['sso', 'sso', undefined],
    ]);
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

describe('a profile that signs in (SSO)', () => {
  const work =
    '[profile work]\nPLACE\nsso_session = SESSION\nsso_account_id = 000000000000\nsso_role_name = Deployer\n';
  const session = '[sso-session SESSION]\nsso_start_url = https://127.0.0.1/start\nsso_region = eu-central-1\n';
  let number = 0;
  let name: string;

  /** A signed-in person: the token is where `aws sso login` puts it. */
  async function signIn(token: object): Promise<void> {
    // The SDK remembers for 30 s when it renewed a session's token last.
    name = `corp${++number}`;
    const cache = path.join(folder, '.aws', 'sso', 'cache');
    await mkdir(cache, { recursive: true });
    await writeFile(path.join(cache, `${createHash('sha1').update(name).digest('hex')}.json`), JSON.stringify(token));
    vi.stubEnv('HOME', folder);
  }

  async function writeProfiles(place: string, more = ''): Promise<void> {
    await write({ config: `${work}${more}${session}`.replaceAll('SESSION', name).replaceAll('PLACE', place) });
  }

  const signedIn = () => ({ accessToken: 't', expiresAt: new Date(Date.now() + 3_600_000).toISOString() });

  test.each([
    ['of its own', 'region = us-west-2'],
    ['that is a sandbox', 'HERE'],
  ])('asks the portal in sso_region, whatever its place (one %s)', async (_, place) => {
    await signIn(signedIn());
    await writeProfiles(place);
    const asked = namesAskedFor();
    await expect(connect({ profile: 'work' })).rejects.toThrow(/no usable credentials for profile "work"/);
    expect([...asked]).toEqual(['portal.sso.eu-central-1.amazonaws.com']);
  });

  test('renews its token in sso_region too', async () => {
    const renewable = { clientId: 'c', clientSecret: 's', refreshToken: 'r' };
    await signIn({ ...signedIn(), ...renewable, expiresAt: new Date(Date.now() - 1000).toISOString() });
    await writeProfiles('HERE');
    const asked = namesAskedFor();
    await expect(connect({ profile: 'work' })).rejects.toThrow(/Token is expired.*sso login --profile work/s);
    expect([...asked]).toEqual(['oidc.eu-central-1.amazonaws.com']);
  });

  test('works with the keys of the portal at its own endpoint_url, and its role may assume another one there', async () => {
    const sts = new STSClient(sandbox.clientConfig);
    const RoleArn = `arn:aws:iam::${sandbox.ready.accountId}:role/Deployer`;
    const { Credentials } = await sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'portal' }));
    const asked: unknown[] = [];
    const portal = createServer(({ url, headers }, response) => {
      asked.push(url, headers['x-amz-sso_bearer_token']);
      const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = Credentials!;
      const roleCredentials = {
        accessKeyId: AccessKeyId,
        secretAccessKey: SecretAccessKey,
        sessionToken: SessionToken,
        expiration: Expiration!.getTime(),
      };
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ roleCredentials }));
    });
    portal.listen(0, '127.0.0.1');
    await once(portal, 'listening');
    try {
      vi.stubEnv('AWS_ENDPOINT_URL_SSO', `http://127.0.0.1:${(portal.address() as AddressInfo).port}`);
      await signIn(signedIn());
      await writeProfiles('HERE', '[profile inner]\nHERE\nrole_arn = ROLE/Inner\nsource_profile = work\n');
      for (const [profile, role] of [
        ['work', 'Deployer'],
        ['inner', 'Inner'],
      ] as const) {
        const cloud = await connect({ profile });
        cloud.close();
        expect(cloud.connection.caller).toContain(`:assumed-role/${role}/`);
        expect(cloud.connection.endpoint).toBe(`${sandbox.ready.endpoint}/`);
      }
      const request = ['/federation/credentials?account_id=000000000000&role_name=Deployer', 't'];
      expect(asked).toEqual([...request, ...request]);
    } finally {
      portal.closeAllConnections();
      portal.close();
    }
  });
});
