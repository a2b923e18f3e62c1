import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hasCode } from '../core/errors.js';

/** What a running sandbox says of itself: its one line on stdout, and the content of its lock file. */
export interface Ready {
  readonly endpoint: string;
  readonly region: string;
  readonly accountId: string;
  /** Profile of the two files below that acts as the account's root user. */
  readonly profile: string;
  readonly configFile: string;
  readonly credentialsFile: string;
  readonly executionRoleArn: string;
  readonly dataDir: string;
  readonly version: string;
  readonly pid: number;
}

/**
 * The sandbox that runs on a data folder, for whoever looks for it; undefined when none does. (What keeps a second one
 * out is SQLite's exclusive lock, which no kill -9 leaves behind: store/store.ts.)
 */
export function findRunning(lockFile: string): Ready | undefined {
  try {
    const ready = JSON.parse(readFileSync(lockFile, 'utf8')) as Ready;
    return isAlive(ready.pid) ? ready : undefined;
  } catch (error) {
    // Not asked for first: one that ends may take it away in between.
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

export function announce(lockFile: string, ready: Ready): void {
  const next = `${lockFile}.${ready.pid}`;
  writeFileSync(next, JSON.stringify(ready), { mode: 0o600 });
  renameSync(next, lockFile);
}

export function withdraw(lockFile: string): void {
  rmSync(lockFile, { force: true });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: somebody else's process, so it lives.
    return hasCode(error, 'EPERM');
  }
}
