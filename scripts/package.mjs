// `npm run package`: the extension as a .vsix under out/.
import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { sandboxNode } from './nodeRuntime.mjs';
import { build, installNodePackages, root, run, step } from './setup.mjs';

/**
 * @param {string} [folder] the project, built; else this one
 * @returns {string} the .vsix
 */
export function makePackage(folder = root) {
  const { name, version } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
  const target = path.join(folder, 'out', `${name}-${version}.vsix`);
  mkdirSync(path.dirname(target), { recursive: true });
  const vsce = path.join(root, 'node_modules', '@vscode', 'vsce', 'vsce');
  const flags = ['--no-dependencies', '--allow-missing-repository', '--no-rewrite-relative-links', '--skip-license'];
  run(sandboxNode(), [vsce, 'package', ...flags, '--out', target], { cwd: folder });
  if (!existsSync(target)) throw new Error(`${target} was not made.`);
  return target;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  installNodePackages();
  step('Building');
  build();
  const target = makePackage();
  console.log(`${target}: ${(statSync(target).size / 1e6).toFixed(2)} MB`);
}
