// `npm run bench`: the figures of docs/ARCHITECTURE.md, as ratios against a peer measured in the same run.
//   --only tuning        the search alone; --only functions: functions alone
//   --seeds N            searches of each function (default 3; 20 take a quarter of an hour)
//   --tuner-python P     Python with Optuna that searches (default: the one that the sandbox finds)
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { build as bundle } from 'esbuild';
import { sandboxNode } from './nodeRuntime.mjs';
import { makePackage } from './package.mjs';
import { build, installFromPyPI, installNodePackages, installPython, root } from './setup.mjs';
import { installVSCodeHost } from './vscodeHost.mjs';

installNodePackages();
installPython();
build();
makePackage();
const out = path.join(root, 'out', 'bench');
await bundle({
  entryPoints: ['bench', 'marks'].map((name) => path.join(root, 'test', 'bench', `${name}.ts`)),
  outdir: out,
  bundle: true,
  platform: 'node',
  target: 'node22',
  external: ['vscode', 'playwright-core'],
  // The places of the sources that use them (test/support/sandboxProcess.ts, scripts/nodeRuntime.mjs).
  define: {
    'import.meta.dirname': JSON.stringify(path.join(root, 'test', 'support')),
    'import.meta.url': JSON.stringify(pathToFileURL(path.join(root, 'scripts', 'nodeRuntime.mjs')).href),
  },
});
const moto = installFromPyPI('moto_server', 'moto', ['moto[server]>=5']);
if (!moto) console.log('No figures of moto beside ours: PyPI cannot be reached.');
const host = installVSCodeHost();
const { status } = spawnSync(sandboxNode(), [path.join(out, 'bench.js'), ...process.argv.slice(2)], {
  stdio: 'inherit',
  env: {
    ...process.env,
    ...(moto && { WORKBENCH_MOTO: moto }),
    ...(host && { WORKBENCH_CODE_SERVER: host.codeServer, WORKBENCH_CODE_SERVER_NODE: host.node }),
  },
});
process.exitCode = status ?? 1;
