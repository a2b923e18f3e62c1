import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Ready } from '../../src/sandbox/lock.js';

export const repository = path.resolve(import.meta.dirname, '..', '..');

/** A sandbox as a person starts it: the built program, a process of its own, an empty data folder unless one is named. */
export class SandboxProcess {
  private constructor(
    readonly ready: Ready,
    readonly process: ChildProcess,
    private readonly ownDataDir: boolean,
  ) {}

  static async start(options: { dataDir?: string; args?: string[]; env?: NodeJS.ProcessEnv } = {}) {
    const dataDir = options.dataDir ?? mkdtempSync(path.join(tmpdir(), 'sandbox-'));
    const program = path.join(repository, 'dist', 'sandbox.js');
    const child = spawn(process.execPath, [program, '--data', dataDir, ...(options.args ?? [])], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: options.env ?? process.env,
    });
    let complaints = '';
    child.stderr.on('data', (chunk: Buffer) => (complaints += chunk.toString()));
    const line = await Promise.race([
      once(createInterface({ input: child.stdout }), 'line'),
      once(child, 'exit').then(([code]) => Promise.reject(new Error(`exit code ${code}: ${complaints}`))),
    ]);
    return new SandboxProcess(JSON.parse(String(line[0])) as Ready, child, options.dataDir === undefined);
  }

  /** Environment of a client that knows nothing of the sandbox but what its config files say. */
  get clientEnvironment(): NodeJS.ProcessEnv {
    const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('AWS_'));
    return {
      ...Object.fromEntries(inherited),
      AWS_CONFIG_FILE: this.ready.configFile,
      AWS_SHARED_CREDENTIALS_FILE: this.ready.credentialsFile,
      AWS_PROFILE: this.ready.profile,
      AWS_EC2_METADATA_DISABLED: 'true',
    };
  }

  /** For SDK clients in this process. */
  get clientConfig() {
    return clientConfig(this.ready);
  }

  /** For a connection of the product in this process. */
  get source() {
    const { endpoint, region, profile, configFile, credentialsFile } = this.ready;
    return { endpoint, region, profile, configFile, credentialsFile };
  }

  /** What windows, and nobody else, ask of it: `GET status`, `POST expire-sessions?name=…` (docs/SANDBOX.md). */
  async control(what: `${'GET' | 'POST'} ${string}`): Promise<unknown> {
    const [method, route] = what.split(' ');
    const token = readFileSync(path.join(this.ready.dataDir, 'control-token'), 'utf8');
    const response = await fetch(`${this.ready.endpoint}/-/sandbox/${route}`, {
      method: method!,
      headers: { authorization: `Bearer ${token}` },
    });
    return response.json();
  }

  /** How often each operation was called: `sagemaker:ListTrainingJobs`. */
  async calls(): Promise<Record<string, number>> {
    return ((await this.control('GET status')) as { calls: Record<string, number> }).calls;
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (this.process.exitCode === null && this.process.signalCode === null) {
      this.process.kill(signal);
      await once(this.process, 'exit');
    }
    if (this.ownDataDir) rmSync(this.ready.dataDir, { recursive: true, force: true });
  }
}

/** The root user of a sandbox that runs, for SDK clients in this process. @param ready its ready line, or its lock file */
export function clientConfig({ credentialsFile, endpoint, region }: Ready) {
  const text = readFileSync(credentialsFile, 'utf8');
  const value = (name: string) => new RegExp(`${name} = (.+)`).exec(text)?.[1] ?? '';
  return {
    endpoint,
    region,
    credentials: { accessKeyId: value('aws_access_key_id'), secretAccessKey: value('aws_secret_access_key') },
  };
}
