import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { realTime } from '../../src/sandbox/clock.js';
import { type FunctionDependencies, LocalFunctions } from '../../src/sandbox/engines/functions/functionEngine.js';
import type { FunctionInvocation, FunctionSpec } from '../../src/sandbox/engines/functions.js';
import { findIsolation, type Isolation } from '../../src/sandbox/engines/process/isolation.js';
import { Folders } from '../../src/sandbox/settings.js';
import type { Files } from './archives.js';
import { interpreters } from './interpreters.js';
import { zip } from './zips.js';

/** A functions engine on a data folder of its own, with a real Python and real isolation. */
export class FunctionBench {
  readonly dataDir = mkdtempSync(path.join(tmpdir(), 'functions-'));
  readonly log: { group: string; stream: string; message: string }[] = [];
  readonly measured: { dimensions: Readonly<Record<string, string>>; name: string; value: number }[] = [];
  readonly engine: LocalFunctions;

  constructor(options: Partial<FunctionDependencies> = {}) {
    this.engine = new LocalFunctions({
      settings: { account: '000000000000', region: 'us-east-1', dataDir: this.dataDir, python: '/usr/bin/python3' },
      folders: new Folders(this.dataDir),
      logs: {
        append: (group, stream, lines) => {
          for (const { message } of lines) this.log.push({ group, stream, message });
        },
      },
      metrics: { record: (_, dimensions, name, value) => void this.measured.push({ dimensions, name, value }) },
      interpreters: interpreters('/usr/bin/python3'),
      isolation: isolation(),
      endpoint: () => 'http://127.0.0.1:9',
      environment: process.env,
      resources: path.resolve('resources'),
      clock: realTime,
      concurrency: 100,
      ...options,
    });
  }

  /** A function of one file, or of several. */
  spec(code: string | Files, changes: Partial<FunctionSpec> = {}): FunctionSpec {
    const revision = randomUUID();
    const codeFile = path.join(this.dataDir, `${revision}.zip`);
    writeFileSync(codeFile, zip(typeof code === 'string' ? { 'lambda_function.py': code } : code));
    const name = changes.name ?? 'predict';
    return {
      ...{ name, revision, codeFile, version: '$LATEST', handler: 'lambda_function.lambda_handler' },
      ...{ runtime: 'python3.12', timeout: 30, memorySize: 256, environment: {}, region: 'us-east-1' },
      logGroup: `/aws/lambda/${name}`,
      keys: () => keysFor(3_600_000),
      ...changes,
    };
  }

  /** Invokes with an event and reads what comes back as JSON. */
  async invoke(spec: FunctionSpec, event: unknown = {}, more: Partial<FunctionInvocation> = {}) {
    const requestId = more.requestId ?? randomUUID();
    const answer = await this.engine.invoke(spec, {
      requestId,
      functionArn: `arn:aws:lambda:us-east-1:000000000000:function:${spec.name}`,
      ...{ qualifier: undefined, clientContext: undefined },
      payload: Buffer.from(JSON.stringify(event)),
      ...more,
    });
    const text = Buffer.from(answer.payload).toString();
    const logTail = Buffer.from(answer.logTail).toString();
    return { requestId, error: answer.error, text, logTail, value: JSON.parse(text) as unknown };
  }

  lines(): string[] {
    return this.log.map(({ message }) => message);
  }

  /** What was recorded under these dimensions, in order. */
  values(name: string, dimensions: Readonly<Record<string, string>>): number[] {
    const wanted = JSON.stringify(dimensions);
    return this.measured
      .filter((metric) => metric.name === name && JSON.stringify(metric.dimensions) === wanted)
      .map(({ value }) => value);
  }

  async close(): Promise<void> {
    await this.engine.close();
    rmSync(this.dataDir, { recursive: true, force: true });
  }
}

/** Keys of a role that are good for a while. */
export function keysFor(milliseconds: number) {
  const expires = new Date(Date.now() + milliseconds);
  return { accessKeyId: 'ASIAROLE', secretAccessKey: 'role-secret', sessionToken: 'role-token', expires };
}

let found: Promise<Isolation> | undefined;

/** The best isolation of this machine; probed once for all tests of a file. */
function isolation(): Promise<Isolation> {
  return (found ??= findIsolation(tmpdir()));
}
