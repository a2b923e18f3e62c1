import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { run } from '../support/run.js';
import { SandboxProcess } from '../support/sandboxProcess.js';

/** Scripts as thousands of course projects have them, which know nothing of the sandbox and are not touched for it. */
const scripts = path.join(import.meta.dirname, '..', 'fixtures', 'seedScripts');
const python = '/usr/bin/python3';

let sandbox: SandboxProcess;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'seed-scripts-'));
  // Few classes make a short job; the scripts have 133 outputs whatever the data has.
  await run(python, [path.join(scripts, 'prepare.py'), folder, '4'], process.env);
  sandbox = await SandboxProcess.start({ env: { ...process.env, TORCH_HOME: path.join(folder, 'torch') } });
});
afterAll(() => sandbox.stop());

test('scripts of the usual shape train, deploy and answer 133 numbers', async () => {
  const script = path.join(import.meta.dirname, 'seed_scripts.py');
  const args = [
    script,
    sandbox.ready.endpoint,
    scripts,
    path.join(folder, 'dogImages'),
    sandbox.ready.executionRoleArn,
  ];
  const output = await run(python, args, sandbox.clientEnvironment);
  const { metrics, answer } = JSON.parse(output) as { metrics: Record<string, number>; answer: number[][] };
  expect(metrics['Test Loss']).toBeGreaterThan(0);
  expect(answer.map((scores) => scores.length)).toEqual([133]);
  expect(answer[0]?.every(Number.isFinite)).toBe(true);
});
