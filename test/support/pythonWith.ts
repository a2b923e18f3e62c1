import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { repository } from './sandboxProcess.js';

/** A virtual environment's Python with `requirements` from PyPI; undefined when it cannot be reached. */
export function pythonWith(name: string, ...requirements: readonly string[]): string | undefined {
  const environment = path.join(repository, 'out', 'python', name);
  const python = path.join(environment, 'bin', 'python');
  const installed = path.join(environment, 'installed');
  if (existsSync(installed)) return python;
  if (spawnSync('python3', ['-m', 'venv', environment]).status !== 0) return undefined;
  if (spawnSync(python, ['-m', 'pip', 'install', '--quiet', ...requirements]).status !== 0) return undefined;
  spawnSync('touch', [installed]);
  return python;
}
