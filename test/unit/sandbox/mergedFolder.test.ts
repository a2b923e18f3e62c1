import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { mergeFolders } from '../../../src/sandbox/engines/process/mergedFolder.js';

let root: string;
beforeAll(() => (root = mkdtempSync(path.join(tmpdir(), 'merged-'))));
afterAll(() => rmSync(root, { recursive: true }));

function folder(name: string, files: readonly string[]): string {
  for (const file of files) {
    const target = path.join(root, name, file);
    mkdirSync(path.dirname(target), { recursive: true });
    writeFileSync(target, name);
  }
  return path.join(root, name);
}

test('folders become one, sorted, each folder before what is in it', async () => {
  const folders = [folder('one', ['b.txt', 'b/2', 'a']), folder('two', ['b/1', 'c'])];
  symlinkSync('/etc', path.join(folders[1]!, 'link'));
  const { entries, clashes } = await mergeFolders(folders);
  // The link is not followed.
  expect(entries.map(({ name }) => name)).toEqual(['a', 'b', 'b/1', 'b/2', 'b.txt', 'c', 'link']);
  expect(clashes).toEqual([]);
});

test('under one name the first folder’s thing is kept, whole', async () => {
  const folders = [folder('first', ['same', 'file']), folder('second', ['same', 'file/inside', 'other'])];
  const { entries, clashes } = await mergeFolders(folders);
  expect(entries.map(({ file }) => path.relative(root, file))).toEqual(['first/file', 'second/other', 'first/same']);
  expect(clashes.map((clash) => clash.map(({ file }) => path.relative(root, file)))).toEqual(
    expect.arrayContaining([
      ['first/same', 'second/same'],
      ['first/file', 'second/file'],
    ]),
  );
});
