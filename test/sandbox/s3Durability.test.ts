import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import {
  CreateBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ObjectFiles } from '../../src/sandbox/store/objectFiles.js';
import { Store } from '../../src/sandbox/store/store.js';

const repository = path.resolve(import.meta.dirname, '..', '..');
const folder = mkdtempSync(path.join(tmpdir(), 'sandbox-s3-'));

/** A process that puts objects without end and says which of them were acknowledged. */
const putting = `
  import { ObjectFiles } from '${repository}/src/sandbox/store/objectFiles.js';
  import { Store } from '${repository}/src/sandbox/store/store.js';
  const folder = process.argv[2];
  const objects = new ObjectFiles(new Store(folder + '/state.db'), folder + '/objects');
  objects.buckets.put('b', { name: 'b', created: new Date(), versioning: undefined, tags: [] });
  async function put(writer) {
    for (let n = 0; ; n++) {
      // Some are replaced again and again; some are larger than one write.
      const key = n % 3 === 0 ? writer + '/replaced' : writer + '/' + n;
      const body = Buffer.alloc(n % 10 === 0 ? 1_500_000 : 1 + n * 10, writer + ':' + n + ';');
      const { etag } = await objects.put('b', key, body);
      process.stdout.write(JSON.stringify({ key, n, etag }) + '\\n');
    }
  }
  for (const writer of ['x', 'y', 'z']) void put(writer);
`;

/** A process that serves S3 and says where, until its standard input ends. */
const serving = `
  import { S3Server } from '${repository}/test/support/s3Server.js';
  void S3Server.start('us-east-1', process.argv[2]).then((server) => {
    process.stdout.write(JSON.stringify({ endpoint: server.endpoint, keys: server.identities.rootKey }) + '\\n');
    process.stdin.resume().once('end', () => process.exit(0));
  });
`;

/** Bundles a program, so that a process of its own can run it. */
async function bundle(name: string, contents: string): Promise<string> {
  const outfile = path.join(folder, name);
  await build({
    stdin: { contents, resolveDir: repository, loader: 'ts' },
    ...{ bundle: true, platform: 'node', format: 'cjs', outfile, logLevel: 'error' },
  });
  return outfile;
}
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function open(dataDir: string): { objects: ObjectFiles; store: Store } {
  const store = new Store(path.join(dataDir, 'state.db'));
  return { store, objects: new ObjectFiles(store, path.join(dataDir, 'objects')) };
}

function newDataDir(name: string): string {
  const dataDir = path.join(folder, name);
  mkdirSync(dataDir);
  return dataDir;
}

/** What was acknowledged until the process was killed, the newest of each key. */
async function killedAfter(child: ChildProcess, acknowledgements: number) {
  const acknowledged = new Map<string, { n: number; etag: string }>();
  let seen = 0;
  for await (const line of createInterface({ input: child.stdout! })) {
    // The last line may have been cut off by the kill.
    if (!line.endsWith('}')) continue;
    const { key, n, etag } = JSON.parse(line) as { key: string; n: number; etag: string };
    acknowledged.set(key, { n, etag });
    if (++seen === acknowledgements) child.kill('SIGKILL');
  }
  return acknowledged;
}

describe('after a kill -9', () => {
  let program: string;
  beforeAll(async () => {
    program = await bundle('putting.cjs', putting);
  });

  test.each([5, 60, 200])('at %i acknowledgements, each object that was acknowledged is there', async (count) => {
    const dataDir = newDataDir(`killed-${count}`);
    const child = spawn(process.execPath, [program, dataDir], { stdio: ['ignore', 'pipe', 'inherit'] });
    const exited = once(child, 'exit');
    const acknowledged = await killedAfter(child, count);
    expect(await exited).toEqual([null, 'SIGKILL']);
    expect(acknowledged.size).toBeGreaterThan(0);

    const { objects, store } = open(dataDir);
    for (const [key, { n, etag }] of acknowledged) {
      const found = objects.get('b', key)!;
      const body = readFileSync(found.file);
      // A key that is replaced again and again may have been replaced once more before the news of it was out.
      if (!key.endsWith('/replaced')) expect(found.etag, key).toBe(etag);
      expect(found.etag).toBe(`"${createHash('md5').update(body).digest('hex')}"`);
      const written = Number(/:(\d+)/.exec(body.toString('latin1', 0, 20))?.[1] ?? 0);
      expect(written, key).toBeGreaterThanOrEqual(n);
    }
    const listed = [...objects.list('b', '')];
    expect(listed.map(({ file }) => path.basename(file)).toSorted()).toEqual(
      readdirSync(path.join(dataDir, 'objects')).toSorted(),
    );
    store.close();
  });

  test('what was half-written is swept away, and parts of uploads under way are kept', async () => {
    const dataDir = newDataDir('swept');
    const first = open(dataDir);
    first.objects.buckets.put('b', { name: 'b', created: new Date(), versioning: undefined, tags: [] });
    await first.objects.put('b', 'k', Buffer.from('kept'));
    const details = { headers: {}, metadata: {}, tags: [] };
    const { id } = first.objects.uploads.create('b', 'big', { details }, new Date());
    const part = await first.objects.bodies.write(bytesOf('part'));
    const known = { number: 1, etag: '""', modified: new Date(), checksum: undefined };
    await first.objects.commit(() => ({ freed: first.objects.uploads.putPart(id, { ...known, ...part }) }));
    writeFileSync(path.join(dataDir, 'objects', 'half-written'), 'x');
    first.store.close();

    const { objects, store } = open(dataDir);
    expect(readdirSync(path.join(dataDir, 'objects'))).toHaveLength(2);
    expect(readFileSync(objects.get('b', 'k')!.file, 'utf8')).toBe('kept');
    expect(objects.uploads.parts(id)).toMatchObject([{ number: 1, size: 4 }]);
    store.close();
  });
});

describe('on a disk that is full', () => {
  let s3: S3Client;
  let child: ChildProcess;
  let dataDir: string;

  beforeAll(async () => {
    const program = await bundle('serving.cjs', serving);
    dataDir = newDataDir('full');
    // A file system of 8 MB that only this process sees.
    const script = 'mount -t tmpfs -o size=8m tmpfs "$1" && exec "$2" "$3" "$1"';
    const own = ['--user', '--map-root-user', '--mount', 'sh', '-c', script, 'sh', dataDir, process.execPath, program];
    child = spawn('unshare', own, { stdio: ['pipe', 'pipe', 'inherit'] });
    const [line] = (await once(createInterface({ input: child.stdout! }), 'line')) as [string];
    const { endpoint, keys } = JSON.parse(line) as {
      endpoint: string;
      keys: { accessKeyId: string; secretAccessKey: string };
    };
    s3 = new S3Client({ endpoint, region: 'us-east-1', credentials: { ...keys }, maxAttempts: 1 });
    await s3.send(new CreateBucketCommand({ Bucket: 'small' }));
  });
  afterAll(async () => {
    s3.destroy();
    const exited = once(child, 'exit');
    child.stdin!.end();
    await exited;
  });

  const mebibytes = (count: number) => Buffer.alloc(count * 1024 * 1024, 'x');
  const put = (Key: string, Body: Buffer) => s3.send(new PutObjectCommand({ Bucket: 'small', Key, Body }));
  const keys = async () =>
    (await s3.send(new ListObjectsV2Command({ Bucket: 'small' }))).Contents?.map(({ Key }) => Key) ?? [];

  test('an upload is refused in words, leaves nothing, and hinders nothing that fits', async () => {
    await put('first', mebibytes(3));
    const full = { name: 'InsufficientStorage', $metadata: { httpStatusCode: 507 } };
    await expect(put('second', mebibytes(6))).rejects.toMatchObject(full);
    await expect(put('first', mebibytes(6))).rejects.toMatchObject(full);
    const upload = new Upload({ client: s3, params: { Bucket: 'small', Key: 'parts', Body: mebibytes(6) } });
    await expect(upload.done()).rejects.toMatchObject(full);
    await put('third', mebibytes(3));
    expect(await keys()).toEqual(['first', 'third']);
    const { ContentLength } = await s3.send(new HeadObjectCommand({ Bucket: 'small', Key: 'first' }));
    expect(ContentLength).toBe(3 * 1024 * 1024);
  });
});

async function* bytesOf(text: string) {
  yield Buffer.from(text);
}
