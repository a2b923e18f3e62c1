#!/usr/bin/env node
// Poses as the VS Code executable for `runTests` of @vscode/test-electron: takes the same flags, runs the tests in the
// extension host of the server, shown in headless Chromium, and exits with the tests' own code.
import path from 'node:path';
import { format, parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import { startVSCodeServer } from './vscodeServer.mjs';

const { values, positionals } = parseArgs({
  strict: false,
  allowPositionals: true,
  options: { extensionDevelopmentPath: { type: 'string' }, extensionTestsPath: { type: 'string' } },
});
const timeout = 180_000;

/** Complaints of a VS Code without its own web page, accounts and marketplace. */
const expected = /ServiceWorker|authentication provider/;

// A built VS Code ignores the tests in the address' payload unless its server got this flag.
const server = await startVSCodeServer({
  flags: ['--enable-smoke-test-driver'],
  settings: { 'sagemakerWorkbench.sandbox.dataFolder': process.env['WORKBENCH_VSCODE_SANDBOX'] ?? '' },
});
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
});
try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  /** @type {Promise<number>} */
  const ended = new Promise((resolve) => {
    void page.exposeFunction('codeAutomationExit', resolve);
    page.on('crash', () => resolve(70));
    setTimeout(() => {
      console.error(`The tests in VS Code did not end within ${timeout / 1000} s.`);
      resolve(71);
    }, timeout).unref();
  });
  await page.exposeFunction('codeAutomationLog', (/** @type {string} */ type, /** @type {unknown[]} */ args) => {
    const text = format(...args);
    // The tests' own lines begin with this mark (test/vscode/run.ts); the rest is VS Code's log.
    if (text.startsWith('▏')) console.log(text.slice(1));
    else if (type === 'error' && !expected.test(text)) console.error(text);
  });
  /** @param {unknown} file */
  const uri = (file) => `vscode-remote://${server.authority}${path.resolve(String(file))}`;
  const payload = [
    ['extensionDevelopmentPath', uri(values.extensionDevelopmentPath)],
    ['extensionTestsPath', uri(values.extensionTestsPath)],
    ['enableProposedApi', ''],
    ['skipWelcome', 'true'],
  ];
  const query = new URLSearchParams({ payload: JSON.stringify(payload), folder: path.resolve(positionals[0] ?? '.') });
  await page.goto(`http://${server.authority}/?${query.toString()}`);
  process.exitCode = await ended;
} finally {
  await browser.close();
  await server.stop();
}
