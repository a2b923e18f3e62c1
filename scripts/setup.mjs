// What `npm start` and `npm test` need on a fresh machine, installed when it is missing and left alone when it is there.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemNode } from './nodeRuntime.mjs';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** Debian's packages for jobs, model servers and searches: PyTorch, Optuna, a BLAS 13 times faster than the default, isolation. */
const forJobs = [
  'bubblewrap',
  'python3',
  'python3-pip',
  'python3-venv',
  'python3-torch',
  'python3-torchvision',
  'python3-pil',
  'python3-numpy',
  'python3-requests',
  'python3-tqdm',
  'python3-boto3',
  'python3-optuna',
  'libopenblas0-pthread',
];

/** The same from PyPI; scipy is for Optuna's Gaussian processes, which Debian's torch is too old for. */
const fromPyPI = ['torch', 'torchvision', 'pillow', 'numpy', 'boto3', 'optuna', 'scipy'];

/** Beside those, for the tests: a client that nobody here wrote, and the data set that the sample's subset is cut from. */
const forTests = ['awscli', 'dataset-fashion-mnist'];

/** Packages of npm, when package-lock.json is newer than what is installed. */
export function installNodePackages() {
  const lock = readFileSync(path.join(root, 'package-lock.json'));
  const stamp = path.join(root, 'node_modules', '.workbench-lock');
  const digest = createHash('sha256').update(lock).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return;
  step('Installing npm packages');
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
  writeFileSync(stamp, digest);
}

export function build() {
  run(systemNode(), ['esbuild.mjs']);
}

/**
 * Python with PyTorch, Optuna and their companions: Debian's packages when we may install them, else a virtual environment.
 *
 * @param {{ tests?: boolean }} [options]
 * @returns {string | undefined} the interpreter to name to the sandbox; undefined: it finds Debian's by itself
 */
export function installPython({ tests = false } = {}) {
  const wanted = tests ? [...forJobs, ...forTests] : forJobs;
  if (isDebianRoot()) {
    installDebianPackages(wanted);
    return undefined;
  }
  const environment = path.join(root, '.venv');
  const python = path.join(environment, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
  const stamp = path.join(environment, 'workbench-ready');
  const wish = fromPyPI.join(' ');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wish) return python;
  if (imports('python3', 'torch, torchvision, PIL, boto3, optuna')) return undefined;
  const size = process.platform === 'linux' ? 'several GB (on Linux, pip brings the CUDA build)' : 'about 300 MB';
  step(`Installing into .venv what is not there yet of PyTorch, Optuna and their companions: up to ${size}`);
  // What the machine's own Python has need not be brought again.
  run('python3', ['-m', 'venv', '--system-site-packages', environment]);
  run(python, ['-m', 'pip', 'install', '--quiet', ...fromPyPI]);
  writeFileSync(stamp, wish);
  return python;
}

/** Whether Debian's packages are ours to install. */
export function isDebianRoot() {
  return existsSync('/etc/debian_version') && process.getuid?.() === 0;
}

/** @param {string[]} names installed when missing */
export function installDebianPackages(names) {
  const missing = names.filter((name) => !isInstalled(name));
  if (missing.length === 0) return;
  step(`Installing Debian packages: ${missing.join(' ')}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  run('apt-get', ['update', '-qq'], { env });
  // It says itself what it downloads and how much disk that takes.
  run('apt-get', ['install', '-y', '-q', '--no-install-recommends', '-o=Dpkg::Use-Pty=0', ...missing], { env });
}

/** @param {string} name */
function isInstalled(name) {
  const { stdout } = spawnSync('dpkg-query', ['-W', '-f=${db:Status-Status}', name], { encoding: 'utf8' });
  return stdout === 'installed';
}

/** @param {string} python @param {string} modules */
function imports(python, modules) {
  return spawnSync(python, ['-c', `import ${modules}`]).status === 0;
}

/**
 * A program from PyPI, in an environment of its own under out/.
 *
 * @param {string} program
 * @param {string} name of the environment
 * @param {string[]} requirements
 * @returns {string | undefined} its path; undefined when PyPI cannot be reached
 */
export function installFromPyPI(program, name, requirements) {
  const environment = path.join(root, 'out', 'python', name);
  const installed = path.join(environment, 'bin', program);
  if (existsSync(installed)) return installed;
  step(`Installing ${requirements.join(' ')} from PyPI`);
  if (spawnSync('python3', ['-m', 'venv', environment]).status !== 0) return undefined;
  const { status } = spawnSync(path.join(environment, 'bin', 'pip'), ['install', '--quiet', ...requirements]);
  return status === 0 ? installed : undefined;
}

/** @param {string} text */
export function step(text) {
  console.log(`▸ ${text}`);
}

/**
 * @param {string} program
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv }} [options]
 */
export function run(program, args, options = {}) {
  const { status, error } = spawnSync(program, args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    ...options,
  });
  if (error) throw error;
  if (status !== 0) throw new Error(`"${program} ${args.join(' ')}" ended with ${status}.`);
}
