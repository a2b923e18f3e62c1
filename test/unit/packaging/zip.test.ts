import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { previewSource } from '../../../src/packaging/sourceArchive.js';
import { packZip } from '../../../src/packaging/zip.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'zip-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function zip(files: Record<string, string>, root: string) {
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(folder, root, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
  return packZip((await previewSource(path.join(folder, root))).files, new AbortController().signal);
}

describe('a zip for Lambda', () => {
  test('has the same bytes wherever, in whatever time zone, and with whatever line ends the same files were written', async () => {
    const one = await zip({ 'lambda_function.py': 'a\nb\n', 'lib/x.txt': 'x' }, 'one');
    const zone = process.env['TZ'];
    process.env['TZ'] = 'Pacific/Kiritimati';
    const two = await zip({ 'lib/x.txt': 'x', 'lambda_function.py': 'a\r\nb\r\n' }, 'two').finally(() => {
      if (zone === undefined) delete process.env['TZ'];
      else process.env['TZ'] = zone;
    });
    expect(Buffer.from(two.bytes).equals(one.bytes)).toBe(true);
    // Of these very files, and not of a zlib: another figure means that everybody's functions are deployed anew.
    expect(one.sha256).toBe('ydCMiKWD0ygmaD10O6UHdm+ftpVjFoQmYviaOeJMznY=');
    expect(one.unzipped).toBe(5);
  });

  test("is read by Python's zipfile, with files that everyone may read", async () => {
    const { bytes } = await zip({ 'a.py': 'print(1)\n', 'ä/b.txt': 'b', 'empty.py': '' }, 'source');
    const file = path.join(folder, 'out.zip');
    writeFileSync(file, bytes);
    const script = `
import json, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as archive:
    assert archive.testzip() is None
    print(json.dumps([[i.filename, oct(i.external_attr >> 16), i.date_time[0], archive.read(i).decode()] for i in archive.infolist()]))`;
    expect(JSON.parse(execFileSync('python3', ['-c', script, file], { encoding: 'utf8' }))).toEqual([
      ['a.py', '0o100644', 1980, 'print(1)\n'],
      ['empty.py', '0o100644', 1980, ''],
      ['ä/b.txt', '0o100644', 1980, 'b'],
    ]);
  });
});
