import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, statSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import {
  CopyObjectCommand,
  CreateBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  DeleteObjectTaggingCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  NoSuchKey,
  PutObjectCommand,
  PutObjectTaggingCommand,
  type ChecksumAlgorithm,
  type PutObjectCommandInput,
  type S3Client,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { S3Server } from '../support/s3Server.js';
import { sign } from '../support/signedRequest.js';

const Bucket = 'objects';
let server: S3Server;
let s3: S3Client;

beforeAll(async () => {
  server = await S3Server.start();
  s3 = server.client();
  await s3.send(new CreateBucketCommand({ Bucket }));
});
afterAll(async () => {
  await server.close();
  expect(server.faults).toEqual([]);
});

const put = (Key: string, Body: PutObjectCommandInput['Body'] = Key, more: Partial<PutObjectCommandInput> = {}) =>
  s3.send(new PutObjectCommand({ Bucket, Key, Body, ...more }));
const get = (Key: string, more: object = {}) => s3.send(new GetObjectCommand({ Bucket, Key, ...more }));
const head = (Key: string, more: object = {}) => s3.send(new HeadObjectCommand({ Bucket, Key, ...more }));
const text = async (Key: string, more: object = {}) => (await get(Key, more)).Body!.transformToString();
const md5 = (data: Uint8Array) => createHash('md5').update(data).digest('hex');

const crc32Base64 = (data: Uint8Array) =>
  Buffer.from(crc32(data).toString(16).padStart(8, '0'), 'hex').toString('base64');

describe('an object', () => {
  test('comes back with its bytes, its type and its metadata', async () => {
    await put('plain', 'hello', {
      ContentType: 'text/plain',
      CacheControl: 'no-cache',
      ContentDisposition: 'attachment; filename="a"',
      ContentLanguage: 'de',
      ContentEncoding: 'identity',
      Metadata: { foo: 'bar', two: 'a, b' },
    });
    const found = await get('plain');
    expect(await found.Body!.transformToString()).toBe('hello');
    expect(found).toMatchObject({
      ContentType: 'text/plain',
      CacheControl: 'no-cache',
      ContentDisposition: 'attachment; filename="a"',
      ContentLanguage: 'de',
      ContentEncoding: 'identity',
      Metadata: { foo: 'bar', two: 'a, b' },
      ETag: `"${md5(Buffer.from('hello'))}"`,
      ContentLength: 5,
    });
    expect((await head('plain')).ContentLength).toBe(5);
  });

  test('streams in and out without its framing, however large', async () => {
    const bytes = randomBytes(5_000_001);
    await put('stream', Readable.from([bytes.subarray(0, 100_000), bytes.subarray(100_000)]), {
      ContentLength: bytes.length,
      ContentEncoding: 'gzip',
    });
    const found = await get('stream');
    expect(md5(await found.Body!.transformToByteArray())).toBe(md5(bytes));
    expect(found.ContentEncoding).toBe('gzip');
  });

  test.each(['', 'x'])('may be empty or tiny: %o', async (body) => {
    await put('tiny', body);
    expect(await text('tiny')).toBe(body);
    expect((await head('tiny')).ContentLength).toBe(body.length);
  });

  test.each(['a b/c+d=é&x.txt', 'dir/sub/ü%20.bin', "q'(1)!*~.txt", 'a//b', 'x/../y', '/lead', 'trail/', '\u{1f600}'])(
    'may have the key %s',
    async (key) => {
      await put(key);
      expect(await text(key)).toBe(key);
    },
  );

  test('may be named like a folder of another one', async () => {
    await put('n', '1');
    await put('n/m', '2');
    expect([await text('n'), await text('n/m')]).toEqual(['1', '2']);
  });

  test('that is not there is NoSuchKey to GET and NotFound to HEAD', async () => {
    await expect(get('none')).rejects.toBeInstanceOf(NoSuchKey);
    await expect(get('none')).rejects.toMatchObject({ Key: 'none', message: 'The specified key does not exist.' });
    await expect(head('none')).rejects.toMatchObject({ name: 'NotFound' });
    await expect(s3.send(new GetObjectCommand({ Bucket: 'no-such', Key: 'k' }))).rejects.toMatchObject({
      name: 'NoSuchBucket',
      BucketName: 'no-such',
    });
  });

  test('is one read-only file, which goes when the object is replaced or deleted', async () => {
    const before = server.files().length;
    await put('file', 'one');
    await put('file', 'two');
    expect(server.files().length).toBe(before + 1);
    const stored = server.objects.get(Bucket, 'file')!;
    expect(statSync(stored.file).mode & 0o777).toBe(0o444);
    await s3.send(new DeleteObjectCommand({ Bucket, Key: 'file' }));
    await s3.send(new DeleteObjectCommand({ Bucket, Key: 'file' }));
    expect(server.files().length).toBe(before);
  });

  test('is seen by engines as it was put by clients, and the other way round', async () => {
    const { etag } = await server.objects.put(Bucket, 'engine/model.tar.gz', Readable.from([Buffer.from('model')]));
    expect(await text('engine/model.tar.gz')).toBe('model');
    expect((await head('engine/model.tar.gz')).ETag).toBe(etag);
    await put('engine/a');
    const listed = [...server.objects.list(Bucket, 'engine/')];
    expect(listed.map(({ key }) => key)).toEqual(['engine/a', 'engine/model.tar.gz']);
    const target = path.join(server.dataDir, 'linked');
    await server.objects.materialise(listed[1]!, target);
    expect(statSync(target).ino).toBe(statSync(listed[1]!.file).ino);
    await expect(server.objects.put('no-such', 'k', Buffer.from(''))).rejects.toMatchObject({ code: 'NoSuchBucket' });
  });
});

describe('what a client says of a body is checked', () => {
  test.each(['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] satisfies ChecksumAlgorithm[])(
    '%s',
    async (algorithm) => {
      const name = `Checksum${algorithm}` as const;
      const written = await put('sum', 'x', { ChecksumAlgorithm: algorithm });
      const read = await get('sum', { ChecksumMode: 'ENABLED' });
      expect(written[name]).toEqual(expect.any(String));
      expect(read[name]).toBe(written[name]);
      expect(read.ChecksumType).toBe('FULL_OBJECT');

      const { [name]: _, ...others } = { ...written };
      expect(others).not.toHaveProperty(name);
      const wrong = Buffer.alloc(Buffer.from(written[name]!, 'base64').length).toString('base64');
      await expect(put('wrong', 'x', { [name]: wrong })).rejects.toMatchObject({
        name: 'BadDigest',
        message: `The ${algorithm} you specified did not match the calculated checksum.`,
      });
      await expect(put('wrong', 'x', { [name]: 'AAAA' })).rejects.toMatchObject({ name: 'InvalidRequest' });
      await expect(get('wrong')).rejects.toBeInstanceOf(NoSuchKey);
    },
  );

  test('Content-MD5, and nothing is left of a body that was refused', async () => {
    const files = server.files();
    const wrong = Buffer.alloc(16).toString('base64');
    await expect(put('wrong', 'x', { ContentMD5: wrong })).rejects.toMatchObject({ name: 'BadDigest' });
    await expect(put('wrong', 'x', { ContentMD5: 'short' })).rejects.toMatchObject({ name: 'InvalidDigest' });
    expect(server.files()).toEqual(files);
  });

  test('the SHA-256 in the signature', async () => {
    const headers = { 'x-amz-content-sha256': createHash('sha256').update('other').digest('hex') };
    const answer = await server.send(`/${Bucket}/wrong`, { method: 'PUT', body: 'x', headers });
    expect(answer).toMatchObject({ status: 400, text: expect.stringContaining('XAmzContentSHA256Mismatch') as string });
  });

  test('that one checksum is sent, of the algorithm that is named', async () => {
    const hash = createHash('sha256').update('x').digest('hex');
    const send = (headers: Record<string, string>) =>
      server.send(`/${Bucket}/wrong`, {
        method: 'PUT',
        body: 'x',
        headers: { 'x-amz-content-sha256': hash, ...headers },
      });
    const crc32 = { 'x-amz-checksum-crc32': 'jNwFgw==' };
    const messages = [
      await send({ ...crc32, 'x-amz-checksum-sha1': 'EfatjsUqKYSrqv18O1Fl0hcfGzI=' }),
      await send({ 'x-amz-sdk-checksum-algorithm': 'CRC32' }),
      await send({ ...crc32, 'x-amz-sdk-checksum-algorithm': 'SHA1' }),
    ].map((answer) => `${answer.status} ${/<Message>(.*)<\/Message>/.exec(answer.text)?.[1]}`);
    expect(messages).toEqual([
      '400 Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.',
      '400 x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.',
      '400 Value for x-amz-sdk-checksum-algorithm header is invalid.',
    ]);
    expect((await send({ 'x-amz-checksum-xxhash64': 'AAAAAAAAAAA=' })).status).toBe(501);
  });
});

describe('reading', () => {
  const bytes = Buffer.from('0123456789');
  beforeAll(() => put('digits', bytes));

  test.each([
    ['bytes=2-4', '234', 'bytes 2-4/10'],
    ['bytes=7-', '789', 'bytes 7-9/10'],
    ['bytes=-3', '789', 'bytes 7-9/10'],
    ['bytes=0-99', '0123456789', 'bytes 0-9/10'],
  ])('%s', async (Range, expected, ContentRange) => {
    const found = await get('digits', { Range });
    expect(await found.Body!.transformToString()).toBe(expected);
    expect(found).toMatchObject({ ContentRange, $metadata: { httpStatusCode: 206 } });
  });

  test('a range that is not there is InvalidRange', async () => {
    await expect(get('digits', { Range: 'bytes=10-' })).rejects.toMatchObject({
      name: 'InvalidRange',
      $metadata: { httpStatusCode: 416 },
    });
    await put('empty', '');
    await expect(get('empty', { Range: 'bytes=0-' })).rejects.toMatchObject({ name: 'InvalidRange' });
  });

  test('under conditions', async () => {
    const { ETag, LastModified } = await head('digits');
    const status = (conditions: object) =>
      get('digits', conditions).then(
        (found) => found.$metadata.httpStatusCode,
        (error: { $metadata: { httpStatusCode: number } }) => error.$metadata.httpStatusCode,
      );
    expect(await status({ IfMatch: ETag })).toBe(200);
    expect(await status({ IfMatch: '"other"' })).toBe(412);
    expect(await status({ IfNoneMatch: ETag })).toBe(304);
    expect(await status({ IfModifiedSince: LastModified })).toBe(304);
    expect(await status({ IfUnmodifiedSince: new Date(0) })).toBe(412);
  });

  test('with the headers that the reader wishes', async () => {
    const found = await get('digits', {
      ResponseContentType: 'application/x-digits',
      ResponseContentDisposition: 'inline',
      ResponseCacheControl: 'max-age=1',
    });
    expect(found).toMatchObject({
      ContentType: 'application/x-digits',
      ContentDisposition: 'inline',
      CacheControl: 'max-age=1',
    });
  });

  test('attributes alone', async () => {
    const ObjectAttributes = ['ETag', 'Checksum', 'ObjectSize', 'StorageClass'] as const;
    const command = new GetObjectAttributesCommand({ Bucket, Key: 'digits', ObjectAttributes: [...ObjectAttributes] });
    expect(await s3.send(command)).toMatchObject({
      ETag: md5(bytes),
      Checksum: { ChecksumCRC32: crc32Base64(bytes), ChecksumType: 'FULL_OBJECT' },
      ObjectSize: 10,
      StorageClass: 'STANDARD',
    });
  });
});

describe('writing', () => {
  test('under conditions', async () => {
    const { ETag } = await put('once', '1', { IfNoneMatch: '*' });
    await expect(put('once', '2', { IfNoneMatch: '*' })).rejects.toMatchObject({ name: 'PreconditionFailed' });
    await expect(put('once', '2', { IfMatch: '"other"' })).rejects.toMatchObject({ name: 'PreconditionFailed' });
    await put('once', '2', { IfMatch: ETag });
    expect(await text('once')).toBe('2');
  });

  test('of one key by many at once lets exactly one be the first', async () => {
    const bodies = Array.from({ length: 12 }, (_, n) => `writer ${n}`);
    const results = await Promise.allSettled(bodies.map((body) => put('race', body, { IfNoneMatch: '*' })));
    const winners = bodies.filter((_, n) => results[n]?.status === 'fulfilled');
    expect(winners).toEqual([await text('race')]);
  });

  test('settings that have no effect here are told back or refused, never dropped', async () => {
    const encrypted = { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: 'key', StorageClass: 'STANDARD_IA' } as const;
    expect(await put('settings', 'x', encrypted)).toMatchObject({
      ServerSideEncryption: 'aws:kms',
      SSEKMSKeyId: 'key',
    });
    expect(await head('settings')).toMatchObject(encrypted);
    await expect(put('settings', 'x', { StorageClass: 'GLACIER' })).rejects.toMatchObject({ name: 'NotImplemented' });
    await expect(put('settings', 'x', { ACL: 'public-read' })).rejects.toMatchObject({
      name: 'AccessControlListNotSupported',
    });
    await expect(put('settings', 'x', { WebsiteRedirectLocation: '/' })).rejects.toMatchObject({
      name: 'NotImplemented',
      Header: 'x-amz-website-redirect-location',
    });
  });

  test('of too much metadata or too long a key is refused', async () => {
    await expect(put('k', 'x', { Metadata: { a: 'x'.repeat(2048) } })).rejects.toMatchObject({
      name: 'MetadataTooLarge',
    });
    await expect(put('k'.repeat(1025))).rejects.toMatchObject({ name: 'KeyTooLongError' });
    await put('k'.repeat(1024));
  });

  test('by a client that waits for 100 Continue sends no body when the bucket is not there', async () => {
    const sent: number[] = [];
    const body = new Readable({
      read(size) {
        sent.push(size);
        this.push(Buffer.alloc(size));
      },
    });
    const lost = s3.send(new PutObjectCommand({ Bucket: 'no-such', Key: 'k', Body: body, ContentLength: 50_000_000 }));
    await expect(lost).rejects.toMatchObject({ name: 'NoSuchBucket' });
    body.destroy();
    expect(sent.reduce((sum, size) => sum + size, 0)).toBeLessThan(1_000_000);
  });

  test('that ends early leaves nothing, and the sandbox lives on', async () => {
    const files = server.files();
    const headers = { 'content-length': '6000000', 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' };
    const [url, init] = sign(server.identities.rootKey, {
      ...{ url: `${server.endpoint}/${Bucket}/broken`, service: 's3', method: 'PUT', headers },
    });
    const upload = http.request(url, { method: 'PUT', headers: init.headers as Record<string, string> });
    const broken = once(upload, 'error');
    upload.write(Buffer.alloc(3_000_000));
    await expect.poll(() => server.files().length).toBe(files.length + 1);
    upload.destroy(new Error('the client was unplugged'));
    await broken;
    await expect.poll(() => server.files()).toEqual(files);
    await expect(get('broken')).rejects.toBeInstanceOf(NoSuchKey);
  });
});

describe('a copy', () => {
  const copy = (Key: string, CopySource: string, more: object = {}) =>
    s3.send(new CopyObjectCommand({ Bucket, Key, CopySource, ...more }));

  test('has what its source has, or what is given instead', async () => {
    await put('source ü', 'body', { ContentType: 'text/x', Metadata: { a: '1' }, Tagging: 'k=v' });
    const { CopyObjectResult } = await copy('copy', `${Bucket}/source%20%C3%BC`);
    expect(CopyObjectResult).toMatchObject({ ETag: `"${md5(Buffer.from('body'))}"` });
    expect(await head('copy')).toMatchObject({ ContentType: 'text/x', Metadata: { a: '1' }, TagCount: 1 });
    await copy('copy2', `/${Bucket}/copy`, { MetadataDirective: 'REPLACE', Metadata: { b: '2' } });
    expect(await head('copy2')).toMatchObject({ Metadata: { b: '2' }, ContentType: 'binary/octet-stream' });
    await s3.send(new DeleteObjectCommand({ Bucket, Key: 'source ü' }));
    expect(await text('copy')).toBe('body');
  });

  test('onto itself needs a change', async () => {
    await put('self');
    await expect(copy('self', `${Bucket}/self`)).rejects.toMatchObject({ name: 'InvalidRequest' });
    await copy('self', `${Bucket}/self`, { MetadataDirective: 'REPLACE', Metadata: { c: '3' } });
    expect((await head('self')).Metadata).toEqual({ c: '3' });
  });

  test('is made under conditions on its source, which has to be there', async () => {
    const { ETag } = await put('conditional');
    const source = `${Bucket}/conditional`;
    const failed = { name: 'PreconditionFailed' };
    await expect(copy('c', source, { CopySourceIfNoneMatch: ETag })).rejects.toMatchObject(failed);
    await expect(copy('c', source, { CopySourceIfMatch: '"x"' })).rejects.toMatchObject(failed);
    await copy('c', source, { CopySourceIfMatch: ETag });
    await expect(copy('c', `${Bucket}/none`)).rejects.toMatchObject({ name: 'NoSuchKey', Key: 'none' });
    await expect(copy('c', 'nothing')).rejects.toMatchObject({ name: 'InvalidArgument' });
  });
});

describe('tags', () => {
  test('of an object are put, read and deleted', async () => {
    const of = { Bucket, Key: 'tagged' };
    await put('tagged', 'x', { Tagging: 'a=1&b=2%203' });
    const tags = async () => (await s3.send(new GetObjectTaggingCommand(of))).TagSet;
    expect(await tags()).toEqual([
      { Key: 'a', Value: '1' },
      { Key: 'b', Value: '2 3' },
    ]);
    await s3.send(new PutObjectTaggingCommand({ ...of, Tagging: { TagSet: [{ Key: 'k', Value: 'v' }] } }));
    expect(await tags()).toEqual([{ Key: 'k', Value: 'v' }]);
    await s3.send(new DeleteObjectTaggingCommand(of));
    expect(await tags()).toEqual([]);
    const tooMany = Array.from({ length: 11 }, (_, n) => ({ Key: `k${n}`, Value: '' }));
    await expect(s3.send(new PutObjectTaggingCommand({ ...of, Tagging: { TagSet: tooMany } }))).rejects.toMatchObject({
      name: 'InvalidTag',
    });
  });
});

describe('deleting many', () => {
  test('tells what went well, or only what did not', async () => {
    await Promise.all(['d1', 'd2', 'd3'].map((key) => put(key)));
    const remove = (keys: string[], Quiet: boolean) =>
      s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: keys.map((Key) => ({ Key })), Quiet } }));
    expect((await remove(['d1', 'never'], false)).Deleted).toEqual([{ Key: 'd1' }, { Key: 'never' }]);
    expect((await remove(['d2'], true)).Deleted).toBeUndefined();
    await expect(get('d2')).rejects.toBeInstanceOf(NoSuchKey);
    expect(await text('d3')).toBe('d3');
    const tooMany = Array.from({ length: 1001 }, (_, n) => `x${n}`);
    await expect(remove(tooMany, true)).rejects.toMatchObject({ name: 'MalformedXML' });
  });

  test('needs a checksum of the list', async () => {
    const body = '<Delete><Object><Key>d3</Key></Object></Delete>';
    const hash = createHash('sha256').update(body).digest('hex');
    const headers = { 'x-amz-content-sha256': hash };
    const answer = await server.send(`/${Bucket}?delete=`, { method: 'POST', body, headers });
    expect(answer).toMatchObject({ status: 400, text: expect.stringContaining('Missing required header') as string });
    expect(await text('d3')).toBe('d3');
  });
});

describe('a presigned URL', () => {
  test('lets anyone put and get, for the time that it is good', async () => {
    const target = await getSignedUrl(s3, new PutObjectCommand({ Bucket, Key: 'pre', Metadata: { m: '1' } }));
    expect((await fetch(target, { method: 'PUT', body: 'presigned!' })).status).toBe(200);
    const source = await getSignedUrl(s3, new GetObjectCommand({ Bucket, Key: 'pre', ResponseContentType: 'text/p' }));
    const found = await fetch(source);
    expect(await found.text()).toBe('presigned!');
    expect(found.headers.get('content-type')).toBe('text/p');
    expect(found.headers.get('x-amz-meta-m')).toBe('1');
    const forged = await fetch(source.replace(/X-Amz-Signature=..../, 'X-Amz-Signature=0000'));
    expect(forged.status).toBe(403);
  });
});

test('a file that is uploaded by the SDK is stored byte for byte', async () => {
  const file = path.join(server.dataDir, 'upload.bin');
  const bytes = randomBytes(300_000);
  writeFileSync(file, bytes);
  await put('upload', createReadStream(file), { ContentLength: bytes.length });
  expect(md5(await (await get('upload')).Body!.transformToByteArray())).toBe(md5(bytes));
});
