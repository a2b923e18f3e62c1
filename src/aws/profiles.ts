import { parseKnownFiles } from '@smithy/core/config';
import type { ConnectionSource } from './connection.js';

/** Where a profile's keys come from. */
export type ProfileKind = 'sso' | 'login' | 'process' | 'role' | 'web identity' | 'keys' | 'environment';

export interface Profile {
  readonly name: string;
  readonly region: string | undefined;
  readonly kind: ProfileKind;
}

/** What a profile says, key by key. */
type Settings = Readonly<Record<string, string | undefined>>;

/** The profiles of the AWS config and credentials files, as they are now; "default" also when it is only the environment's. */
export async function profiles(): Promise<Profile[]> {
  const found = await readProfiles({});
  const named = Object.entries(found).map(([name, own]) => ({ name, region: own['region'], kind: kindOf(own) }));
  return found['default'] ? named : [...named, { name: 'default', region: undefined, kind: 'environment' }];
}

/**
 * What the files say of a profile, and of the sections that it names, as text: all that a connection depends on of them.
 * Programs write to these files for reasons of their own, a `credential_process` among them.
 */
export async function settingsOf(profile: string): Promise<string> {
  const found = await parseKnownFiles({ ignoreCache: true });
  const names = new Set([profile]);
  // A set grows while it is gone through.
  for (const name of names) {
    const { source_profile: source, sso_session: session } = found[name] ?? {};
    if (source !== undefined) names.add(source);
    if (session !== undefined) names.add(`sso-session.${session}`);
  }
  return JSON.stringify([...names].map((name) => found[name]));
}

/** Which files a connection reads, for the SDK's providers. */
export function filesOf({ configFile, credentialsFile }: ConnectionSource) {
  return {
    ...(configFile !== undefined && { configFilepath: configFile }),
    ...(credentialsFile !== undefined && { filepath: credentialsFile }),
    // The SDK reads a file once in the life of a process; a sandbox may have moved, a person may have corrected it.
    ignoreCache: true,
  };
}

/** The config file's sections `sso-session NAME` and `services NAME` are no profiles; the parser hands them over as such. */
export async function readProfiles(source: ConnectionSource): Promise<Record<string, Settings>> {
  const found = await parseKnownFiles(filesOf(source));
  return Object.fromEntries(Object.entries(found).filter(([name]) => !/^(sso-session|services)\./.test(name)));
}

export function kindOf(own: Settings): ProfileKind {
  if (own['web_identity_token_file'] !== undefined) return 'web identity';
  if (own['role_arn'] !== undefined) return 'role';
  if (own['sso_session'] !== undefined || own['sso_start_url'] !== undefined) return 'sso';
  if (own['credential_process'] !== undefined) return 'process';
  if (own['login_session'] !== undefined) return 'login';
  return own['aws_access_key_id'] === undefined ? 'environment' : 'keys';
}
