import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { thirdPartyNotices } from '../../scripts/thirdPartyNotices.mjs';

let root: string;
beforeEach(() => (root = mkdtempSync(path.join(tmpdir(), 'notices-'))));
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** @returns the input of the bundle */
function bundled(name: string, license: string, text?: string, url?: string): string {
  const folder = path.join(root, 'node_modules', name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    path.join(folder, 'package.json'),
    JSON.stringify({ name, version: '1.0.0', license, ...(url && { repository: { url } }) }),
  );
  if (text) writeFileSync(path.join(folder, 'LICENSE.md'), text);
  return `node_modules/${name}/dist/index.js`;
}

test('one text stands once, under the names of all packages that have it', () => {
  const inputs = [bundled('@b/two', 'MIT', 'free\r\n'), bundled('one', 'MIT', 'free'), 'src/extension.ts'];
  expect(thirdPartyNotices(root, inputs)).toBe('@b/two 1.0.0 (MIT)\none 1.0.0 (MIT)\n\nfree\n');
});

test('a package within a package is named itself', () => {
  bundled('one', 'MIT', 'free');
  const inner = bundled('one/node_modules/inner', 'ISC', 'as it is');
  expect(thirdPartyNotices(root, [inner])).toBe('one/node_modules/inner 1.0.0 (ISC)\n\nas it is\n');
});

test('a package without a text is under that of another one of its repository, or the build fails', () => {
  const bare = bundled('bare', 'Apache-2.0', undefined, 'git+https://example.com/sdk');
  expect(() => thirdPartyNotices(root, [bare])).toThrow('bare 1.0.0 (Apache-2.0) is bundled, and its licence text');
  const whole = bundled('whole', 'Apache-2.0', 'the licence', 'git+https://example.com/sdk');
  expect(thirdPartyNotices(root, [bare, whole])).toContain(
    'bare 1.0.0 (Apache-2.0)\nwhole 1.0.0 (Apache-2.0)\n\nthe licence',
  );
});

test.each(['GPL-3.0-only', 'SEE LICENSE IN EULA.md'])('a package under "%s" fails the build', (license) => {
  expect(() => thirdPartyNotices(root, [bundled('one', license, 'text')])).toThrow(`its licence "${license}"`);
});

test('what our own sources were made from is named, too', () => {
  mkdirSync(path.join(root, 'src', 'models'), { recursive: true });
  writeFileSync(path.join(root, 'src', 'models', 'NOTICE'), 'from elsewhere\n');
  expect(thirdPartyNotices(root, ['src/models/sts.json', 'src/models/iam.json'])).toBe(
    'src/models\n\nfrom elsewhere\n',
  );
});
