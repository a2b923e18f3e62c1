import {
  AbortMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { S3Server } from '../support/s3Server.js';

const Bucket = 'guarded';
let server: S3Server;
let roles = 0;

beforeAll(async () => {
  server = await S3Server.start();
  const root = server.client();
  await root.send(new CreateBucketCommand({ Bucket }));
  for (const Key of ['open/a', 'closed/b']) await root.send(new PutObjectCommand({ Bucket, Key, Body: Key }));
});
afterAll(async () => {
  await server.close();
  expect(server.faults).toEqual([]);
});

interface Statement {
  readonly Effect?: 'Allow' | 'Deny';
  readonly Action: string | readonly string[];
  readonly Resource: string;
  readonly Condition?: object;
}

/** A client that acts as a role with these permissions alone. */
function acting(...statements: readonly Statement[]): S3Client {
  const { identities } = server;
  const policy = { Version: '2012-10-17', Statement: statements.map((each) => ({ Effect: 'Allow', ...each })) };
  const role = identities.roles.put({
    name: `role-${roles++}`,
    path: '/',
    id: `AROA${roles}`,
    created: new Date(),
    description: undefined,
    maxSessionDuration: 3600,
    trustPolicy: JSON.stringify({ Version: '2012-10-17', Statement: [] }),
    inline: { permissions: JSON.stringify(policy) },
    attached: [],
    boundary: undefined,
    tags: [],
  });
  const { accessKeyId, secretAccessKey, sessionToken } = identities.issue(role, 'me', new Date(Date.now() + 60_000));
  return server.client({ credentials: { accessKeyId, secretAccessKey, sessionToken } });
}

const bucketArn = `arn:aws:s3:::${Bucket}`;
const objects = `${bucketArn}/open/*`;
const denied = { name: 'AccessDenied', $metadata: { httpStatusCode: 403 } };
const get = (Key: string) => new GetObjectCommand({ Bucket, Key });

test('a role reads what its policy names, and is told what it lacks in the words of AWS', async () => {
  const client = acting({ Action: 's3:GetObject', Resource: objects });
  await (await client.send(get('open/a'))).Body!.transformToString();
  const refused = client.send(get('closed/b'));
  await expect(refused).rejects.toMatchObject(denied);
  await expect(refused).rejects.toThrow(
    /^User: arn:aws:sts::\d{12}:assumed-role\/role-\d+\/me is not authorized to perform: s3:GetObject on resource: "?arn:aws:s3:::guarded\/closed\/b"? because/,
  );
});

test('only who may list learns that an object is not there', async () => {
  const reader = acting({ Action: 's3:GetObject', Resource: objects });
  await expect(reader.send(get('open/none'))).rejects.toMatchObject(denied);
  await expect(reader.send(new HeadObjectCommand({ Bucket, Key: 'open/none' }))).rejects.toMatchObject({
    $metadata: { httpStatusCode: 403 },
  });
  const lister = acting(
    { Action: 's3:GetObject', Resource: objects },
    { Action: 's3:ListBucket', Resource: bucketArn },
  );
  await expect(lister.send(get('open/none'))).rejects.toMatchObject({ name: 'NoSuchKey' });
  await expect(lister.send(new HeadObjectCommand({ Bucket, Key: 'open/none' }))).rejects.toMatchObject({
    name: 'NotFound',
  });
});

test('each operation asks for its own action', async () => {
  const client = acting({ Action: ['s3:PutObject', 's3:AbortMultipartUpload'], Resource: objects });
  const Key = 'open/new';
  await client.send(new PutObjectCommand({ Bucket, Key, Body: 'x' }));
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key }));
  await client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
  await expect(client.send(get(Key))).rejects.toMatchObject(denied);
  await expect(client.send(new DeleteObjectCommand({ Bucket, Key }))).rejects.toMatchObject(denied);
  await expect(client.send(new PutObjectCommand({ Bucket, Key, Body: 'x', Tagging: 'a=b' }))).rejects.toMatchObject(
    denied,
  );
  await expect(client.send(new ListObjectsV2Command({ Bucket }))).rejects.toMatchObject(denied);
  await expect(client.send(new ListBucketsCommand({}))).rejects.toMatchObject(denied);
  await expect(client.send(new CreateBucketCommand({ Bucket: 'another' }))).rejects.toMatchObject(denied);
  await expect(client.send(new HeadBucketCommand({ Bucket }))).rejects.toMatchObject({
    $metadata: { httpStatusCode: 403 },
  });
});

test('a copy needs the right to read its source', async () => {
  const client = acting({ Action: ['s3:PutObject', 's3:GetObject'], Resource: objects });
  const copy = (CopySource: string) => client.send(new CopyObjectCommand({ Bucket, Key: 'open/copy', CopySource }));
  await copy(`${Bucket}/open/a`);
  await expect(copy(`${Bucket}/closed/b`)).rejects.toMatchObject(denied);
});

test('a policy may allow the list of a prefix', async () => {
  const client = acting({
    Action: 's3:ListBucket',
    Resource: bucketArn,
    Condition: { StringLike: { 's3:prefix': 'open/*' } },
  });
  const listed = await client.send(new ListObjectsV2Command({ Bucket, Prefix: 'open/' }));
  expect(listed.Contents?.length).toBeGreaterThan(0);
  await expect(client.send(new ListObjectsV2Command({ Bucket, Prefix: 'closed/' }))).rejects.toMatchObject(denied);
  await expect(client.send(new ListObjectsV2Command({ Bucket }))).rejects.toMatchObject(denied);
});

test('deleting many asks for each key, and deletes those that are allowed', async () => {
  await server.objects.put(Bucket, 'open/gone', Buffer.from('x'));
  const client = acting({ Action: 's3:DeleteObject', Resource: objects });
  const Objects = [{ Key: 'open/gone' }, { Key: 'closed/b' }];
  const { Deleted, Errors } = await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
  expect(Deleted).toEqual([{ Key: 'open/gone' }]);
  expect(Errors).toMatchObject([{ Key: 'closed/b', Code: 'AccessDenied' }]);
  expect(server.objects.get(Bucket, 'closed/b')).toBeDefined();
});
