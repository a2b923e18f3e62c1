// `npm run bench`: the figures of docs/ARCHITECTURE.md, as ratios against a peer measured in the same run.
//   --only tuning        the search alone
//   --seeds N            searches of each function (default 3; 20 take a quarter of an hour)
//   --tuner-python P     Python with Optuna that searches (default: the one that the sandbox finds)
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { build as bundle } from 'esbuild';
import { sandboxNode } from './nodeRuntime.mjs';
import { build, installFromPyPI, installNodePackages, installPython, root } from './setup.mjs';

installNodePackages();
installPython();
build();
const outfile = path.join(root, 'out', 'bench.cjs');
await bundle({
  entryPoints: [path.join(root, 'test', 'bench', 'bench.ts')],
  outfile,
  bundle: true,
  platform: 'node',
  target: 'node22',
  define: { 'import.meta.dirname': JSON.stringify(path.join(root, 'test', 'support')) },
});
const moto = installFromPyPI('moto_server', 'moto', ['moto[server]>=5']);
if (!moto) console.log('No figures of moto beside ours: PyPI cannot be reached.');
const { status } = spawnSync(sandboxNode(), [outfile, ...process.argv.slice(2)], {
  stdio: 'inherit',
  env: { ...process.env, ...(moto && { WORKBENCH_MOTO: moto }) },
});
process.exitCode = status ?? 1;
