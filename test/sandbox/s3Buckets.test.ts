import { once } from 'node:events';
import http from 'node:http';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteBucketTaggingCommand,
  DeleteObjectCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketLocationCommand,
  GetBucketPolicyCommand,
  GetBucketTaggingCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  paginateListObjectsV2,
  PutBucketTaggingCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { account, S3Server } from '../support/s3Server.js';
import { sign } from '../support/signedRequest.js';

let server: S3Server;
let s3: S3Client;
let Bucket: string;
let made = 0;

beforeAll(async () => {
  server = await S3Server.start('eu-west-1');
  s3 = server.client();
});
afterAll(async () => {
  await server.close();
  expect(server.faults).toEqual([]);
});
beforeEach(async () => {
  Bucket = `bucket-${made++}`;
  await s3.send(new CreateBucketCommand({ Bucket }));
});

const put = (Key: string, Body = Key) => s3.send(new PutObjectCommand({ Bucket, Key, Body }));
const list = (more: object = {}) => s3.send(new ListObjectsV2Command({ Bucket, ...more }));

describe('a bucket', () => {
  test('is created, found, listed and deleted', async () => {
    expect(await s3.send(new HeadBucketCommand({ Bucket }))).toMatchObject({ BucketRegion: 'eu-west-1' });
    const { Buckets, Owner } = await s3.send(new ListBucketsCommand({ Prefix: Bucket }));
    expect(Buckets).toEqual([{ Name: Bucket, BucketRegion: 'eu-west-1', CreationDate: expect.any(Date) as Date }]);
    expect(Owner?.ID).toMatch(/^[0-9a-f]{64}$/);
    expect(await s3.send(new GetBucketLocationCommand({ Bucket }))).toMatchObject({ LocationConstraint: 'eu-west-1' });
    await s3.send(new DeleteBucketCommand({ Bucket }));
    await expect(s3.send(new HeadBucketCommand({ Bucket }))).rejects.toMatchObject({ name: 'NotFound' });
    await expect(s3.send(new DeleteBucketCommand({ Bucket }))).rejects.toMatchObject({ name: 'NoSuchBucket' });
  });

  test('is created once, but in us-east-1, where S3 lets it pass', async () => {
    const create = (client: S3Client) => client.send(new CreateBucketCommand({ Bucket }));
    await expect(create(s3)).rejects.toMatchObject({ name: 'BucketAlreadyOwnedByYou' });
    const east = await S3Server.start('us-east-1');
    await create(east.client());
    await create(east.client());
    const location = await east.client().send(new GetBucketLocationCommand({ Bucket }));
    expect(location.LocationConstraint).toBeUndefined();
    await east.close();
  });

  test('is created in the region of the sandbox or not at all', async () => {
    const create = (LocationConstraint: 'us-west-2') =>
      s3.send(new CreateBucketCommand({ Bucket: 'elsewhere', CreateBucketConfiguration: { LocationConstraint } }));
    await expect(create('us-west-2')).rejects.toMatchObject({ name: 'IllegalLocationConstraintException' });
    const bare = await server.send('/elsewhere', { method: 'PUT', headers: emptyBody });
    expect(bare).toMatchObject({ status: 400, text: expect.stringContaining('IllegalLocation') as string });
  });

  test('has a name by the rules', async () => {
    await expect(s3.send(new CreateBucketCommand({ Bucket: 'Not_A_Name' }))).rejects.toMatchObject({
      name: 'InvalidBucketName',
    });
  });

  test('is not deleted while something is in it', async () => {
    await put('k');
    await expect(s3.send(new DeleteBucketCommand({ Bucket }))).rejects.toMatchObject({ name: 'BucketNotEmpty' });
  });

  test('belongs to the account, whatever another one expects', async () => {
    await s3.send(new HeadBucketCommand({ Bucket, ExpectedBucketOwner: account }));
    await expect(list({ ExpectedBucketOwner: '999999999999' })).rejects.toMatchObject({ name: 'AccessDenied' });
  });

  test('has tags', async () => {
    const tags = new GetBucketTaggingCommand({ Bucket });
    await expect(s3.send(tags)).rejects.toMatchObject({ name: 'NoSuchTagSet' });
    const TagSet = [{ Key: 'team', Value: 'a + b = ü' }];
    await s3.send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet } }));
    expect((await s3.send(tags)).TagSet).toEqual(TagSet);
    await s3.send(new DeleteBucketTaggingCommand({ Bucket }));
    await expect(s3.send(tags)).rejects.toMatchObject({ name: 'NoSuchTagSet' });
  });

  test('says by name what the sandbox does not do', async () => {
    await expect(s3.send(new GetBucketPolicyCommand({ Bucket }))).rejects.toMatchObject({
      name: 'NotImplemented',
      message: 'The sandbox does not implement GetBucketPolicy of s3.',
    });
    await expect(s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket }))).rejects.toMatchObject({
      name: 'NotImplemented',
      message: expect.stringContaining('GetBucketLifecycleConfiguration') as string,
    });
  });

  test('is reached by its host name too', async () => {
    await put('by/host');
    const { hostname, port } = new URL(server.endpoint);
    const url = `http://${Bucket}.localhost:${port}/by/host`;
    const [, init] = sign(server.identities.rootKey, { url, service: 's3', method: 'GET', headers: emptyBody });
    const headers = { ...(init.headers as Record<string, string>), host: new URL(url).host };
    const request = http.get({ hostname, port, path: '/by/host', headers });
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    expect((await response.toArray()).join('')).toBe('by/host');
  });
});

describe('a list of objects', () => {
  const keys = ['a', 'a/b', 'a/c/d', 'a0', 'b c+ü&<', '\uffff', '\u{1f600}'];
  beforeEach(async () => {
    for (const key of keys.toReversed()) await put(key);
  });

  test('is in the order of UTF-8, with what is known of each', async () => {
    const { Contents, KeyCount, IsTruncated, Name } = await list();
    expect(Contents?.map(({ Key }) => Key)).toEqual(keys);
    expect({ KeyCount, IsTruncated, Name }).toEqual({ KeyCount: keys.length, IsTruncated: false, Name: Bucket });
    expect(Contents?.[0]).toMatchObject({
      ETag: '"0cc175b9c0f1b6a831c399e269772661"',
      Size: 1,
      StorageClass: 'STANDARD',
      ChecksumAlgorithm: ['CRC32'],
      LastModified: expect.any(Date) as Date,
    });
  });

  test('is rolled up at a delimiter', async () => {
    const { Contents, CommonPrefixes } = await list({ Prefix: 'a', Delimiter: '/' });
    expect(Contents?.map(({ Key }) => Key)).toEqual(['a', 'a0']);
    expect(CommonPrefixes).toEqual([{ Prefix: 'a/' }]);
  });

  test.each([1, 2, 3, 1000])('comes in pages of %i', async (pageSize) => {
    const found: (string | undefined)[] = [];
    for await (const page of paginateListObjectsV2({ client: s3, pageSize }, { Bucket })) {
      expect(page.Contents!.length).toBeLessThanOrEqual(pageSize);
      found.push(...page.Contents!.map(({ Key }) => Key));
    }
    expect(found).toEqual(keys);
  });

  test('begins after a key', async () => {
    const { Contents } = await list({ StartAfter: 'a/b', MaxKeys: 2 });
    expect(Contents?.map(({ Key }) => Key)).toEqual(['a/c/d', 'a0']);
  });

  test('is encoded for clients that ask for it', async () => {
    const { Contents, EncodingType } = await list({ Prefix: 'b', EncodingType: 'url' });
    expect({ Key: Contents?.[0]?.Key, EncodingType }).toEqual({ Key: 'b+c%2B%C3%BC%26%3C', EncodingType: 'url' });
  });

  test('of the first version goes on at its markers', async () => {
    const found: string[] = [];
    for (let Marker: string | undefined = ''; Marker !== undefined;) {
      const command: ListObjectsCommand = new ListObjectsCommand({ Bucket, Marker, MaxKeys: 2, Delimiter: '/' });
      const page = await s3.send(command);
      found.push(...(page.Contents ?? []).map(({ Key }) => Key!), ...(page.CommonPrefixes ?? []).map((p) => p.Prefix!));
      Marker = page.NextMarker;
    }
    expect(found.toSorted()).toEqual([...keys.filter((key) => !key.includes('/')), 'a/'].toSorted());
  });

  test('refuses what it cannot read', async () => {
    await expect(list({ ContinuationToken: '%%%' })).rejects.toMatchObject({ name: 'InvalidArgument' });
    await expect(list({ MaxKeys: -1 })).rejects.toMatchObject({ name: 'InvalidArgument', ArgumentName: 'max-keys' });
  });
});

describe('versions', () => {
  const setVersioning = (Status: 'Enabled' | 'Suspended') =>
    s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status } }));
  const text = async (VersionId?: string) =>
    (await s3.send(new GetObjectCommand({ Bucket, Key: 'k', VersionId }))).Body!.transformToString();
  const remove = (VersionId?: string) => s3.send(new DeleteObjectCommand({ Bucket, Key: 'k', VersionId }));

  test('are kept from when they are enabled, and the one from before stays as null', async () => {
    expect((await s3.send(new GetBucketVersioningCommand({ Bucket }))).Status).toBeUndefined();
    expect((await put('k', 'before')).VersionId).toBeUndefined();
    await setVersioning('Enabled');
    expect((await s3.send(new GetBucketVersioningCommand({ Bucket }))).Status).toBe('Enabled');
    const [one, two] = [await put('k', 'one'), await put('k', 'two')];
    expect(await Promise.all([text(), text(one.VersionId), text('null')])).toEqual(['two', 'one', 'before']);

    const { Versions } = await s3.send(new ListObjectVersionsCommand({ Bucket }));
    expect(Versions?.map(({ VersionId, IsLatest }) => [VersionId, IsLatest])).toEqual([
      [two.VersionId, true],
      [one.VersionId, false],
      ['null', false],
    ]);
  });

  test('are hidden by a delete marker, and come back when it is deleted', async () => {
    await setVersioning('Enabled');
    const { VersionId } = await put('k', 'one');
    const marker = await remove();
    expect(marker.DeleteMarker).toBe(true);
    await expect(text()).rejects.toMatchObject({ name: 'NoSuchKey' });
    expect((await list()).Contents).toBeUndefined();
    expect(await text(VersionId)).toBe('one');
    await expect(text(marker.VersionId)).rejects.toMatchObject({ name: 'MethodNotAllowed' });
    await expect(s3.send(new DeleteBucketCommand({ Bucket }))).rejects.toMatchObject({ name: 'BucketNotEmpty' });
    await remove(marker.VersionId);
    expect(await text()).toBe('one');
  });

  test('that are deleted by id are gone, with their bytes', async () => {
    await setVersioning('Enabled');
    const files = server.files().length;
    const [one, two] = [await put('k', 'one'), await put('k', 'two')];
    await remove(two.VersionId);
    expect(await text()).toBe('one');
    await remove(one.VersionId);
    expect(server.files().length).toBe(files);
    await expect(text(one.VersionId)).rejects.toMatchObject({ name: 'NoSuchVersion' });
    await s3.send(new DeleteBucketCommand({ Bucket }));
  });

  test('are suspended: the null version is replaced, the others stay', async () => {
    await setVersioning('Enabled');
    const kept = await put('k', 'kept');
    await setVersioning('Suspended');
    expect((await put('k', 'null 1')).VersionId).toBe('null');
    await put('k', 'null 2');
    expect(await Promise.all([text(), text('null'), text(kept.VersionId)])).toEqual(['null 2', 'null 2', 'kept']);
    const { Versions } = await s3.send(new ListObjectVersionsCommand({ Bucket }));
    expect(Versions).toHaveLength(2);
  });

  test('are listed in pages that may end within a key', async () => {
    await setVersioning('Enabled');
    const expected: (string | undefined)[] = [];
    for (const key of ['a', 'b']) {
      const ids = [await put(key, '1'), await put(key, '2'), await put(key, '3')].map(({ VersionId }) => VersionId);
      expected.push(...ids.toReversed());
    }
    const found: (string | undefined)[] = [];
    let at: { KeyMarker?: string | undefined; VersionIdMarker?: string | undefined } = {};
    for (let more: boolean | undefined = true; more;) {
      const command: ListObjectVersionsCommand = new ListObjectVersionsCommand({ Bucket, MaxKeys: 2, ...at });
      const page = await s3.send(command);
      found.push(...page.Versions!.map(({ VersionId }) => VersionId));
      at = { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker };
      more = page.IsTruncated;
    }
    expect(found).toEqual(expected);
  });

  test('say which they are when they are only looked at', async () => {
    await setVersioning('Enabled');
    const { VersionId } = await put('k');
    expect((await s3.send(new HeadObjectCommand({ Bucket, Key: 'k' }))).VersionId).toBe(VersionId);
  });
});

const emptyBody = { 'x-amz-content-sha256': 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' };
