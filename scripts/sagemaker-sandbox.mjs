#!/usr/bin/env node
// `npx sagemaker-sandbox`: runs dist/sandbox.js with a Node that can, and hands every signal on.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { sandboxNode } from './nodeRuntime.mjs';

const program = fileURLToPath(new URL('../dist/sandbox.js', import.meta.url));

/** @param {string} message */
function refuse(message) {
  console.error(`sagemaker-sandbox: ${message}`);
  process.exit(1);
}

if (!existsSync(program)) refuse('it is not built yet: run "npm run build" first.');
try {
  const child = spawn(sandboxNode(), [program, ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    process.on(signal, () => child.kill(signal));
  }
  child.on('error', (error) => refuse(error.message));
  child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
} catch (error) {
  refuse(error instanceof Error ? error.message : String(error));
}
