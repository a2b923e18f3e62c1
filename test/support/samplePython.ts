import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { interpreters } from './interpreters.js';

export const sampleFolder = path.resolve(import.meta.dirname, '../../training');
export const fixtures = path.resolve(import.meta.dirname, '../fixtures/sample');

export interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A copy of the sample's scripts with a few of its pictures, run as a person runs them: no sandbox around them. */
export class SampleCopy {
  readonly folder: string;

  private constructor(
    /** For whatever a test writes. */
    readonly scratch: string,
    private readonly python: string,
  ) {
    this.folder = path.join(scratch, 'training');
    mkdirSync(this.folder);
    for (const name of readdirSync(sampleFolder).filter((entry) => /\.(py|pth)$/.test(entry))) {
      cpSync(path.join(sampleFolder, name), path.join(this.folder, name));
    }
    someData(path.join(this.folder, 'data/fashion-mnist'));
  }

  static async make(): Promise<SampleCopy> {
    const scratch = mkdtempSync(path.join(tmpdir(), 'sample-'));
    return new SampleCopy(scratch, (await interpreters(undefined).find()).path);
  }

  /** Starts Python with nothing of this process's environment but PATH. */
  start(args: readonly string[], environment: Readonly<Record<string, string>> = {}): ChildProcess {
    return spawn(this.python, args, {
      env: {
        PATH: process.env['PATH'],
        HOME: this.scratch,
        OMP_NUM_THREADS: '1',
        PYTHONDONTWRITEBYTECODE: '1',
        ...environment,
      },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
  }

  run(args: readonly string[], environment?: Readonly<Record<string, string>>): Promise<Run> {
    return finished(this.start(args, environment));
  }

  remove(): void {
    rmSync(this.scratch, { recursive: true, force: true });
  }
}

/** Six training pictures of each class, two for validation, two for the test. */
export function someData(target: string): void {
  for (const [split, count] of [
    ['train', 6],
    ['valid', 2],
    ['test', 2],
  ] as const) {
    const source = path.join(sampleFolder, 'data/fashion-mnist', split);
    for (const label of readdirSync(source)) {
      for (const name of readdirSync(path.join(source, label)).sort().slice(0, count)) {
        cpSync(path.join(source, label, name), path.join(target, split, label, name));
      }
    }
  }
}

export async function finished(child: ChildProcess): Promise<Run> {
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
}

/** A Python process that answers one line of JSON with another. */
export class Conversation {
  private readonly answers: AsyncIterator<string>;

  constructor(private readonly child: ChildProcess) {
    if (!child.stdout) throw new Error('The process has no stdout.');
    this.answers = createInterface(child.stdout)[Symbol.asyncIterator]();
  }

  async ask(question: unknown): Promise<unknown> {
    this.child.stdin?.write(`${JSON.stringify(question)}\n`);
    const line = await this.answers.next();
    if (line.done) throw new Error('the process ended');
    return JSON.parse(line.value);
  }

  async end(): Promise<void> {
    this.child.stdin?.end();
    if (this.child.exitCode === null) await once(this.child, 'close');
  }
}
