// A real VS Code on a machine that cannot download one: the server and workbench inside the npm package code-server,
// shown in Debian's Chromium. In a folder of its own (test/host), so that the product's `npm ci` leaves it alone.
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { sandboxNode } from './nodeRuntime.mjs';
import { installDebianPackages, isDebianRoot, root, run, step } from './setup.mjs';

const host = path.join(root, 'test', 'host');

/** What the server never needs here, 340 MB of it; without Copilot's extension every window starts two seconds sooner. */
const ballast = ['node_modules/@github', 'node_modules/@microsoft/mxc-sdk', 'extensions/copilot'];

/**
 * @param {{ chromium?: boolean }} [options] whether a browser is needed as well, for tests
 * @returns {boolean} whether VS Code can be run; when not, a line has said why
 */
export function installVSCodeHost({ chromium = true } = {}) {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    console.log(
      '  skipped: the VS Code of test/host runs on Linux x64 (elsewhere use a desktop VS Code, with npm run package)',
    );
    return false;
  }
  if (chromium && isDebianRoot()) installDebianPackages(['chromium']);
  const lock = readFileSync(path.join(host, 'package-lock.json'), 'utf8');
  const stamp = path.join(host, 'node_modules', '.workbench-lock');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return true;

  step('Installing a VS Code that runs in the browser: about 60 s and 700 MB');
  // No install scripts: code-server's own compiles much that is not needed, and fails without Kerberos' headers.
  run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: host });
  const server = path.join(host, 'node_modules', 'code-server', 'lib', 'vscode');
  // `npm i`, for its shrinkwrap lacks a package and `npm ci` refuses it.
  run('npm', ['i', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: server });
  for (const folder of ballast) rmSync(path.join(server, folder), { recursive: true, force: true });
  // The one thing to compile is its logger: without it every output channel stays empty. node-gyp takes the headers from
  // the package that Node itself came in.
  const node = path.dirname(path.dirname(sandboxNode()));
  const env = { ...process.env, PATH: `${node}/bin:${process.env['PATH']}`, npm_config_nodedir: node };
  run('npm', ['rebuild', '@vscode/spdlog', '@vscode/native-watchdog', '--loglevel=error'], { cwd: server, env });
  writeFileSync(stamp, lock);
  return true;
}
