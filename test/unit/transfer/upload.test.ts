import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { smallObject } from '../../../src/aws/limits.js';
import { etagOf } from '../../../src/transfer/etag.js';
import { TransferManifest } from '../../../src/transfer/manifest.js';
import { planUpload, uploadFolder, type UploadProgress } from '../../../src/transfer/uploadFolder.js';

const never = new AbortController().signal;
const target = { bucket: 'b', prefix: 'p/data/' };
let folder: string;
let objects: MemoryObjects;

/** A bucket in memory. With a key of KMS, ETags say nothing of the bytes. */
class MemoryObjects {
  readonly stored = new Map<string, { size: number; etag: string }>();
  readonly sent: string[] = [];
  underWay = 0;
  most = 0;
  kms = false;
  failOn: string | undefined;

  async *list(_bucket: string, prefix: string) {
    for (const [key, object] of this.stored)
      if (key.startsWith(prefix)) yield await Promise.resolve({ key, ...object });
  }

  async write({ key }: { key: string }, body: Uint8Array, signal: AbortSignal): Promise<string> {
    this.most = Math.max(this.most, ++this.underWay);
    await new Promise((resolve) => setImmediate(resolve));
    this.underWay -= 1;
    signal.throwIfAborted();
    if (key.endsWith(this.failOn ?? '\0')) throw new Error('disk full.');
    const etag = this.kms ? `kms-${this.sent.length}` : createHash('md5').update(body).digest('hex');
    this.stored.set(key, { size: body.length, etag });
    this.sent.push(key);
    return etag;
  }

  async writeParts(address: { key: string }, body: Readable, _size: number, signal: AbortSignal): Promise<string> {
    const chunks: Buffer[] = [];
    for await (const chunk of body) chunks.push(chunk as Buffer);
    return this.write(address, Buffer.concat(chunks), signal);
  }
}

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'transfer-'));
  objects = new MemoryObjects();
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function write(name: string, content: string | Buffer): Promise<void> {
  const file = path.join(folder, 'data', name);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, content);
}

async function upload(
  signal = never,
  report: (progress: UploadProgress) => void = () => undefined,
  meanwhile: () => Promise<void> = () => Promise.resolve(),
) {
  const manifest = await TransferManifest.open(path.join(folder, 'manifest.json'));
  const plan = await planUpload(objects, path.join(folder, 'data'), target, manifest, never);
  objects.sent.length = 0;
  await meanwhile();
  await uploadFolder(objects, plan, manifest, signal, report).send();
  return plan;
}

describe('uploading a folder', () => {
  test('sends everything once, and the second time nothing', async () => {
    await write('train/a/1.png', 'one');
    await write('train/b/2.png', 'two');
    await upload();
    expect(objects.sent.sort()).toEqual(['p/data/train/a/1.png', 'p/data/train/b/2.png']);
    const again = await upload();
    expect([objects.sent, again.unchanged.length]).toEqual([[], 2]);
  });

  test('sends what has changed, also when its size has not', async () => {
    await write('a', 'one');
    await write('b', 'two');
    await upload();
    await write('a', 'ONE');
    await utimes(path.join(folder, 'data/a'), new Date(), new Date(Date.now() + 5000));
    await upload();
    expect(objects.sent).toEqual(['p/data/a']);
  });

  test('sends nothing twice without its manifest: ETags alone tell', async () => {
    await write('a', 'one');
    await upload();
    await rm(path.join(folder, 'manifest.json'));
    await upload();
    expect(objects.sent).toEqual([]);
  });

  test('sends nothing twice to a bucket whose ETags are no MD5s: the manifest tells', async () => {
    objects.kms = true;
    await write('a', 'one');
    await upload();
    await upload();
    expect(objects.sent).toEqual([]);
  });

  test('names what is in S3 and not in the folder', async () => {
    objects.stored.set('p/data/old.png', { size: 1, etag: 'x' });
    objects.stored.set('p/data2/other.png', { size: 1, etag: 'x' });
    await write('a', 'one');
    expect((await upload()).extra).toEqual(['p/data/old.png']);
  });

  test('leaves out what desktops and notebooks drop', async () => {
    for (const name of ['a', '.DS_Store', 'x/Thumbs.db', '.ipynb_checkpoints/a']) await write(name, '1');
    await upload();
    expect(objects.sent).toEqual(['p/data/a']);
  });

  test('follows links, and refuses one that would never end', async () => {
    await write('train/a/1.png', 'one');
    await mkdir(path.join(folder, 'elsewhere'));
    await writeFile(path.join(folder, 'elsewhere/2.png'), 'two');
    await symlink(path.join(folder, 'elsewhere'), path.join(folder, 'data/train/b'));
    await symlink('b', path.join(folder, 'data/train/c'));
    await upload();
    expect(objects.sent.sort()).toEqual(['p/data/train/a/1.png', 'p/data/train/b/2.png', 'p/data/train/c/2.png']);
    await symlink('..', path.join(folder, 'data/train/up'));
    await expect(upload()).rejects.toThrow(/train\/up is a link that leads in a circle: remove it\.$/);
  });

  test('says which file it could not read, and what to do', async () => {
    await write('a', 'a');
    await expect(
      upload(
        never,
        () => undefined,
        async () => {
          await rm(path.join(folder, 'data/a'));
          await mkdir(path.join(folder, 'data/a'));
        },
      ),
    ).rejects.toThrow(/Only 0 of 1 files reached .*: a cannot be read\. .* is a folder .*: try once more\.$/);
  });

  test('sends many at once, and tells how far it is', async () => {
    for (let index = 0; index < 50; index++) await write(`${index}`, 'x');
    const seen: UploadProgress[] = [];
    await upload(never, (progress) => seen.push(progress));
    expect(objects.most).toBeGreaterThan(1);
    expect(objects.most).toBeLessThanOrEqual(16);
    expect(seen.at(-1)).toEqual({ files: 50, ofFiles: 50, bytes: 50, ofBytes: 50 });
  });

  test('says after a failure how far it got, and goes on from there', async () => {
    for (const name of ['a', 'b', 'c']) await write(name, name);
    objects.failOn = 'b';
    await expect(upload()).rejects.toThrow(/Only \d of 3 files reached s3:\/\/b\/p\/data\/: disk full\./);
    const arrived = objects.stored.size;
    objects.failOn = undefined;
    await upload();
    expect(objects.sent.length).toBe(3 - arrived);
    expect(objects.stored.size).toBe(3);
  });

  test('ends when it is cancelled, with nothing under way any more', async () => {
    for (let index = 0; index < 40; index++) await write(`${index}`, 'x');
    const cancel = new AbortController();
    const uploading = upload(cancel.signal, () => cancel.abort());
    await expect(uploading).rejects.toMatchObject({ name: 'AbortError' });
    const arrived = objects.stored.size;
    expect([objects.underWay, arrived < 40]).toEqual([0, true]);
  });

  test('takes a damaged manifest for none', async () => {
    await writeFile(path.join(folder, 'manifest.json'), '{"a": {"size"');
    await write('a', 'one');
    await upload();
    expect(objects.sent).toEqual(['p/data/a']);
  });
});

test('an ETag is the MD5 of the bytes, and for parts the MD5 of their MD5s', async () => {
  const md5 = (bytes: Buffer) => createHash('md5').update(bytes).digest();
  const large = Buffer.alloc(smallObject * 2 + 5, 'x');
  await write('large', large);
  await write('edge', large.subarray(0, smallObject));
  await write('empty', '');
  const etag = async (name: string) => {
    const file = path.join(folder, 'data', name);
    return etagOf(file, (await stat(file)).size);
  };
  const parts = [0, 1, 2].map((index) => md5(large.subarray(index * smallObject, (index + 1) * smallObject)));
  expect(await etag('large')).toBe(`${md5(Buffer.concat(parts)).toString('hex')}-3`);
  expect(await etag('edge')).toBe(md5(large.subarray(0, smallObject)).toString('hex'));
  expect(await etag('empty')).toBe('d41d8cd98f00b204e9800998ecf8427e');
});
