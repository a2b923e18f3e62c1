// `npm run lint`: every check of the code that runs none of it. All are run, even when one fails.
import { execFile } from 'node:child_process';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { sandboxNode } from './nodeRuntime.mjs';
import { installFromPyPI, root } from './setup.mjs';

const run = promisify(execFile);

/** @returns {Promise<{ passed: number, failed: number }>} checks */
export async function lint() {
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
  const options = { cwd: root, env, maxBuffer: 64 * 1024 * 1024 };
  let [passed, failed] = [0, 0];
  const waiting = checks.values();
  const inTurn = async () => {
    for (const [name, program, args] of waiting) {
      try {
        await run(program, args, options);
        console.log(`  ok      ${name}`);
        passed++;
      } catch (error) {
        const { stdout, stderr } = /** @type {import('node:child_process').ExecFileException} */ (error);
        console.log(`  FAILED  ${name}\n${stdout}${stderr}`);
        failed++;
      }
    }
  };
  // One keeps one processor busy.
  await Promise.all(Array.from({ length: availableParallelism() }, inTurn));
  return { passed, failed };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) process.exitCode = (await lint()).failed > 0 ? 1 : 0;
