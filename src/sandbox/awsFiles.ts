import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { shellQuoted } from '../core/shell.js';
import type { Folders, Settings } from './settings.js';

export const profile = 'sandbox';

/**
 * An AWS config and credentials file with which any client reaches the sandbox: `AWS_CONFIG_FILE`,
 * `AWS_SHARED_CREDENTIALS_FILE` and `AWS_PROFILE` are all it takes (and for clients older than `endpoint_url` in
 * profiles, the shim of resources/python).
 */
export function writeAwsFiles(
  folders: Folders,
  settings: Settings,
  endpoint: string,
  keys: { readonly accessKeyId: string; readonly secretAccessKey: string },
): void {
  mkdirSync(path.dirname(folders.aws('config')), { recursive: true, mode: 0o700 });
  write(folders.aws('config'), [
    `[profile ${profile}]`,
    `region = ${settings.region}`,
    `endpoint_url = ${endpoint}`,
    'output = json',
    // Bucket names must not become host names: the sandbox has one address.
    's3 =',
    '    addressing_style = path',
    // boto3 presigns with signature version 2 unless it is told: S3 refuses that for every bucket made since June 2020.
    '    signature_version = s3v4',
  ]);
  write(folders.aws('credentials'), [
    `[${profile}]`,
    `aws_access_key_id = ${keys.accessKeyId}`,
    `aws_secret_access_key = ${keys.secretAccessKey}`,
  ]);
}

function write(file: string, lines: readonly string[]): void {
  writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o600 });
}

/** Shell lines after which AWS CLI, boto3 and the SDKs of that shell talk to the sandbox, whatever their age. */
export function shellEnvironment(
  ready: { endpoint: string; region: string; configFile: string; credentialsFile: string },
  shim: string,
): string {
  const variables: Record<string, string> = {
    AWS_CONFIG_FILE: ready.configFile,
    AWS_SHARED_CREDENTIALS_FILE: ready.credentialsFile,
    AWS_PROFILE: profile,
    AWS_REGION: ready.region,
    AWS_DEFAULT_REGION: ready.region,
    AWS_ENDPOINT_URL: ready.endpoint,
    AWS_EC2_METADATA_DISABLED: 'true',
  };
  return [
    // Keys in the environment would win over the profile.
    'unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_SECURITY_TOKEN',
    ...Object.entries(variables).map(([name, value]) => `export ${name}=${shellQuoted(value)}`),
    `export PYTHONPATH=${shellQuoted(shim)}"\${PYTHONPATH:+:$PYTHONPATH}"`,
  ].join('\n');
}
