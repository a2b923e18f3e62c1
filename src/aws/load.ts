import type { Cloud, Profile } from './cloud.js';
import type { ConnectionSource } from './connection.js';
import { explain } from './errors.js';

/**
 * Connects to a cloud. The one place that loads the SDK, on first use: it is a bundle of its own, and nothing else may
 * import `cloud.ts` but for types. Errors are explained by code of this side: a UserError made within that bundle would
 * be another class than ours.
 * @throws {UserError} when the keys are missing, expired or refused, or nothing answers
 */
export async function connect(source: ConnectionSource): Promise<Cloud> {
  // Written with the folder, by which esbuild.mjs knows the import that stays one.
  const aws = await import('../aws/cloud.js');
  return aws.connect(source, explain);
}

/** Loads the SDK ahead of its first use, which then waits 90 ms less. */
export async function preload(): Promise<void> {
  await import('../aws/cloud.js');
}

/** What the AWS files say of a profile: it changes when a connection to it has to be made anew. */
export async function settingsOf(profile: string): Promise<string> {
  const aws = await import('../aws/cloud.js');
  return aws.settingsOf(profile);
}

/** The profiles of the AWS config and credentials files. */
export async function profiles(): Promise<Profile[]> {
  const aws = await import('../aws/cloud.js');
  return aws.profiles();
}
