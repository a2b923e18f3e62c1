import fc from 'fast-check';
import { execFileSync } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { UserError } from '../../../src/core/errors.js';
import { repackModel } from '../../../src/packaging/modelArchive.js';
import { packSource, previewSource } from '../../../src/packaging/sourceArchive.js';
import { writeTarGz } from '../../../src/packaging/tarGz.js';

let folder: string;
const never = new AbortController().signal;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'packaging-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Writes files below `folder/<root>` and returns that folder. */
async function tree(files: Record<string, string | Buffer>, root = 'source'): Promise<string> {
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(folder, root, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, content);
  }
  return path.join(folder, root);
}

const list = (archive: string) => execFileSync('tar', ['-tzf', archive], { encoding: 'utf8' }).trim().split('\n');
const cat = (archive: string, name: string) => execFileSync('tar', ['-xzOf', archive, name], { encoding: 'utf8' });
const pack = async (root: string, name = 'out.tar.gz', exclude: string[] = []) =>
  packSource(await previewSource(root, exclude), path.join(folder, name), never);

describe('a source archive', () => {
  test('has the same bytes wherever, whenever and by whomever the same files were written', async () => {
    const one = await tree({ 'b.py': 'b', 'a/z.py': 'z', 'a.txt': 'a' }, 'one');
    const two = await tree({ 'a.txt': 'a', 'a/z.py': 'z', 'b.py': 'b' }, 'two');
    await utimes(path.join(two, 'a.txt'), new Date(0), new Date(0));
    const [first, second] = [await pack(one, '1.tar.gz'), await pack(two, '2.tar.gz')];
    expect(second.sha256).toBe(first.sha256);
    expect(await readFile(second.file)).toEqual(await readFile(first.file));
  });

  test('is read by tar, with paths in order and an executable bit for shell scripts alone', async () => {
    const { file } = await pack(await tree({ 'train.py': 'print(1)', 'run.sh': 'true', 'lib/a.py': '' }));
    expect(list(file)).toEqual(['lib/a.py', 'run.sh', 'train.py']);
    const long = execFileSync('tar', ['--utc', '-tvzf', file], { encoding: 'utf8' });
    expect(long.match(/^\S+/gm)).toEqual(['-rw-r--r--', '-rwxr-xr-x', '-rw-r--r--']);
    expect(new Set(long.match(/\d{4}-\d\d-\d\d/g))).toEqual(new Set(['1980-01-02']));
  });

  test('holds scripts with LF line ends, says which changed, and leaves other files and the originals alone', async () => {
    const root = await tree({
      'train.py': 'a\r\nb\r\n',
      'run.sh': '#!/bin/sh\r\n',
      'rows.csv': 'x\r\n',
      'ok.py': 'y\n',
    });
    const preview = await previewSource(root);
    expect(preview.normalised).toEqual(['run.sh', 'train.py']);
    const { file } = await pack(root);
    expect([cat(file, 'train.py'), cat(file, 'run.sh'), cat(file, 'rows.csv')]).toEqual([
      'a\nb\n',
      '#!/bin/sh\n',
      'x\r\n',
    ]);
    expect(await readFile(path.join(root, 'train.py'), 'utf8')).toBe('a\r\nb\r\n');
  });

  test('leaves out what .gitignore and .sagemakerignore say, the deepest and last line winning', async () => {
    const root = await tree({
      '.gitignore': '*.log\nbuild/\n',
      '.sagemakerignore': 'notes/*\n!notes/keep.md\n',
      'sub/.gitignore': '!important.log\n',
      'a.log': '',
      'build/x.py': '',
      'notes/keep.md': '',
      'notes/drop.md': '',
      'sub/important.log': '',
      'train.py': '',
      '.git/config': '',
      '__pycache__/train.pyc': '',
    });
    const { files } = await previewSource(root);
    expect(files.map((file) => file.path)).toEqual([
      '.gitignore',
      '.sagemakerignore',
      'notes/keep.md',
      'sub/.gitignore',
      'sub/important.log',
      'train.py',
    ]);
  });

  test('obeys the .gitignore files above it up to the root of the repository', async () => {
    const root = await tree({
      '.git/HEAD': '',
      '.gitignore': 'weights.pth\n',
      'job/weights.pth': '',
      'job/train.py': '',
    });
    const { files } = await previewSource(path.join(root, 'job'));
    expect(files.map((file) => file.path)).toEqual(['train.py']);
  });

  test('does not ship data folders, virtual environments or links that lead outside, and says what it skipped', async () => {
    const root = await tree({ 'train.py': '', 'data/dogs/1.jpg': '', '.venv/pyvenv.cfg': '', '.venv/lib/x.py': '' });
    await symlink('/etc/hostname', path.join(root, 'outside'));
    await symlink('train.py', path.join(root, 'inside.py'));
    const { files, skipped } = await previewSource(root, ['data/dogs']);
    expect(files.map((file) => file.path)).toEqual(['inside.py', 'train.py']);
    expect(skipped.map((entry) => entry.path).sort()).toEqual(['.venv', 'outside']);
  });

  test.each([
    ['.env', 'TOKEN=1'],
    ['.aws/credentials', ''],
    ['deploy/id_ed25519', ''],
    ['server.pem', ''],
    ['settings.py', `KEY = "AKIA${'Q7WERTYUIOPASDFG'}"`],
    ['notes.txt', '-----BEGIN RSA PRIVATE KEY-----'],
    ['config', `aws_secret_access_key = ${'a1B2'.repeat(10)}`],
  ])('is refused when it would carry a secret: %s', async (name, content) => {
    await expect(pack(await tree({ 'train.py': '', [name]: content }))).rejects.toThrow(UserError);
  });

  test('takes the example keys of the AWS documentation and an ignored .env for what they are', async () => {
    const root = await tree({
      'a.py': 'AKIAIOSFODNN7EXAMPLE',
      '.env': 'X=1',
      '.gitignore': '.env',
      '.env.example': 'X=',
    });
    expect((await previewSource(root)).secrets).toEqual([]);
  });

  test('fails clearly when a file is not as long any more as it was in the preview', async () => {
    const root = await tree({ 'rows.csv': 'long long long' });
    const preview = await previewSource(root);
    await writeFile(path.join(root, 'rows.csv'), 'short');
    await expect(packSource(preview, path.join(folder, 'x'), never)).rejects.toThrow(
      'changed while it was being packed',
    );
  });

  test('stops when it is cancelled', async () => {
    const root = await tree({ 'train.py': '' });
    await expect(packSource(await previewSource(root), path.join(folder, 'x'), AbortSignal.abort())).rejects.toThrow(
      expect.objectContaining({ name: 'AbortError' }),
    );
  });
});

describe('writeTarGz', () => {
  const name = fc
    .array(fc.stringMatching(/^[a-zA-Z0-9äß._-]{1,60}$/), { minLength: 1, maxLength: 4 })
    .map((parts) => parts.map((part) => `x${part}`).join('/'));
  const files = fc.uniqueArray(fc.record({ path: name, bytes: fc.uint8Array({ maxLength: 3000 }) }), {
    selector: (file) => file.path,
    maxLength: 8,
  });

  test('gives back every path and byte, in order, and twice the same archive', async () => {
    const { default: tar } = await import('tar-stream');
    await fc.assert(
      fc.asyncProperty(files, async (given) => {
        const write = (target: string, streamed: boolean) =>
          writeTarGz(
            given.map(({ path, bytes }) => ({
              path,
              size: bytes.length,
              content: streamed ? Readable.from([bytes]) : bytes,
            })),
            path.join(folder, target),
            never,
          );
        const [one, two] = [await write('p1', false), await write('p2', true)];
        expect(two.sha256).toBe(one.sha256);
        const extract = tar.extract();
        extract.end(gunzipSync(await readFile(one.file)));
        const read: { path: string; bytes: Buffer }[] = [];
        for await (const entry of extract) {
          const chunks: Buffer[] = [];
          for await (const chunk of entry) chunks.push(chunk as Buffer);
          read.push({ path: entry.header.name, bytes: Buffer.concat(chunks) });
        }
        expect(read).toEqual(given.map(({ path, bytes }) => ({ path, bytes: Buffer.from(bytes) })));
      }),
      { numRuns: 40 },
    );
  });
});

describe('a repacked model', () => {
  const model = async (files: Record<string, string>) => {
    await tree(files, 'model');
    execFileSync('tar', ['-czf', path.join(folder, 'model.tar.gz'), '-C', path.join(folder, 'model'), '.']);
    return path.join(folder, 'model.tar.gz');
  };
  const code = async (files: Record<string, string>) => (await previewSource(await tree(files, 'code'))).files;

  test('has the model files at its root and the inference code under code/', async () => {
    const source = createReadStream(await model({ 'model.pth': 'weights', 'labels.json': '[]' }));
    const files = await code({ 'inference.py': 'x\r\n', 'requirements.txt': '' });
    const { file } = await repackModel(source, { files, replaces: false }, path.join(folder, 'out'), never);
    expect(list(file).sort()).toEqual(['code/inference.py', 'code/requirements.txt', 'labels.json', 'model.pth']);
    expect([cat(file, 'model.pth'), cat(file, 'code/inference.py')]).toEqual(['weights', 'x\n']);
  });

  test('keeps other code of the model unless a whole source folder replaces it', async () => {
    const given = await model({ 'model.pth': 'w', 'code/old.py': 'old', 'code/inference.py': 'old' });
    const files = await code({ 'inference.py': 'new' });
    const laidOver = await repackModel(
      createReadStream(given),
      { files, replaces: false },
      path.join(folder, '1'),
      never,
    );
    expect(list(laidOver.file).sort()).toEqual(['code/inference.py', 'code/old.py', 'model.pth']);
    expect(cat(laidOver.file, 'code/inference.py')).toBe('new');
    const replaced = await repackModel(
      createReadStream(given),
      { files, replaces: true },
      path.join(folder, '2'),
      never,
    );
    expect(list(replaced.file).sort()).toEqual(['code/inference.py', 'model.pth']);
  });

  test('is content-addressed: the same model and code give the same archive', async () => {
    const given = await model({ 'model.pth': 'w' });
    const files = await code({ 'inference.py': 'a' });
    const once = () => repackModel(createReadStream(given), { files, replaces: false }, path.join(folder, 'o'), never);
    expect((await once()).sha256).toBe((await once()).sha256);
  });

  test('is refused when what came from S3 is no complete archive', async () => {
    const files = await code({ 'inference.py': 'a' });
    const bytes = await readFile(await model({ 'model.pth': 'w'.repeat(10_000) }));
    for (const broken of [bytes.subarray(0, bytes.length - 20), Buffer.from('<html>')]) {
      const repacked = repackModel(Readable.from([broken]), { files, replaces: false }, path.join(folder, 'o'), never);
      await expect(repacked).rejects.toThrow('not a complete .tar.gz');
    }
  });
});
