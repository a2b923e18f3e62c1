import { build } from 'esbuild';
import { readFile } from 'node:fs/promises';

/**
 * `aws.ts` is a bundle of its own that is loaded on first cloud use: everywhere else an import of it stays an import.
 * (One file with lazy import() shakes nothing and is four times larger: measured, docs/ARCHITECTURE.md "Bundles".)
 *
 * @type {import('esbuild').Plugin}
 */
const awsApart = {
  name: 'aws-apart',
  setup({ onResolve }) {
    onResolve({ filter: /\/aws\/cloud\.js$/ }, () => ({ path: './aws.js', external: true }));
  },
};

/**
 * The SDK's schemas write their keys as `{ [_k]: … }` with `const _k = "key"`, which no bundler can drop when unused.
 * Written as literals they can: EC2's own code shrinks from 548 to 34 KB.
 *
 * @type {import('esbuild').Plugin}
 */
const literalSchemaKeys = {
  name: 'literal-schema-keys',
  setup({ onLoad }) {
    onLoad({ filter: /@aws-sdk[\\/][^\\/]+[\\/]dist-es[\\/]schemas[\\/][^\\/]+\.js$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      const names = new Map(
        [...source.matchAll(/^const (_\w+) = ("[^"]*");$/gm)].map(([, name, text]) => [name, text]),
      );
      return {
        contents: source.replace(/\[(_\w+)\]:/g, (text, /** @type {string} */ name) =>
          names.has(name) ? `${names.get(name)}:` : text,
        ),
      };
    });
  },
};

/** @type {import('esbuild').BuildOptions} */
const node = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  minify: true,
  keepNames: true,
  sourcemap: 'external',
  legalComments: 'external',
  logLevel: 'warning',
  outdir: 'dist',
  external: ['vscode'],
  supported: { 'dynamic-import': false },
  mainFields: ['module', 'main'],
  conditions: ['module', 'import'],
  loader: { '.json': 'json' },
};

const bundles = [
  { entryPoints: { extension: 'src/extension.ts' }, plugins: [awsApart] },
  { entryPoints: { aws: 'src/aws/cloud.ts' }, plugins: [literalSchemaKeys] },
  { entryPoints: { sandbox: 'src/sandbox/main.ts' } },
  // The main job in a terminal, for `npm start`: the product's rooms without a window.
  { entryPoints: { mainJob: 'scripts/mainJob.ts' }, plugins: [awsApart] },
];

/** The front ends of the panels: one bundle and one style sheet each. */
const pages = {
  bundle: true,
  platform: /** @type {const} */ ('browser'),
  target: 'es2022',
  format: /** @type {const} */ ('iife'),
  minify: true,
  sourcemap: /** @type {const} */ ('external'),
  legalComments: /** @type {const} */ ('external'),
  logLevel: /** @type {const} */ ('warning'),
  outdir: 'dist/media',
  entryPoints: {
    launch: 'media/launch/launch.ts',
    job: 'media/job/job.ts',
    testBench: 'media/testBench/testBench.ts',
    codicon: 'node_modules/@vscode/codicons/dist/codicon.css',
  },
  loader: { '.ttf': /** @type {const} */ ('file') },
  assetNames: '[name]',
};
await Promise.all([...bundles.map((bundle) => build({ ...node, ...bundle })), build(pages)]);
