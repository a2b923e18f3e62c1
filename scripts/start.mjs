// `npm start`: installs what is missing, builds, starts the sandbox, runs the sample's main job in it, and serves a VS Code
// in the browser with the sample open.
//   --once            end after the main job (exit code 0 when it succeeded), without VS Code
//   --no-run          do not run the main job
//   --again           train and deploy again, also when nothing has changed since the last time
//   --workspace DIR   open this folder instead of the sample (its main job is not run)
//   --port N          port of VS Code on 127.0.0.1 (default: any free one)
//   --data DIR        the sandbox's data folder, --sandbox-port N its port (see npx sagemaker-sandbox --help)
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { sandboxNode } from './nodeRuntime.mjs';
import { build, installNodePackages, installPython, root, step } from './setup.mjs';

const { values: options } = parseArgs({
  options: {
    once: { type: 'boolean' },
    again: { type: 'boolean' },
    'no-run': { type: 'boolean' },
    workspace: { type: 'string' },
    data: { type: 'string' },
    port: { type: 'string' },
    'sandbox-port': { type: 'string' },
  },
});

/**
 * @typedef {{ endpoint: string, configFile: string, dataDir: string }} Ready the sandbox's ready line
 */

/**
 * The sandbox that runs on the data folder already, such as one that a window has started: it is used, and left running.
 *
 * @returns {Ready | undefined}
 */
function runningSandbox() {
  const data = options.data ? ['--data', options.data] : [];
  const program = path.join(root, 'dist', 'sandbox.js');
  const { status, stdout } = spawnSync(sandboxNode(), [program, '--print-env', ...data], { encoding: 'utf8' });
  const config = /AWS_CONFIG_FILE='([^']+)'/.exec(stdout)?.[1];
  if (status !== 0 || config === undefined) return undefined;
  return JSON.parse(readFileSync(path.join(path.dirname(path.dirname(config)), 'lock.json'), 'utf8'));
}

/**
 * The sandbox as a child of this program.
 *
 * @param {string | undefined} python
 * @returns {Promise<{ ready: Ready, stop: () => Promise<void> }>}
 */
function startSandbox(python) {
  const flags = Object.entries({ data: options.data, port: options['sandbox-port'], python }).flatMap(
    ([name, value]) => (value === undefined ? [] : [`--${name}`, value]),
  );
  // A group of its own: Ctrl+C in the terminal reaches this program alone, which first lets the main job clean up.
  const child = spawn(sandboxNode(), [path.join(root, 'dist', 'sandbox.js'), ...flags], {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  /** @type {Promise<number | null>} */
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
  };
  return new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', (line) => resolve({ ready: JSON.parse(line), stop }));
    child.once('error', reject);
    void ended.then((code) => reject(new Error(`The sandbox did not start (exit code ${code}).`)));
  });
}

/**
 * @param {Ready} ready
 * @param {AbortSignal} interrupted
 * @returns {Promise<number>} exit code
 */
function runMainJob(ready, interrupted) {
  const program = path.join(root, 'dist', 'mainJob.js');
  // The sandbox's lock file holds its ready line.
  const lock = path.join(ready.dataDir, 'lock.json');
  const args = ['--workspace', path.join(root, 'training'), '--ready', lock, ...(options.again ? ['--again'] : [])];
  const child = spawn(sandboxNode(), [program, ...args], { stdio: 'inherit' });
  interrupted.addEventListener('abort', () => child.kill('SIGINT'));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

/**
 * A VS Code in the browser, with the extension as people install it, on the sandbox that runs.
 *
 * @param {Ready} ready
 * @param {string | undefined} python
 * @returns {Promise<{ url: string, stop: () => Promise<void> } | undefined>} undefined where VS Code cannot be run
 */
async function serveVSCode(ready, python) {
  // Only now: it needs packages that the set-up has installed.
  const { installVSCodeHost } = await import('./vscodeHost.mjs');
  if (!installVSCodeHost({ chromium: false })) return undefined;
  const { startVSCodeServer } = await import('../test/host/vscodeServer.mjs');
  step('Starting VS Code');
  // Whoever knows the token has a terminal on this machine.
  const token = randomBytes(24).toString('hex');
  const { authority, stop } = await startVSCodeServer({
    extension: root,
    token,
    folder: path.join(root, 'out', 'start'),
    port: Number(options.port ?? 0),
    settings: {
      'sagemakerWorkbench.sandbox.dataFolder': ready.dataDir,
      ...(python && { 'sagemakerWorkbench.sandbox.python': python }),
    },
  });
  const workspace = path.resolve(options.workspace ?? path.join(root, 'training'));
  const query = new URLSearchParams({ tkn: token, folder: workspace });
  return { url: `http://${authority}/?${query.toString()}`, stop };
}

async function main() {
  installNodePackages();
  step('Building');
  build();
  const python = installPython();
  const running = runningSandbox();
  step(running ? `Using the sandbox that runs at ${running.endpoint}` : 'Starting the sandbox');
  const { ready, stop } = running ? { ready: running, stop: async () => undefined } : await startSandbox(python);

  const interruption = new AbortController();
  /** @type {Promise<void>} */
  const interrupted = new Promise((resolve) => {
    for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
      process.once(signal, () => {
        interruption.abort();
        resolve();
      });
    }
  });

  const run = !options['no-run'] && options.workspace === undefined;
  process.exitCode = run ? await runMainJob(ready, interruption.signal) : 0;
  if (!options.once && process.exitCode === 0 && !interruption.signal.aborted) {
    const window = await serveVSCode(ready, python);
    const { endpoint, configFile, dataDir } = ready;
    const data = options.data ? ` --data ${options.data}` : '';
    if (window) console.log(`\nOpen SageMaker Workbench in your browser:\n\n  ${window.url}`);
    console.log(`
The sandbox stays up at ${endpoint} (data in ${dataDir}) until Ctrl+C. To use it from another terminal:

  eval "$(npx sagemaker-sandbox --print-env${data})"
  aws sagemaker list-training-jobs

or name its profile: AWS_CONFIG_FILE=${configFile} AWS_PROFILE=sandbox`);
    await interrupted;
    await window?.stop();
  }
  await stop();
}

main().catch((error) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
