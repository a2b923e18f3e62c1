import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { removeFolder } from '../../../src/sandbox/engines/process/removeFolder.js';

/** Nothing is closed to root: the tests run as somebody else then. */
const nobody = 65_534;
const asRoot = process.getuid?.() === 0;
let parent: string;

beforeEach(() => {
  parent = mkdtempSync(path.join(tmpdir(), 'remove-'));
  if (!asRoot) return;
  chownSync(parent, nobody, nobody);
  process.seteuid!(nobody);
});
afterEach(() => {
  if (asRoot) process.seteuid!(0);
  rmSync(parent, { recursive: true, force: true });
});

test('a folder goes with what a program has closed in it, and what links lead to stays', async () => {
  const [folder, kept] = [path.join(parent, 'left'), path.join(parent, 'kept')];
  mkdirSync(path.join(folder, 'a', 'b'), { recursive: true });
  mkdirSync(kept);
  writeFileSync(path.join(kept, 'file'), '');
  writeFileSync(path.join(folder, 'a', 'b', 'c'), '');
  symlinkSync(kept, path.join(folder, 'a', 'link'));
  chmodSync(kept, 0o500);
  for (const closed of ['a/b', 'a']) chmodSync(path.join(folder, closed), 0);
  await removeFolder(folder);
  expect(existsSync(folder)).toBe(false);
  expect(existsSync(path.join(kept, 'file'))).toBe(true);
  chmodSync(kept, 0o700);
});

test('one that is not there is no error', async () => {
  await expect(removeFolder(path.join(parent, 'none'))).resolves.toBeUndefined();
});
