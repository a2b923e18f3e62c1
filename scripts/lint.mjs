// `npm run lint`: every check of the code that runs none of it. All are run, even when one fails.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { sandboxNode } from './nodeRuntime.mjs';
import { installFromPyPI, root } from './setup.mjs';

/** @returns {{ passed: number, failed: number }} checks */
export function lint() {
  const bin = (/** @type {string} */ name) => path.join('node_modules', '.bin', name);
  /** @type {[name: string, program: string, args: string[]][]} */
  const checks = [
    ['types', bin('tsc'), ['--noEmit']],
    ['types of the panels', bin('tsc'), ['--noEmit', '--project', 'media']],
    ['eslint', bin('eslint'), ['.']],
    ['prettier', bin('prettier'), ['--check', '--log-level', 'warn', '.']],
    ['rooms', bin('depcruise'), ['--config', '.dependency-cruiser.cjs', 'src', 'media']],
    ['knip', bin('knip'), []],
  ];
  const ruff = installFromPyPI('ruff', 'ruff', ['ruff']);
  if (ruff)
    checks.push(['ruff', ruff, ['check', 'training', 'resources', 'scripts', 'test', '--exclude', 'test/host']]);
  else console.log('  skipped ruff (Python): PyPI cannot be reached');

  // The tools' own shebang takes the first node on PATH: give them one that is new enough for all.
  const env = { ...process.env, PATH: `${path.dirname(sandboxNode())}${path.delimiter}${process.env['PATH']}` };
  const results = checks.map(([name, program, args]) => {
    const { status, stdout, stderr } = spawnSync(program, args, { cwd: root, encoding: 'utf8', env });
    console.log(status === 0 ? `  ok      ${name}` : `  FAILED  ${name}\n${stdout}${stderr}`);
    return status === 0;
  });
  return { passed: results.filter(Boolean).length, failed: results.filter((ok) => !ok).length };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) process.exitCode = lint().failed > 0 ? 1 : 0;
