import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { TemporaryKeys } from '../../services/ports.js';

/**
 * AWS configuration for one child process, acting as its role.
 *
 * The keys come from `credential_process`, the one file-based way in which SDKs of every age ask again before the keys
 * expire (a credentials file is read once per session). The process is `cat`: the sandbox renews the file.
 */
export class RoleCredentials {
  readonly configFile: string;
  /** Empty: without it an SDK would look for one in the home folder. */
  readonly credentialsFile: string;
  private readonly keysFile: string;
  private renewal: NodeJS.Timeout | undefined;

  /** @param folder is made, for the owner's eyes alone. */
  constructor(
    private readonly folder: string,
    private readonly region: string,
    private readonly issue: () => TemporaryKeys,
  ) {
    this.configFile = path.join(folder, 'config');
    this.credentialsFile = path.join(folder, 'credentials');
    this.keysFile = path.join(folder, 'keys.json');
  }

  /** Writes the files and keeps the keys fresh until `stop`. @throws what `issue` throws. */
  start(): void {
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    this.write('config', [
      '[default]',
      `region = ${this.region}`,
      `credential_process = cat ${quoted(this.keysFile)}`,
      // Bucket names must not become host names: the sandbox has one address.
      's3 =',
      '    addressing_style = path',
    ]);
    this.write('credentials', []);
    this.renew();
  }

  stop(): void {
    clearTimeout(this.renewal);
  }

  private renew(): void {
    const keys = this.issue();
    this.write('keys.json', [
      JSON.stringify({
        Version: 1,
        AccessKeyId: keys.accessKeyId,
        SecretAccessKey: keys.secretAccessKey,
        SessionToken: keys.sessionToken,
        Expiration: keys.expires.toISOString(),
      }),
    ]);
    // SDKs ask again up to 15 minutes before the end (botocore RefreshableCredentials): new keys are there by half-time.
    const half = (keys.expires.getTime() - Date.now()) / 2;
    this.renewal = setTimeout(() => this.renewOrKeep(), Math.min(Math.max(half, 1000), 2 ** 31 - 1));
    this.renewal.unref();
  }

  /** A role that was deleted meanwhile issues no more keys: on AWS, too, the job goes on until the old ones expire. */
  private renewOrKeep(): void {
    try {
      this.renew();
    } catch {
      this.stop();
    }
  }

  /** Whole or not at all: the process may read at any moment. */
  private write(name: string, lines: readonly string[]): void {
    const draft = path.join(this.folder, `.${name}`);
    writeFileSync(draft, lines.map((line) => `${line}\n`).join(''), { mode: 0o600 });
    renameSync(draft, path.join(this.folder, name));
  }
}

/** As botocore splits the command (shlex). */
function quoted(file: string): string {
  return `"${file.replaceAll(/["\\]/g, '\\$&')}"`;
}
