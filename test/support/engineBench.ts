import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { realTime } from '../../src/sandbox/clock.js';
import { findIsolation, type Isolation } from '../../src/sandbox/engines/process/isolation.js';
import type { LogSink, MetricSink, TemporaryKeys } from '../../src/sandbox/services/ports.js';
import { Folders } from '../../src/sandbox/settings.js';
import { interpreters } from './interpreters.js';

/** What an engine needs: a data folder of its own, a real Python and real isolation; and what it has written, in its order. */
export abstract class EngineBench {
  readonly dataDir = mkdtempSync(path.join(tmpdir(), 'engine-'));
  readonly folders = new Folders(this.dataDir);
  readonly log: { group: string; stream: string; message: string }[] = [];
  readonly measured: { dimensions: Readonly<Record<string, string>>; name: string; value: number }[] = [];
  private readonly listeners = new Set<() => void>();

  private readonly logs: LogSink = {
    append: (group, stream, lines) => {
      for (const { message } of lines) this.log.push({ group, stream, message });
      for (const listener of this.listeners) listener();
    },
  };
  private readonly metrics: MetricSink = {
    record: (_, dimensions, name, value) => void this.measured.push({ dimensions, name, value }),
  };

  protected readonly parts = {
    settings: { account: '000000000000', region: 'us-east-1', dataDir: this.dataDir, python: '/usr/bin/python3' },
    folders: this.folders,
    logs: this.logs,
    metrics: this.metrics,
    interpreters: interpreters('/usr/bin/python3'),
    isolation: isolation(),
    endpoint: () => 'http://127.0.0.1:9',
    environment: process.env,
    resources: path.resolve('resources'),
    clock: realTime,
  };

  /** Ends what is under test. */
  protected abstract end(): Promise<void>;

  lines(): string[] {
    return this.log.map(({ message }) => message);
  }

  /** Resolves when a log line contains `text`. */
  logged(text: string): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (!this.log.some(({ message }) => message.includes(text))) return;
        this.listeners.delete(look);
        resolve();
      };
      this.listeners.add(look);
      look();
    });
  }

  async close(): Promise<void> {
    await this.end();
    rmSync(this.dataDir, { recursive: true, force: true });
  }
}

/** Keys of a role that are good for a while. */
export function keysFor(milliseconds: number): TemporaryKeys {
  const expires = new Date(Date.now() + milliseconds);
  return { accessKeyId: 'ASIAROLE', secretAccessKey: 'role-secret', sessionToken: 'role-token', expires };
}

let found: Promise<Isolation> | undefined;

/** The best isolation of this machine; probed once for all tests of a file. */
function isolation(): Promise<Isolation> {
  return (found ??= findIsolation(tmpdir()));
}
