// The level `vscode`: test/vscode in a real extension host.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runTests } from '@vscode/test-electron';
import { build as bundle } from 'esbuild';
import { root } from './setup.mjs';
import { installVSCodeHost } from './vscodeHost.mjs';

/** @returns {Promise<{ passed: number, failed: number }>} none of either where VS Code cannot be run */
export async function testInVSCode() {
  if (!installVSCodeHost()) return { passed: 0, failed: 0 };
  const out = path.join(root, 'out', 'vscode');
  mkdirSync(out, { recursive: true });
  await bundle({
    entryPoints: {
      run: path.join(root, 'test', 'vscode', 'run.ts'),
      suites: path.join(root, 'test', 'vscode', 'suites.ts'),
    },
    outdir: out,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    external: ['vscode', 'mocha'],
  });
  const report = path.join(out, 'report.json');
  const folder = mkdtempSync(path.join(tmpdir(), 'vscode-test-'));
  // A copy: the tests write into it.
  const sample = path.join(folder, 'training');
  cpSync(path.join(root, 'training'), sample, {
    recursive: true,
    filter: (file) => path.basename(file) !== '.sagemaker',
  });
  rmSync(report, { force: true });
  const failure = await runTests({
    vscodeExecutablePath: path.join(root, 'test', 'host', 'codeShim.mjs'),
    extensionDevelopmentPath: root,
    extensionTestsPath: path.join(out, 'run.js'),
    extensionTestsEnv: { WORKBENCH_VSCODE_REPORT: report, WORKBENCH_VSCODE_SANDBOX: path.join(folder, 'data') },
    launchArgs: [sample],
  }).then(
    () => undefined,
    (/** @type {unknown} */ error) => error,
  );
  rmSync(sample, { recursive: true, force: true });
  const counts = readCounts(report);
  if (counts.failed === 0 && (failure || counts.passed === 0)) {
    console.error(failure ?? 'No test ran in VS Code.');
    return { ...counts, failed: 1 };
  }
  return counts;
}

/**
 * @param {string} report
 * @returns {{ passed: number, failed: number }}
 */
function readCounts(report) {
  try {
    return JSON.parse(readFileSync(report, 'utf8'));
  } catch {
    // VS Code ended before the tests did: the caller reports that.
    return { passed: 0, failed: 0 };
  }
}
