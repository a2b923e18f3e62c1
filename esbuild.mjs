import { build, transform } from 'esbuild';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { thirdPartyNotices } from './scripts/thirdPartyNotices.mjs';

/**
 * What starts a window loads little: the SDK, the reader of Python scripts and tar are bundles of their own, and a dynamic
 * import of them stays one. (One file with lazy import() shakes nothing and is four times larger: measured,
 * docs/ARCHITECTURE.md "Bundles".)
 *
 * @type {[filter: RegExp, bundle: string][]}
 */
const onFirstUse = [
  [/\/aws\/cloud\.js$/, './aws.js'],
  [/\/launch\/scanWorkspace\.js$/, './scan.js'],
  [/^tar-stream$/, './tar.js'],
];

/** @type {import('esbuild').Plugin} */
const apart = {
  name: 'apart',
  setup({ onResolve }) {
    for (const [filter, path] of onFirstUse) {
      onResolve({ filter }, ({ kind }) => (kind === 'dynamic-import' ? { path, external: true } : undefined));
    }
  },
};

/**
 * The tables of `resources/` are shipped as they are: a bundle reads the file beside it instead of holding a copy.
 *
 * @type {import('esbuild').Plugin}
 */
const tables = {
  name: 'tables',
  setup({ onResolve }) {
    onResolve({ filter: /\/resources\/\w+\.json$/ }, ({ path }) => ({
      path: `../resources/${path.split('/').at(-1)}`,
      external: true,
    }));
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

const output = {
  platform: /** @type {const} */ ('node'),
  target: 'node20',
  minify: true,
  keepNames: true,
  legalComments: /** @type {const} */ ('none'),
  supported: { 'dynamic-import': false },
};

/** @type {import('esbuild').BuildOptions} */
const node = {
  ...output,
  bundle: true,
  format: 'cjs',
  sourcemap: 'external',
  logLevel: 'warning',
  outdir: 'dist',
  external: ['vscode'],
  mainFields: ['module', 'main'],
  conditions: ['module', 'import'],
  loader: { '.json': 'json' },
};

const bundles = [
  { entryPoints: { aws: 'src/aws/cloud.ts' }, plugins: [literalSchemaKeys] },
  { entryPoints: { scan: 'src/launch/scanWorkspace.ts', tar: 'tar-stream' } },
  { entryPoints: { sandbox: 'src/sandbox/main.ts' } },
  // The main job in a terminal, for `npm start`: the product's rooms without a window.
  { entryPoints: { mainJob: 'scripts/mainJob.ts' }, plugins: [apart, tables] },
];

/**
 * The window, and what it loads with the first action (src/ui/onFirstUse.ts): both need the same classes and the same
 * state, so what both use is a file of its own, `chunk.js`. esbuild splits ES modules only; each is then made CommonJS,
 * which VS Code loads without its loader hooks.
 */
async function window() {
  const { outputFiles, metafile } = await build({
    ...node,
    entryPoints: { extension: 'src/extension.ts' },
    plugins: [apart, tables],
    format: 'esm',
    splitting: true,
    chunkNames: '[name]',
    sourcemap: 'inline',
    supported: {},
    write: false,
    metafile: true,
  });
  for (const file of outputFiles) {
    const { code, map } = await transform(file.text, {
      ...output,
      format: 'cjs',
      sourcemap: 'external',
      sourcefile: path.basename(file.path),
    });
    await writeFile(file.path, code);
    await writeFile(`${file.path}.map`, map);
  }
  return { metafile };
}

/** The front ends of the panels: one bundle and one style sheet each. */
const pages = {
  bundle: true,
  platform: /** @type {const} */ ('browser'),
  target: 'es2022',
  format: /** @type {const} */ ('iife'),
  minify: true,
  sourcemap: /** @type {const} */ ('external'),
  legalComments: /** @type {const} */ ('none'),
  logLevel: /** @type {const} */ ('warning'),
  outdir: 'dist/media',
  entryPoints: {
    launch: 'media/launch/launch.ts',
    job: 'media/job/job.ts',
    tuning: 'media/tuning/tuning.ts',
    metricRegex: 'media/metricRegex/metricRegex.ts',
    testBench: 'media/testBench/testBench.ts',
    codicon: 'node_modules/@vscode/codicons/dist/codicon.css',
  },
  loader: { '.ttf': /** @type {const} */ ('file') },
  assetNames: '[name]',
};

const built = await Promise.all([
  window(),
  ...bundles.map((bundle) => build({ ...node, ...bundle, metafile: true })),
  build({ ...pages, metafile: true }),
]);
const outputs = built.flatMap(({ metafile }) => Object.values(metafile.outputs));
const shipped = outputs.flatMap(({ inputs }) => Object.keys(inputs).filter((file) => inputs[file]?.bytesInOutput));
await writeFile('dist/ThirdPartyNotices.txt', thirdPartyNotices(import.meta.dirname, shipped));
