// `npm test`: set-up, then every level of tests but the benches, then one line over all of them.
// `npm test -- unit sandbox` runs these levels only; `--long` adds the long forms of each.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import path from 'node:path';
import { sandboxNode, systemNode } from './nodeRuntime.mjs';
import { build, installNodePackages, installPython, root, step } from './setup.mjs';

/** @typedef {{ passed: number, failed: number }} Counts */

const chosen = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const long = process.argv.includes('--long');

/**
 * One level in one vitest. A level that ran no test has failed: a wrong pattern must not look like success.
 *
 * @param {string} project
 * @param {string} node
 * @param {NodeJS.ProcessEnv} [env] beside this program's own
 * @returns {Counts}
 */
function vitest(project, node, env) {
  const report = path.join(root, 'out', 'test', `${project}.json`);
  rmSync(report, { force: true });
  const args = ['run', '--project', project, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const { status } = spawnSync(node, [path.join('node_modules', 'vitest', 'vitest.mjs'), ...args], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...(long && { WORKBENCH_LONG: '1' }), ...env },
  });
  if (!existsSync(report)) return { passed: 0, failed: 1 };
  const { numPassedTests: passed, numFailedTests } = counts(report);
  const broken = numFailedTests === 0 && (status !== 0 || passed === 0);
  return { passed, failed: numFailedTests + (broken ? 1 : 0) };
}

/**
 * @param {string} report
 * @returns {{ numPassedTests: number, numFailedTests: number }} of vitest's JSON reporter
 */
function counts(report) {
  return JSON.parse(readFileSync(report, 'utf8'));
}

async function main() {
  const started = performance.now();
  installNodePackages();
  build();
  installPython({ tests: true });
  mkdirSync(path.join(root, 'out', 'test'), { recursive: true });
  console.log(`Set-up: ${seconds(started)} s`);

  // Only now: they import packages that the set-up has installed.
  const { lint } = await import('./lint.mjs');
  const { testInVSCode } = await import('./testInVSCode.mjs');
  const { installMinimumVSCodeHost, installVSCodeHost } = await import('./vscodeHost.mjs');
  const { makePackage } = await import('./package.mjs');
  const node = sandboxNode();
  /** The package as people install it, in a real window. @param {import('./vscodeHost.mjs').Host | undefined} host */
  const endToEnd = (host) => {
    if (!host) return { passed: 0, failed: 0 };
    makePackage();
    return vitest('e2e', node, { WORKBENCH_CODE_SERVER: host.codeServer, WORKBENCH_CODE_SERVER_NODE: host.node });
  };
  /** @type {[name: string, run: () => Counts | Promise<Counts>][]} */
  const levels = [
    ['lint', lint],
    ['unit', () => vitest('unit', node)],
    ['sandbox', () => vitest('sandbox', node)],
    ['clients', () => vitest('clients', node)],
    ['vscode', testInVSCode],
    ['e2e', () => endToEnd(installVSCodeHost())],
  ];
  if (long) levels.push(['e2e 1.104', () => endToEnd(installMinimumVSCodeHost())]);
  // The pure rooms run in any VS Code's Node and in the sandbox's: their tests run on both where they differ.
  if (realpathSync(node) !== realpathSync(systemNode()))
    levels.splice(1, 0, ['unit', () => vitest('unit', systemNode())]);
  const results = [];
  for (const [name, run] of levels) {
    if (chosen.length > 0 && !chosen.includes(name)) continue;
    step(name);
    const begun = performance.now();
    results.push({ name, ...(await run()), seconds: seconds(begun) });
  }

  console.log();
  for (const level of results) {
    console.log(
      `${level.name.padEnd(9)} ${String(level.passed).padStart(5)} passed ${String(level.failed).padStart(3)} failed ${level.seconds.padStart(7)} s`,
    );
  }
  const passed = results.reduce((sum, level) => sum + level.passed, 0);
  const failed = results.reduce((sum, level) => sum + level.failed, 0);
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
}

/** @param {number} since */
function seconds(since) {
  return ((performance.now() - since) / 1000).toFixed(1);
}

await main();
