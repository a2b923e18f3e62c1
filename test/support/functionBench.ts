import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { type FunctionDependencies, LocalFunctions } from '../../src/sandbox/engines/functions/functionEngine.js';
import type { FunctionInvocation, FunctionSpec } from '../../src/sandbox/engines/functions.js';
import type { Files } from './archives.js';
import { EngineBench, keysFor } from './engineBench.js';
import { zip } from './zips.js';

/** A handler whose event decides what happens: Python, evaluated. */
export const evaluate = `
import json, logging, os, signal, subprocess, sys, threading, time
seen = []
def lambda_handler(event, context):
    seen.append(event)
    return eval(event)
`;

/** A functions engine. */
export class FunctionBench extends EngineBench {
  readonly engine: LocalFunctions;

  constructor(options: Partial<FunctionDependencies> = {}) {
    super();
    this.engine = new LocalFunctions({ ...this.parts, concurrency: 100, ...options });
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

  /** What was recorded under these dimensions, in order. */
  values(name: string, dimensions: Readonly<Record<string, string>>): number[] {
    const wanted = JSON.stringify(dimensions);
    return this.measured
      .filter((metric) => metric.name === name && JSON.stringify(metric.dimensions) === wanted)
      .map(({ value }) => value);
  }

  protected end(): Promise<void> {
    return this.engine.close();
  }
}
