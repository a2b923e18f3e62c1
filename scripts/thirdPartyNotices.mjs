import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** Licences that ask for their text and nothing more. Codicons' pictures are under CC-BY-4.0. */
const allowed = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC-BY-4.0',
  'ISC',
  'MIT',
  'Unlicense',
]);

/**
 * What the licences of bundled code ask to be shipped: their texts, each once with the packages that are under it, and the
 * NOTICE files beside our own sources for what those were made from.
 *
 * @param {string} root of the project
 * @param {Iterable<string>} inputs files in the bundles, as esbuild's metafile names them
 * @returns {string}
 * @throws when a package's licence is not an allowed one, or its text is missing
 */
export function thirdPartyNotices(root, inputs) {
  /** @type {Set<string>} */
  const packages = new Set();
  /** @type {Set<string>} */
  const noted = new Set();
  for (const input of inputs) {
    const file = path.resolve(root, input);
    const [folder] = /^.*[\\/]node_modules[\\/](@[^\\/]+[\\/])?[^\\/]+/.exec(file) ?? [];
    if (folder) packages.add(folder);
    else noted.add(path.join(path.dirname(file), 'NOTICE'));
  }
  const licences = [...packages].sort().map(licenceOf);
  /** @type {Map<string, string[]>} titles by text */
  const texts = new Map();
  for (const {
    title,
    source,
    text = licences.find((other) => other.source === source && other.text)?.text,
  } of licences) {
    if (!text) throw new Error(`${title} is bundled, and its licence text is missing.`);
    texts.set(text, [...(texts.get(text) ?? []), title]);
  }
  const notices = [...noted].filter((file) => existsSync(file)).sort();
  return [
    ...[...texts].map(([text, titles]) => `${titles.join('\n')}\n\n${text}\n`),
    ...notices.map((file) => `${path.relative(root, path.dirname(file))}\n\n${read(file)}\n`),
  ].join(`\n${'-'.repeat(80)}\n\n`);
}

/**
 * @param {string} folder of a package
 * @returns {{ title: string, source: string, text: string | undefined }} packages of one `source` are under one licence:
 *   some of the SDK's have no copy of it
 */
function licenceOf(folder) {
  /** @type {{ name: string, version: string, license: string, repository?: { url?: string } }} */
  const { name, version, license, repository } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
  if (!allowed.has(license)) throw new Error(`${name} is bundled, and its licence "${license}" is not an allowed one.`);
  const files = readdirSync(folder).filter((file) => /^(licen[cs]e|copying|notice)/i.test(file));
  return {
    title: `${name} ${version} (${license})`,
    source: `${repository?.url ?? folder} ${license}`,
    text: files.map((file) => read(path.join(folder, file))).join('\n\n') || undefined,
  };
}

/** @param {string} file */
function read(file) {
  return readFileSync(file, 'utf8').replaceAll('\r\n', '\n').trim();
}
