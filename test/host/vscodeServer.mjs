// Starts VS Code's own server as the npm package code-server ships it.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { sandboxNode } from '../../scripts/nodeRuntime.mjs';

const program = path.join(import.meta.dirname, 'node_modules', 'code-server', 'lib', 'vscode', 'out', 'server-main.js');

const userSettings = {
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'extensions.autoCheckUpdates': false,
  'extensions.ignoreRecommendations': true,
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'chat.disableAIFeatures': true,
  // Else a toast for every port that any process of the machine opens.
  'remote.autoForwardPorts': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
};

/**
 * A server on a free port of 127.0.0.1, without a token: for tests only, since it is a terminal for whoever opens it.
 *
 * @param {string[]} flags further flags of the server
 * @returns {Promise<{ authority: string, stop: () => Promise<void> }>}
 */
export async function startVSCodeServer(flags) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'vscode-'));
  mkdirSync(path.join(folder, 'user', 'User'), { recursive: true });
  writeFileSync(path.join(folder, 'user', 'User', 'settings.json'), JSON.stringify(userSettings));
  const folders = ['server-data-dir', 'user-data-dir', 'extensions-dir'].flatMap((flag) => [
    `--${flag}`,
    path.join(folder, flag.split('-')[0] ?? flag),
  ]);
  const args = ['--host', '127.0.0.1', '--port', '0', '--without-connection-token', '--accept-server-license-terms'];
  const server = spawn(
    sandboxNode(),
    [
      program,
      ...args,
      '--disable-telemetry',
      '--disable-update-check',
      '--disable-workspace-trust',
      ...folders,
      ...flags,
    ],
    // No marketplace: it cannot be reached, and a test does not want it.
    {
      detached: true,
      env: { ...process.env, EXTENSIONS_GALLERY: '{"serviceUrl":""}' },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let log = '';
  /** @type {Promise<string>} */
  const listening = new Promise((resolve, reject) => {
    for (const stream of [server.stdout, server.stderr]) {
      stream.on('data', (chunk) => {
        log += String(chunk);
        const port = /Extension host agent listening on (\d+)/.exec(log)?.[1];
        if (port) resolve(port);
      });
    }
    server.once('error', reject);
    server.once('exit', (code) => reject(new Error(`VS Code's server ended with ${code}:\n${log}`)));
  });
  const authority = `127.0.0.1:${await listening}`;
  const stop = async () => {
    const gone = new Promise((resolve) => server.once('exit', resolve));
    // Its whole group: an extension host whose page was closed would wait three hours for it to come back.
    if (server.pid && server.exitCode === null) process.kill(-server.pid, 'SIGKILL');
    await gone;
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  };
  return { authority, stop };
}
