import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { repository } from '../support/sandboxProcess.js';

const file = (bundle: string): string => path.join(repository, 'dist', bundle);

/** npm packages whose code is in a bundle, by its source map. */
function packagesIn(bundle: string): Set<string> {
  const { sources } = JSON.parse(readFileSync(file(`${bundle}.map`), 'utf8')) as { sources: string[] };
  return new Set(sources.flatMap((source) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(source)?.[1] ?? []));
}

const ofSdk = (bundle: string): string[] =>
  [...packagesIn(bundle)].filter((name) => /^@(aws-sdk|smithy|aws-crypto)\//.test(name));

test('the SDK is in aws.js, which is loaded on first cloud use, and not in what starts a window or a terminal', () => {
  expect(ofSdk('aws.js')).toContain('@aws-sdk/client-sagemaker');
  const others = ['extension.js', 'chunk.js', 'actions.js', 'mainJob.js'];
  expect(others.flatMap(ofSdk)).toEqual([]);
});

test('the sandbox speaks the protocols itself: of the SDK it has the checksums alone', () => {
  expect(ofSdk('sandbox.js').filter((name) => name.includes('/client-'))).toEqual([]);
  expect(ofSdk('sandbox.js')).toContain('@aws-sdk/checksums');
});

test.each([
  { what: 'what starts a window', bundles: ['extension.js', 'chunk.js'], most: 300_000 },
  { what: 'the SDK', bundles: ['aws.js'], most: 800_000 },
])('$what is at most $most bytes', ({ bundles, most }) => {
  const sizes = bundles.map((bundle) => statSync(file(bundle)).size);
  expect(sizes.reduce((sum, size) => sum + size)).toBeLessThanOrEqual(most);
});
