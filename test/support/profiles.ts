import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { SandboxProcess } from './sandboxProcess.js';

/**
 * Ordinary profiles of a person in `folder`, for an account that a sandbox plays: `process` (credential_process of its root
 * user), `role` (role_arn and source_profile), and `session` (credential_process with keys that can end).
 */
export class Profiles {
  readonly configFile: string;
  readonly credentialsFile: string;
  private readonly frozenFile: string;

  constructor(aws: SandboxProcess, folder: string) {
    mkdirSync(folder, { recursive: true });
    const file = (name: string) => path.join(folder, name);
    this.configFile = file('config');
    this.credentialsFile = file('credentials');
    this.frozenFile = file('frozen');
    const { endpoint, region, accountId } = aws.ready;
    const { accessKeyId, secretAccessKey } = aws.clientConfig.credentials;
    const role = `arn:aws:iam::${accountId}:role/Person`;
    createRole(aws);
    writeFileSync(
      file('keys.sh'),
      `echo '${JSON.stringify({ Version: 1, AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey })}'\n`,
    );
    const environment = Object.entries(aws.clientEnvironment)
      .filter(([name]) => name.startsWith('AWS_'))
      .map(([name, value]) => `export ${name}='${value}'`);
    // New keys each time; the same old ones while it is frozen.
    writeFileSync(
      file('session.sh'),
      `${environment.join('\n')}
if [ ! -e '${this.frozenFile}' ]; then
  aws sts assume-role --endpoint-url ${endpoint} --role-arn ${role} --role-session-name watching --output json > '${file('last')}'
fi
python3 - <<'END'
import json
keys = json.load(open('${file('last')}'))['Credentials']
print(json.dumps({'Version': 1, **{name: keys[name] for name in ('AccessKeyId', 'SecretAccessKey', 'SessionToken')}}))
END
`,
    );
    const place = `region = ${region}\nendpoint_url = ${endpoint}\n`;
    writeFileSync(
      this.configFile,
      `[profile process]\ncredential_process = sh "${file('keys.sh')}"\n${place}
[profile keys]\n${place}
[profile role]\nrole_arn = ${role}\nsource_profile = keys\n${place}
[profile session]\ncredential_process = sh "${file('session.sh')}"\n${place}`,
    );
    writeFileSync(
      this.credentialsFile,
      `[keys]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`,
    );
  }

  /** Whether `session` hands out the keys of the last time, once more. */
  set frozen(frozen: boolean) {
    if (frozen) writeFileSync(this.frozenFile, '');
    else rmSync(this.frozenFile, { force: true });
  }
}

/** A role as a data scientist has it: SageMaker's own full access, which does not let them look at roles. */
function createRole(aws: SandboxProcess): void {
  const { endpoint, accountId } = aws.ready;
  const env = { ...aws.clientEnvironment, AWS_REGION: aws.ready.region };
  const iam = (...args: string[]) =>
    execFileSync('aws', ['iam', ...args, '--role-name', 'Person', '--endpoint-url', endpoint], { env });
  const trust = {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${accountId}:root` }, Action: 'sts:AssumeRole' }],
  };
  iam('create-role', '--assume-role-policy-document', JSON.stringify(trust));
  iam('attach-role-policy', '--policy-arn', 'arn:aws:iam::aws:policy/AmazonSageMakerFullAccess');
}
