// Starts VS Code's own server as the npm package code-server ships it.
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { sandboxNode } from '../../scripts/nodeRuntime.mjs';

/** Where setup puts the newest VS Code; another one is named by the environment (test:long tests the oldest, too). */
const codeServer =
  process.env['WORKBENCH_CODE_SERVER'] ?? path.join(import.meta.dirname, 'node_modules', 'code-server');
const program = path.join(codeServer, 'lib', 'vscode', 'out', 'server-main.js');
const node = () => process.env['WORKBENCH_CODE_SERVER_NODE'] ?? sandboxNode();

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
  'files.simpleDialog.enable': true,
};

/**
 * @typedef {object} ServerOptions
 * @property {string[]} [flags] further flags of the server
 * @property {string} [folder] for its data, kept; else a temporary one, removed at the end
 * @property {string} [vsix] an extension to install
 * @property {string} [extension] folder of an extension, used where it lies
 * @property {Record<string, unknown>} [settings] beside the ones above, of the user and of the machine
 * @property {boolean} [trust] whether workspaces have to be trusted by the person; else all are
 * @property {string} [token] that an address has to bring; without it anybody on this machine may come in
 * @property {number} [port]
 * @property {NodeJS.ProcessEnv} [env]
 */

/**
 * A server on 127.0.0.1. Without a token it is for tests only, since it is a terminal for whoever opens it.
 *
 * @param {ServerOptions} options
 * @returns {Promise<{ authority: string, folder: string, stop: () => Promise<void> }>}
 */
export async function startVSCodeServer({
  flags = [],
  settings,
  vsix,
  extension,
  trust,
  token,
  port = 0,
  env,
  ...rest
} = {}) {
  const folder = rest.folder ?? mkdtempSync(path.join(os.tmpdir(), 'vscode-'));
  // Settings of scope "machine" are the server's own.
  for (const place of ['user/User', 'user/Machine', 'server/data/Machine']) {
    mkdirSync(path.join(folder, place), { recursive: true });
    writeFileSync(path.join(folder, place, 'settings.json'), JSON.stringify({ ...userSettings, ...settings }));
  }
  const own = [
    ...['server-data-dir', 'user-data-dir', 'extensions-dir'].flatMap((flag) => [
      `--${flag}`,
      path.join(folder, flag.split('-')[0] ?? flag),
    ]),
    ...['--accept-server-license-terms', '--disable-telemetry', '--disable-update-check'],
  ];
  // No marketplace: it cannot be reached, and a test does not want it.
  const environment = { ...process.env, EXTENSIONS_GALLERY: '{"serviceUrl":""}', ...env };
  if (extension) {
    const { publisher, name, version } = JSON.parse(readFileSync(path.join(extension, 'package.json'), 'utf8'));
    const link = path.join(folder, 'extensions', `${publisher}.${name}-${version}`);
    mkdirSync(path.dirname(link), { recursive: true });
    rmSync(link, { recursive: true, force: true });
    symlinkSync(extension, link, 'junction');
  }
  if (vsix) {
    const { status, stdout, stderr } = spawnSync(node(), [program, ...own, '--install-extension', vsix, '--force'], {
      env: environment,
      encoding: 'utf8',
    });
    if (status !== 0 || !/successfully installed/.test(stdout))
      throw new Error(`${vsix} cannot be installed: ${stdout}${stderr}`);
  }
  const access = token ? ['--connection-token', token] : ['--without-connection-token'];
  const server = spawn(
    node(),
    [
      ...[program, '--host', '127.0.0.1', '--port', String(port), ...access, ...own],
      ...(trust ? [] : ['--disable-workspace-trust']),
      ...flags,
    ],
    { detached: true, env: environment, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let log = '';
  /** @type {Promise<string>} */
  const listening = new Promise((resolve, reject) => {
    for (const stream of [server.stdout, server.stderr]) {
      stream.on('data', (chunk) => {
        log += String(chunk);
        const found = /Extension host agent listening on (\d+)/.exec(log)?.[1];
        if (found) resolve(found);
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
    if (rest.folder === undefined) rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  };
  return { authority, folder, stop };
}
