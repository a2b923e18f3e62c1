import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  type CompletedPart,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  type CreateMultipartUploadCommandInput,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
  type UploadPartCommandInput,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { S3Server } from '../support/s3Server.js';

const Bucket = 'multipart';
const mebibyte = 1024 * 1024;
let server: S3Server;
let s3: S3Client;

beforeAll(async () => {
  server = await S3Server.start();
  s3 = server.client();
  await s3.send(new CreateBucketCommand({ Bucket }));
});
afterAll(() => server.close());
afterEach(() => {
  expect(server.faults).toEqual([]);
});

const create = async (Key: string, more: Partial<CreateMultipartUploadCommandInput> = {}) =>
  (await s3.send(new CreateMultipartUploadCommand({ Bucket, Key, ...more }))).UploadId!;
const upload = (
  Key: string,
  UploadId: string,
  PartNumber: number,
  Body: Uint8Array,
  more: Partial<UploadPartCommandInput> = {},
) => s3.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body, ...more }));
const complete = (Key: string, UploadId: string, Parts: CompletedPart[], more: object = {}) =>
  s3.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts }, ...more }));
const bytesOf = async (Key: string, more: object = {}) => {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key, ...more }));
  return Buffer.from(await Body!.transformToByteArray());
};
const md5 = (data: Uint8Array) => createHash('md5').update(data).digest();

describe('a multipart upload', () => {
  test("by the SDK's own uploader comes back as it was sent", async () => {
    const bytes = randomBytes(12 * mebibyte + 7);
    const params = { Bucket, Key: 'big', Body: Readable.from([bytes]), ContentType: 'x/y', Metadata: { a: 'b' } };
    const done = await new Upload({ client: s3, params, partSize: 5 * mebibyte }).done();
    expect(md5(await bytesOf('big'))).toEqual(md5(bytes));
    const parts = [0, 5, 10].map((start) => md5(bytes.subarray(start * mebibyte, (start + 5) * mebibyte)));
    expect(done.ETag).toBe(`"${md5(Buffer.concat(parts)).toString('hex')}-3"`);
    const head = await s3.send(new HeadObjectCommand({ Bucket, Key: 'big', ChecksumMode: 'ENABLED' }));
    expect(head).toMatchObject({ ContentType: 'x/y', Metadata: { a: 'b' }, ContentLength: bytes.length });
    expect(head.ChecksumCRC32).toMatch(/-3$/);
    expect(head.ChecksumType).toBe('COMPOSITE');

    const across = await bytesOf('big', { Range: `bytes=${5 * mebibyte - 3}-${5 * mebibyte + 2}` });
    expect(across).toEqual(bytes.subarray(5 * mebibyte - 3, 5 * mebibyte + 3));
    const second = await s3.send(new HeadObjectCommand({ Bucket, Key: 'big', PartNumber: 2 }));
    expect(second).toMatchObject({ PartsCount: 3, ContentLength: 5 * mebibyte, $metadata: { httpStatusCode: 206 } });
  });

  test('takes parts in any order, and a part again', async () => {
    const id = await create('parts');
    const [first, last] = [randomBytes(5 * mebibyte), Buffer.from('end')];
    const three = await upload('parts', id, 3, last);
    await upload('parts', id, 1, Buffer.from('a first try'));
    const one = await upload('parts', id, 1, first);
    const listed = await s3.send(new ListPartsCommand({ Bucket, Key: 'parts', UploadId: id, MaxParts: 1 }));
    expect(listed).toMatchObject({ IsTruncated: true, NextPartNumberMarker: '1', Parts: [{ Size: 5 * mebibyte }] });
    await complete('parts', id, [
      { PartNumber: 1, ETag: one.ETag },
      { PartNumber: 3, ETag: three.ETag },
    ]);
    expect(md5(await bytesOf('parts'))).toEqual(md5(Buffer.concat([first, last])));
    await expect(complete('parts', id, [{ PartNumber: 1, ETag: one.ETag }])).rejects.toMatchObject({
      name: 'NoSuchUpload',
    });
  });

  test('is not completed with parts that are wrong, missing, out of order or too small', async () => {
    const id = await create('wrong');
    const one = { PartNumber: 1, ETag: (await upload('wrong', id, 1, Buffer.from('small'))).ETag };
    const two = { PartNumber: 2, ETag: (await upload('wrong', id, 2, Buffer.from('small too'))).ETag };
    const refused = async (...parts: CompletedPart[]) =>
      complete('wrong', id, parts).then(
        () => 'completed',
        (error: Error) => error.name,
      );
    expect(await refused()).toBe('MalformedXML');
    expect(await refused({ PartNumber: 1, ETag: '"other"' })).toBe('InvalidPart');
    expect(await refused(one, { PartNumber: 3, ETag: two.ETag })).toBe('InvalidPart');
    expect(await refused(two, one)).toBe('InvalidPartOrder');
    expect(await refused(one, two)).toBe('EntityTooSmall');
    expect(await refused(two)).toBe('completed');
    await expect(upload('wrong', id, 1, Buffer.from('late'))).rejects.toMatchObject({ name: 'NoSuchUpload' });
  });

  test('that is aborted leaves no file behind', async () => {
    const files = server.files();
    const id = await create('aborted');
    await upload('aborted', id, 1, Buffer.alloc(100));
    expect(server.files().length).toBe(files.length + 1);
    await s3.send(new AbortMultipartUploadCommand({ Bucket, Key: 'aborted', UploadId: id }));
    expect(server.files()).toEqual(files);
    await expect(
      s3.send(new AbortMultipartUploadCommand({ Bucket, Key: 'aborted', UploadId: id })),
    ).rejects.toMatchObject({ name: 'NoSuchUpload' });
  });

  test('does not take the place of an object that it must not replace', async () => {
    await s3.send(new PutObjectCommand({ Bucket, Key: 'taken', Body: 'first' }));
    const id = await create('taken');
    const part = { PartNumber: 1, ETag: (await upload('taken', id, 1, Buffer.from('second'))).ETag };
    await expect(complete('taken', id, [part], { IfNoneMatch: '*' })).rejects.toMatchObject({
      name: 'PreconditionFailed',
    });
    expect((await bytesOf('taken')).toString()).toBe('first');
    await s3.send(new AbortMultipartUploadCommand({ Bucket, Key: 'taken', UploadId: id }));
  });

  test('copies its parts from other objects', async () => {
    const source = randomBytes(6 * mebibyte);
    await s3.send(new PutObjectCommand({ Bucket, Key: 'source', Body: source }));
    const id = await create('assembled');
    const copy = async (PartNumber: number, CopySourceRange?: string) => {
      const from = { CopySource: `${Bucket}/source`, ...(CopySourceRange !== undefined && { CopySourceRange }) };
      const command = new UploadPartCopyCommand({ Bucket, Key: 'assembled', UploadId: id, PartNumber, ...from });
      return { PartNumber, ETag: (await s3.send(command)).CopyPartResult?.ETag };
    };
    const parts = [await copy(1), await copy(2, 'bytes=10-19')];
    await expect(copy(3, 'bytes=10-')).rejects.toMatchObject({ name: 'InvalidArgument' });
    await complete('assembled', id, parts);
    const assembled = md5(Buffer.concat([source, source.subarray(10, 20)]));
    expect(md5(await bytesOf('assembled'))).toEqual(assembled);

    await s3.send(new CopyObjectCommand({ Bucket, Key: 'whole', CopySource: `${Bucket}/assembled` }));
    const { ETag } = await s3.send(new HeadObjectCommand({ Bucket, Key: 'whole' }));
    expect(ETag).toBe(`"${assembled.toString('hex')}"`);
  });

  test('is listed until it ends, in the order of keys and of its start', async () => {
    const ids = [await create('l/b'), await create('l/a'), await create('l/a'), await create('l/c/d')];
    const list = (more: object) => s3.send(new ListMultipartUploadsCommand({ Bucket, Prefix: 'l/', ...more }));
    const found = await list({ Delimiter: '/' });
    expect(found.Uploads?.map(({ Key }) => Key)).toEqual(['l/a', 'l/a', 'l/b']);
    expect(found.CommonPrefixes).toEqual([{ Prefix: 'l/c/' }]);
    const first = await list({ MaxUploads: 1 });
    const { NextKeyMarker: KeyMarker, NextUploadIdMarker: UploadIdMarker } = first;
    const second = await list({ MaxUploads: 1, KeyMarker, UploadIdMarker });
    expect([first, second].map(({ Uploads }) => Uploads?.[0]?.UploadId)).toEqual(
      found.Uploads?.slice(0, 2).map(({ UploadId }) => UploadId),
    );
    for (const [n, UploadId] of ids.entries()) {
      const Key = ['l/b', 'l/a', 'l/a', 'l/c/d'][n]!;
      await s3.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
    }
    expect((await list({})).Uploads).toBeUndefined();
  });
});

describe("a multipart upload's checksum", () => {
  test('of the whole object is computed, and compared with what the client says', async () => {
    const [one, two] = [randomBytes(5 * mebibyte), randomBytes(100)];
    const whole = await s3.send(
      new PutObjectCommand({
        ...{ Bucket, Key: 'reference', Body: Buffer.concat([one, two]), ChecksumAlgorithm: 'CRC64NVME' },
      }),
    );
    const settings = { ChecksumAlgorithm: 'CRC64NVME', ChecksumType: 'FULL_OBJECT' } as const;
    const id = await create('full', settings);
    const parts = [
      { PartNumber: 1, ETag: (await upload('full', id, 1, one, { ChecksumAlgorithm: 'CRC64NVME' })).ETag },
      { PartNumber: 2, ETag: (await upload('full', id, 2, two, { ChecksumAlgorithm: 'CRC64NVME' })).ETag },
    ];
    const wrong = Buffer.alloc(8).toString('base64');
    await expect(complete('full', id, parts, { ChecksumCRC64NVME: wrong })).rejects.toMatchObject({
      name: 'BadDigest',
    });
    const done = await complete('full', id, parts, { ChecksumCRC64NVME: whole.ChecksumCRC64NVME });
    expect(done).toMatchObject({ ChecksumCRC64NVME: whole.ChecksumCRC64NVME, ChecksumType: 'FULL_OBJECT' });
    expect(md5(await bytesOf('full', { ChecksumMode: 'ENABLED' }))).toEqual(md5(Buffer.concat([one, two])));
  });

  test('of its parts needs those of the parts', async () => {
    const id = await create('composite', { ChecksumAlgorithm: 'SHA256' });
    const body = Buffer.from('part');
    await expect(upload('composite', id, 1, body, { ChecksumAlgorithm: 'CRC32' })).rejects.toMatchObject({
      message: 'Checksum Type mismatch occurred, expected checksum Type: sha256, actual checksum Type: crc32',
    });
    const { ETag, ChecksumSHA256 } = await upload('composite', id, 1, body, { ChecksumAlgorithm: 'SHA256' });
    await expect(complete('composite', id, [{ PartNumber: 1, ETag }])).rejects.toMatchObject({
      message: expect.stringContaining('It was missing for part 1 in the request.') as string,
    });
    const done = await complete('composite', id, [{ PartNumber: 1, ETag, ChecksumSHA256 }]);
    const expected = createHash('sha256').update(Buffer.from(ChecksumSHA256!, 'base64')).digest('base64');
    expect(done).toMatchObject({ ChecksumSHA256: `${expected}-1`, ChecksumType: 'COMPOSITE' });
  });
});
