import { expect, test } from 'vitest';
import type { FunctionDetail } from '../../../src/aws/gateways/functions.js';
import type { ResourceOf } from '../../../src/inventory/resource.js';
import { aliasRow, functionRow, versionRow } from '../../../src/ui/tree/functionRows.js';
import { categoryText } from '../../../src/ui/tree/rows.js';

const now = new Date('2026-11-28T12:00:00Z');
const found: ResourceOf<'function'> = {
  kind: 'function',
  name: 'predict',
  arn: 'arn:predict',
  runtime: 'python3.12',
  memory: 256,
  timeout: 3,
  role: 'arn:aws:iam::111122223333:role/predict',
  modified: now,
};
const live = { name: 'live', arn: 'arn:predict:live', version: '3' };
const provisioned = {
  qualifier: 'live',
  requested: 2,
  available: 1,
  status: 'IN_PROGRESS',
  reason: undefined,
} as const;
const detail = {
  ...found,
  state: 'Active',
  update: 'Successful',
  reason: undefined,
  architecture: 'x86_64',
  aliases: [live],
  versions: [],
  provisioned: [],
} as unknown as FunctionDetail;

test('a function says what it runs on, and where its alias points once that is known', () => {
  expect(functionRow(found, undefined).description).toBe('python3.12 · 256 MB');
  expect(functionRow(found, detail)).toMatchObject({ description: 'python3.12 · 256 MB · live → 3', color: 'passed' });
  expect(functionRow({ ...found, runtime: undefined }, undefined).description).toBe('container image · 256 MB');
  const aliases = ['a', 'b', 'c', 'd'].map((name) => ({ ...live, name }));
  expect(functionRow(found, { ...detail, aliases }).description).toMatch(/ · a → 3, b → 3 \+2$/);
});

test('what is provisioned costs money, which comes first; on arm64 its price is not known', () => {
  // 2 × 256 MB × 3600 s × $0.0000041667 a GB-second.
  const costly = { ...detail, provisioned: [provisioned] };
  expect(functionRow(found, costly).description).toMatch(/^\$0\.01\/h · provisioning · /);
  expect(functionRow(found, { ...costly, architecture: 'arm64' }).description).not.toContain('$');
  expect(aliasRow(live, costly)).toMatchObject({ description: '→ 3 · 1 of 2 ready · $0.01/h', color: 'running' });
  expect(aliasRow(live, { ...detail, provisioned: [{ ...provisioned, available: 2, status: 'READY' }] })).toMatchObject(
    {
      description: '→ 3 · 2 ready · $0.01/h',
      color: 'passed',
    },
  );
  const reason = 'FUNCTION_ERROR_INIT_FAILURE';
  const failed = aliasRow(live, { ...detail, provisioned: [{ ...provisioned, status: 'FAILED', reason }] });
  expect(failed).toMatchObject({ color: 'failed' });
  expect(failed.description).toContain(`provisioning failed: ${reason}`);
});

test('a failed one says why, and cannot be tested; one that is on its way moves', () => {
  const failed = functionRow(found, { ...detail, state: 'Failed', reason: 'The image is gone.' });
  expect(failed).toMatchObject({ icon: 'error', color: 'failed' });
  expect(failed.description).toMatch(/^failed: The image is gone\./);
  expect(failed.capabilities).toEqual(expect.arrayContaining(['deletableFunction', 'hasLog', 'hasArn']));
  expect(failed.capabilities).not.toContain('testableFunction');
  expect(functionRow(found, { ...detail, state: 'Pending' })).toMatchObject({ icon: 'sync', color: 'running' });
  expect(functionRow(found, { ...detail, update: 'InProgress' }).description).toMatch(/^updating/);
  expect(functionRow(found, { ...detail, state: 'Deleting' }).capabilities).not.toContain('deletableFunction');
  expect(functionRow(found, detail).capabilities).toContain('testableFunction');
});

test('a version says when it was published and what for', () => {
  const version = {
    ...detail,
    version: '3',
    description: 'fewer classes',
    modified: new Date(now.getTime() - 7_200_000),
  };
  expect(versionRow(version, detail, now).description).toBe('2 h ago · fewer classes');
});

test('a category of functions has no newest ones', () => {
  expect(categoryText([found], true, 0)).toBe('1 shown');
});
