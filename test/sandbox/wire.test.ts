import type { Server } from 'node:http';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { CloudWatchClient, GetMetricStatisticsCommand, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient, PutLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { CreateRoleCommand, GetRoleCommand, IAMClient, ListRolesCommand } from '@aws-sdk/client-iam';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  CreateTrainingJobCommand,
  DescribeTrainingJobCommand,
  ListDomainsCommand,
  SageMakerClient,
} from '@aws-sdk/client-sagemaker';
import {
  InvokeEndpointAsyncCommand,
  InvokeEndpointCommand,
  SageMakerRuntimeClient,
} from '@aws-sdk/client-sagemaker-runtime';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { VerifiedRequest } from '../../src/sandbox/protocol/http.js';
import { type Operation, type Service, ServiceError } from '../../src/sandbox/protocol/service.js';
import { type AnsweredCall, createServer } from '../../src/sandbox/server.js';
import type { Identity } from '../../src/sandbox/signature.js';
import { type Keys, sign, type Unsigned } from '../support/signedRequest.js';

const caller = {
  arn: 'arn:aws:iam::123456789012:root',
  account: '123456789012',
  userId: '123456789012',
  role: undefined,
};
const keys = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'the secret' };
const temporary = { accessKeyId: 'ASIAEXAMPLE', secretAccessKey: 'another secret', sessionToken: 'a token' };
const expired = { accessKeyId: 'ASIAEXPIRED', secretAccessKey: 'an old secret', sessionToken: 'an old token' };

const identities: Readonly<Record<string, Identity>> = {
  [keys.accessKeyId]: { ...keys, sessionToken: undefined, expires: undefined, caller },
  [temporary.accessKeyId]: { ...temporary, expires: new Date(Date.now() + 3_600_000), caller },
  [expired.accessKeyId]: { ...expired, expires: new Date(Date.now() - 1000), caller },
};

/** What the operations were called with, and what they answer: the server between the two is under test. */
let received: unknown[] = [];
let answers: Record<string, unknown> = {};
let denied: string | undefined;
let calls: AnsweredCall[] = [];
let faults: unknown[] = [];
let objects: VerifiedRequest[] = [];
let now = Date.now;

function operation(name: string): Operation {
  return {
    resource: () => '*',
    run: (input: unknown) => {
      received.push(input);
      const answer = answers[name];
      if (answer instanceof Error) throw answer;
      return answer;
    },
  };
}

function service(id: string, iamPrefix: string, names: readonly string[]): Service {
  return { id, iamPrefix, operations: Object.fromEntries(names.map((name) => [name, operation(name)])) };
}

let server: Server;
let endpoint: string;
let options: { endpoint: string; region: string; credentials: typeof keys; maxAttempts: number };

beforeAll(async () => {
  server = createServer({
    credentials: { find: (accessKeyId) => identities[accessKeyId] },
    access: {
      require: (_, action, resource) => {
        if (action !== denied) return;
        throw new ServiceError(
          'AccessDeniedException',
          `not authorized to perform: ${action} on resource: ${resource}`,
          403,
        );
      },
    },
    services: [
      service('sagemaker', 'sagemaker', ['CreateTrainingJob', 'DescribeTrainingJob']),
      service('sagemaker-runtime', 'sagemaker', ['InvokeEndpoint']),
      service('sts', 'sts', ['GetCallerIdentity']),
      service('iam', 'iam', ['CreateRole', 'GetRole', 'ListRoles']),
      service('logs', 'logs', ['PutLogEvents']),
      service('cloudwatch', 'cloudwatch', ['PutMetricData', 'GetMetricStatistics']),
    ],
    s3: {
      handle: async (request, response) => {
        objects.push(request);
        response.end('body');
      },
    },
    onCall: (call) => calls.push(call),
    onFault: (error) => faults.push(error),
    now: () => now(),
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  endpoint = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  options = { endpoint, region: 'eu-west-1', credentials: keys, maxAttempts: 1 };
});

afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

beforeEach(() => {
  [received, answers, denied, calls, faults, objects, now] = [[], {}, undefined, [], [], [], Date.now];
});

const signed = (service: string, body: string | Uint8Array, headers: Record<string, string>, path = '/') =>
  fetch(...sign(keys, { url: endpoint + path, service, body, headers }));

const trainingJob = {
  TrainingJobName: 'breeds',
  RoleArn: 'arn:aws:iam::123456789012:role/training',
  AlgorithmSpecification: { TrainingImage: 'image', TrainingInputMode: 'File' as const },
  OutputDataConfig: { S3OutputPath: 's3://bucket/out' },
  ResourceConfig: { InstanceType: 'ml.m5.large' as const, InstanceCount: 1, VolumeSizeInGB: 1 },
  StoppingCondition: { MaxRuntimeInSeconds: 60 },
};

describe('awsJson', () => {
  test('carries members, dates and numbers both ways', async () => {
    const at = new Date('2026-01-02T03:04:05.678Z');
    answers['DescribeTrainingJob'] = {
      TrainingJobName: 'breeds',
      TrainingJobStatus: 'InProgress',
      CreationTime: at,
      FinalMetricDataList: [{ MetricName: 'loss', Value: 0.5, Timestamp: at }],
      Environment: { A: 'ä <&>' },
      FailureReason: undefined,
    };
    const job = await new SageMakerClient(options).send(new DescribeTrainingJobCommand({ TrainingJobName: 'breeds' }));
    expect(received).toEqual([{ TrainingJobName: 'breeds' }]);
    expect(job).toMatchObject({ CreationTime: at, Environment: { A: 'ä <&>' } });
    expect(job.FinalMetricDataList?.[0]?.Timestamp).toEqual(at);
    expect(calls).toMatchObject([{ service: 'sagemaker', operation: 'DescribeTrainingJob', status: 200 }]);
  });

  test('rejects what the model forbids in the words of AWS, all of it at once', async () => {
    const request = { ...trainingJob, TrainingJobName: 'bad_name', RoleArn: undefined as unknown as string };
    await expect(new SageMakerClient(options).send(new CreateTrainingJobCommand(request))).rejects.toMatchObject({
      name: 'ValidationException',
      message:
        "2 validation errors detected: Value 'bad_name' at 'trainingJobName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}; Value null at 'roleArn' failed to satisfy constraint: Member must not be null",
    });
    expect(received).toEqual([]);
  });

  test('gives a service its own code for what the model forbids', async () => {
    const request = { logGroupName: 'a:b', logStreamName: 's', logEvents: [{ timestamp: 1, message: 'm' }] };
    await expect(new CloudWatchLogsClient(options).send(new PutLogEventsCommand(request))).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message:
        "1 validation error detected: Value 'a:b' at 'logGroupName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+",
    });
  });

  test("hands a service's error on, with the type that clients catch", async () => {
    answers['CreateTrainingJob'] = new ServiceError('ResourceInUse', 'Job name must be unique.');
    await expect(new SageMakerClient(options).send(new CreateTrainingJobCommand(trainingJob))).rejects.toMatchObject({
      name: 'ResourceInUse',
      message: 'Job name must be unique.',
      $metadata: { httpStatusCode: 400 },
    });
  });

  test('says NotImplemented with the name of an operation that is not there', async () => {
    await expect(new SageMakerClient(options).send(new ListDomainsCommand({}))).rejects.toMatchObject({
      name: 'NotImplemented',
      message: 'The sandbox does not implement ListDomains of sagemaker.',
      $metadata: { httpStatusCode: 501, attempts: 1 },
    });
  });

  test('asks whether the caller may, before the operation runs', async () => {
    denied = 'sagemaker:CreateTrainingJob';
    await expect(new SageMakerClient(options).send(new CreateTrainingJobCommand(trainingJob))).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: 'not authorized to perform: sagemaker:CreateTrainingJob on resource: *',
    });
    expect(received).toEqual([]);
  });

  test('says that the disk is full, and takes it for no fault of its own', async () => {
    answers['CreateTrainingJob'] = Object.assign(new Error('database or disk is full'), { errcode: 13 });
    await expect(new SageMakerClient(options).send(new CreateTrainingJobCommand(trainingJob))).rejects.toMatchObject({
      name: 'InsufficientStorage',
      $metadata: { httpStatusCode: 507, attempts: 1 },
    });
    expect(faults).toEqual([]);
  });

  test('hides a fault of its own from the client, and reports it', async () => {
    const fault = new TypeError('x is undefined');
    answers['CreateTrainingJob'] = fault;
    await expect(new SageMakerClient(options).send(new CreateTrainingJobCommand(trainingJob))).rejects.toMatchObject({
      name: 'InternalFailure',
      message: expect.not.stringContaining('undefined') as string,
    });
    expect(faults).toEqual([fault]);
  });

  test('serves CloudWatch in json 1.0, with the code of its query days in a header', async () => {
    const client = new CloudWatchClient(options);
    const at = new Date('2026-01-02T03:04:00Z');
    answers['GetMetricStatistics'] = { Label: 'loss', Datapoints: [{ Timestamp: at, Average: 1.5 }] };
    const request = { Namespace: 'N', MetricName: 'loss', StartTime: at, EndTime: at, Period: 60 };
    const statistics = await client.send(new GetMetricStatisticsCommand(request));
    expect(statistics.Datapoints).toEqual([{ Timestamp: at, Average: 1.5 }]);
    expect(received).toEqual([request]);

    answers['PutMetricData'] = new ServiceError('InvalidParameterValue', 'no');
    const put = client.send(new PutMetricDataCommand({ Namespace: 'N', MetricData: [] }));
    await expect(put).rejects.toMatchObject({ name: 'InvalidParameterValueException', Code: 'InvalidParameterValue' });
  });

  test('reads compressed bodies', async () => {
    const data = Array.from({ length: 500 }, (_, index) => ({ MetricName: `metric-${index}`, Value: index }));
    await new CloudWatchClient(options).send(new PutMetricDataCommand({ Namespace: 'N', MetricData: data }));
    expect(received).toEqual([{ Namespace: 'N', MetricData: data }]);
  });
});

describe('awsQuery', () => {
  const policy = '{"Statement": [{"Effect": "Allow"}]}';

  test('carries lists, numbers and text both ways', async () => {
    const at = new Date('2026-01-02T03:04:05Z');
    const role = { Path: '/', RoleName: 'r', RoleId: 'AROA', Arn: 'arn:aws:iam::123456789012:role/r', CreateDate: at };
    answers['CreateRole'] = { Role: { ...role, Description: ' a <b> & "c"\r\n' } };
    const request = {
      RoleName: 'r',
      AssumeRolePolicyDocument: policy,
      MaxSessionDuration: 7200,
      Tags: [
        { Key: 'a', Value: '1' },
        { Key: 'b', Value: '' },
      ],
    };
    const created = await new IAMClient(options).send(new CreateRoleCommand(request));
    expect(received).toEqual([request]);
    expect(created.Role).toEqual({ ...role, Description: ' a <b> & "c"\r\n' });
    expect(created.$metadata.requestId).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('carries an empty list and a boolean', async () => {
    answers['ListRoles'] = { Roles: [], IsTruncated: false };
    expect(await new IAMClient(options).send(new ListRolesCommand({}))).toMatchObject({
      Roles: [],
      IsTruncated: false,
    });
  });

  test('gives IAM its own code for what the model forbids', async () => {
    const request = { RoleName: 'not ok', AssumeRolePolicyDocument: policy };
    await expect(new IAMClient(options).send(new CreateRoleCommand(request))).rejects.toMatchObject({
      name: 'ValidationError',
      message:
        "1 validation error detected: Value 'not ok' at 'roleName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]+",
    });
  });

  test("answers an error with the code and the status that the service's model gives it", async () => {
    answers['GetRole'] = new ServiceError('NoSuchEntity', 'The role with name r cannot be found.');
    await expect(new IAMClient(options).send(new GetRoleCommand({ RoleName: 'r' }))).rejects.toMatchObject({
      name: 'NoSuchEntityException',
      message: 'The role with name r cannot be found.',
      Type: 'Sender',
      $metadata: { httpStatusCode: 404 },
    });
  });

  test('takes a call from the query of a presigned GET', async () => {
    answers['GetCallerIdentity'] = { Account: '123456789012' };
    const url = `${endpoint}/?Action=GetCallerIdentity&Version=2011-06-15`;
    const response = await fetch(...sign(temporary, { url, service: 'sts', method: 'GET', presign: 60 }));
    expect(response.status).toBe(200);
    expect(await response.text()).toContain('<Account>123456789012</Account>');
  });
});

describe('restJson', () => {
  const invoke = { EndpointName: 'breeds', Body: Buffer.from([0, 255, 1]), ContentType: 'image/jpeg' };

  test('carries bytes in the body and the rest in path and headers', async () => {
    answers['InvokeEndpoint'] = {
      Body: Buffer.from([9, 0, 8]),
      ContentType: 'application/x-npy',
      InvokedProductionVariant: 'AllTraffic',
    };
    const client = new SageMakerRuntimeClient(options);
    const answer = await client.send(new InvokeEndpointCommand({ ...invoke, TargetVariant: 'v1' }));
    expect(received).toMatchObject([{ EndpointName: 'breeds', ContentType: 'image/jpeg', TargetVariant: 'v1' }]);
    expect(Buffer.from((received[0] as { Body: Uint8Array }).Body)).toEqual(invoke.Body);
    expect(answer).toMatchObject({ ContentType: 'application/x-npy', InvokedProductionVariant: 'AllTraffic' });
    expect(Buffer.from(answer.Body)).toEqual(Buffer.from([9, 0, 8]));
  });

  test("carries the members of the model's error", async () => {
    const message = 'Received server error (500) from primary with message "boom".';
    answers['InvokeEndpoint'] = new ServiceError('ModelError', message, 400, {
      OriginalStatusCode: 500,
      OriginalMessage: 'boom',
    });
    await expect(new SageMakerRuntimeClient(options).send(new InvokeEndpointCommand(invoke))).rejects.toMatchObject({
      name: 'ModelError',
      message,
      OriginalStatusCode: 500,
      OriginalMessage: 'boom',
      $metadata: { httpStatusCode: 424 },
    });
  });

  test('names an operation that is not there by its method and path', async () => {
    const request = new InvokeEndpointAsyncCommand({ EndpointName: 'breeds', InputLocation: 's3://bucket/in' });
    await expect(new SageMakerRuntimeClient(options).send(request)).rejects.toMatchObject({
      name: 'NotImplemented',
      message: 'The sandbox does not implement InvokeEndpointAsync of sagemaker-runtime.',
    });
  });

  test('refuses a body of 7 MB as the front end does, and a little over 6 MB as the service does', async () => {
    const send = (bytes: number) =>
      new SageMakerRuntimeClient(options).send(new InvokeEndpointCommand({ ...invoke, Body: Buffer.alloc(bytes) }));
    await expect(send(7 * 1024 * 1024)).rejects.toMatchObject({
      message: 'HTTP content length exceeded 6295552 bytes.',
      $metadata: { httpStatusCode: 413 },
    });
    await expect(send(6 * 1024 * 1024 + 1)).rejects.toMatchObject({
      name: 'ValidationError',
      message: expect.stringContaining('Member must have length less than or equal to 6291456') as string,
    });
    expect(received).toEqual([]);
  });
});

describe('who is let in', () => {
  const identity = (credentials: object) =>
    new STSClient({ ...options, credentials: credentials as typeof keys }).send(new GetCallerIdentityCommand({}));
  const describeJob = (credentials: object) =>
    new SageMakerClient({ ...options, credentials: credentials as typeof keys }).send(
      new DescribeTrainingJobCommand({ TrainingJobName: 'a' }),
    );
  const object = (credentials: object) =>
    new S3Client({ ...options, credentials: credentials as typeof keys }).send(
      new GetObjectCommand({ Bucket: 'b', Key: 'k' }),
    );

  test('keys with a token, and only with their own', async () => {
    await expect(identity(temporary)).resolves.toBeDefined();
    const wrong = { ...temporary, sessionToken: 'another token' };
    await expect(identity(wrong)).rejects.toMatchObject({ name: 'InvalidClientTokenId' });
    await expect(describeJob(wrong)).rejects.toMatchObject({ name: 'UnrecognizedClientException' });
    await expect(object(wrong)).rejects.toMatchObject({ name: 'InvalidToken' });
    const without = { ...temporary, sessionToken: undefined };
    await expect(identity(without)).rejects.toMatchObject({ name: 'InvalidClientTokenId' });
  });

  test.each([
    [
      'an unknown key',
      { ...keys, accessKeyId: 'AKIDUNKNOWN' },
      'InvalidClientTokenId',
      'UnrecognizedClientException',
      'InvalidAccessKeyId',
    ],
    [
      'a wrong secret',
      { ...keys, secretAccessKey: 'guess' },
      'SignatureDoesNotMatch',
      'InvalidSignatureException',
      'SignatureDoesNotMatch',
    ],
    ['expired keys', expired, 'ExpiredToken', 'ExpiredTokenException', 'ExpiredToken'],
  ])('not %s, each service in its own words', async (_, credentials, query, json, s3) => {
    await expect(identity(credentials)).rejects.toMatchObject({ name: expect.stringContaining(query) as string });
    await expect(describeJob(credentials)).rejects.toMatchObject({ name: json, $metadata: { httpStatusCode: 400 } });
    await expect(object(credentials)).rejects.toMatchObject({ name: s3 });
    expect([received, objects]).toEqual([[], []]);
  });

  test('nobody whose clock is more than 15 minutes off', async () => {
    // The client corrects its clock by ours once it was refused, and only the next call shows it.
    now = () => Date.now() + 16 * 60_000;
    await expect(describeJob(keys)).rejects.toMatchObject({
      name: 'InvalidSignatureException',
      message: expect.stringMatching(
        /^Signature expired: \w+Z is now earlier than \w+Z \(\w+Z - 15 min\.\)$/,
      ) as string,
    });
    await expect(object(keys)).rejects.toMatchObject({ name: 'RequestTimeTooSkewed' });
    now = () => Date.now() - 16 * 60_000;
    await expect(identity(keys)).rejects.toMatchObject({
      name: 'SignatureDoesNotMatch',
      message: expect.stringMatching(/^Signature not yet current: /) as string,
    });
    now = () => Date.now() + 14 * 60_000;
    await expect(identity(keys)).resolves.toBeDefined();
  });

  test('nobody who has not signed', async () => {
    const json = await fetch(endpoint, {
      method: 'POST',
      headers: { 'x-amz-target': 'SageMaker.DescribeTrainingJob', 'content-type': 'application/x-amz-json-1.1' },
      body: '{}',
    });
    expect([json.status, await json.json()]).toEqual([
      400,
      { __type: 'MissingAuthenticationTokenException', message: 'Request is missing Authentication Token' },
    ]);
    const query = await fetch(endpoint, { method: 'POST', body: new URLSearchParams({ Action: 'GetCallerIdentity' }) });
    expect([query.status, await query.text()]).toEqual([
      403,
      expect.stringContaining('<Code>MissingAuthenticationToken<'),
    ]);
    const s3 = await fetch(`${endpoint}/bucket/key`);
    expect([s3.status, await s3.text()]).toEqual([403, expect.stringContaining('<Code>AccessDenied</Code>')]);
    const rest = await fetch(`${endpoint}/endpoints/e/invocations`, { method: 'POST', body: '{}' });
    expect([rest.status, rest.headers.get('x-amzn-errortype')]).toEqual([403, 'MissingAuthenticationTokenException']);
  });

  test('no body other than the one that was signed', async () => {
    const client = new SageMakerClient(options);
    client.middlewareStack.add(
      (next) => (args) => {
        (args.request as { body: string }).body = '{"TrainingJobName":"other"}';
        return next(args);
      },
      { step: 'deserialize' },
    );
    const command = new DescribeTrainingJobCommand({ TrainingJobName: 'breed' });
    await expect(client.send(command)).rejects.toMatchObject({ name: 'InvalidSignatureException' });
  });

  test('no web page, and no host name but our own', async () => {
    const page = await fetch(endpoint, { headers: { origin: 'https://example.com' } });
    expect([page.status, await page.text()]).toEqual([403, expect.stringContaining('https://example.com')]);
    expect(await raw('GET / HTTP/1.1\r\nHost: rebound.example.com\r\nConnection: close\r\n\r\n')).toMatch(
      /^HTTP\/1\.1 403 [^]*rebound\.example\.com/,
    );
    const { port } = new URL(endpoint);
    expect(await raw(`GET / HTTP/1.1\r\nHost: evil.localhost.example:${port}\r\nConnection: close\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 403 /,
    );
  });
});

describe('S3', () => {
  test('hands requests on with the path as it was sent and how the body is signed', async () => {
    const client = new S3Client(options);
    await client.send(new GetObjectCommand({ Bucket: 'bucket', Key: "a//../b (c)'+ä" }));
    expect(objects[0]).toMatchObject({
      rawPath: '/bucket/a//../b%20%28c%29%27%2B%C3%A4',
      rawQuery: 'x-id=GetObject',
      caller,
      payload: { kind: 'signed', sha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' },
    });
  });
});

describe('a client that waits for 100 Continue', () => {
  /** The request's head on the wire, as `sign` signs it, followed by `body`. */
  const exchange = (credentials: Keys, request: Unsigned, body: string) => {
    const [url, { method, headers }] = sign(credentials, request);
    const { host, pathname } = new URL(url);
    const lines = Object.entries({ ...(headers as Record<string, string>), host, expect: '100-continue' });
    const length = `content-length: ${Buffer.byteLength(String(request.body ?? ''))}\r\nconnection: close`;
    const head = lines.map(([name, value]) => `${name}: ${value}`).join('\r\n');
    return raw(`${method} ${pathname} HTTP/1.1\r\n${head}\r\n${length}\r\n\r\n${body}`);
  };
  const put = { service: 's3', method: 'PUT', body: 'x', headers: { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' } };

  test('is told to go on', async () => {
    const body = '{"TrainingJobName":"breeds"}';
    const headers = { 'x-amz-target': 'SageMaker.DescribeTrainingJob', 'content-type': 'application/x-amz-json-1.1' };
    const answer = await exchange(keys, { url: `${endpoint}/`, service: 'sagemaker', headers, body }, body);
    expect(answer).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK/);
    expect(received).toEqual([{ TrainingJobName: 'breeds' }]);
  });

  test('is refused before it sends a body that nobody would read', async () => {
    const wrong = { ...keys, secretAccessKey: 'guess' };
    const answer = await exchange(wrong, { ...put, url: `${endpoint}/bucket/key` }, '');
    expect(answer).toMatch(/^HTTP\/1\.1 403 [^]*SignatureDoesNotMatch/);
  });

  test('is left to S3, which checks more than the signature first', async () => {
    const answer = await exchange(keys, { ...put, url: `${endpoint}/bucket/key` }, '');
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(objects[0]?.payload).toEqual({ kind: 'unsigned' });
  });
});

describe('what is malformed', () => {
  const target = { 'x-amz-target': 'SageMaker.CreateTrainingJob', 'content-type': 'application/x-amz-json-1.1' };

  test.each([
    ['{', undefined],
    ['', undefined],
    ['null', undefined],
    ['\ud800', undefined],
    ['[]', 'Start of list found where not expected'],
    ['{"TrainingJobName": 1}', 'NUMBER_VALUE can not be converted to a String'],
    ['{"TrainingJobName": {}}', 'Start of structure or map found where not expected.'],
    ['{"Tags": "x"}', 'Expected list or null'],
    ['{"ResourceConfig": "x"}', 'Expected null'],
    ['{"ResourceConfig": {"InstanceCount": "1"}}', 'STRING_VALUE can not be converted to an Integer'],
    ['{"ResourceConfig": {"InstanceCount": 1e400}}', 'NUMBER_VALUE can not be converted to an Integer'],
    ['{"EnableNetworkIsolation": 0}', 'NUMBER_VALUE can not be converted to a Boolean'],
  ])('json: %s', async (body, Message) => {
    const response = await signed('sagemaker', body, target);
    expect([response.status, await response.json()]).toEqual([
      400,
      { __type: 'SerializationException', ...(Message !== undefined && { Message }) },
    ]);
  });

  test('json: a name that every object has is no operation', async () => {
    const response = await signed('sagemaker', '{}', { ...target, 'x-amz-target': 'SageMaker.constructor' });
    expect([response.status, await response.json()]).toMatchObject([501, { __type: 'NotImplemented' }]);
  });

  test('json: a scope for another service', async () => {
    const response = await signed('logs', '{}', target);
    expect([response.status, await response.json()]).toMatchObject([
      400,
      { message: "Credential should be scoped to correct service: 'sagemaker'. " },
    ]);
  });

  test('json: a body that is no gzip, and one that grows without end', async () => {
    const headers = { ...target, 'content-encoding': 'gzip' };
    expect((await signed('sagemaker', 'no gzip', headers)).status).toBe(400);
    expect((await signed('sagemaker', gzipSync(Buffer.alloc(20_000_000)), headers)).status).toBe(413);
  });

  const deepName = 'a.'.repeat(100);
  test.each([
    ['Version=2010-05-08', 400, 'MissingAction'],
    ['Action=ListDogs', 501, 'NotImplemented'],
    ['Action=CreateRole&MaxSessionDuration=soon', 400, 'MalformedInput'],
    ['Action=CreateRole&Tags.1.Key=a', 400, 'MalformedInput'],
    ['Action=CreateRole&RoleName.member.1=a', 400, 'MalformedInput'],
    [`Action=CreateRole&${deepName}=b`, 400, 'MalformedQueryString'],
    ['Action=CreateRole&%ff%=%', 400, 'ValidationError'],
  ])('query: %s', async (body, status, code) => {
    const response = await signed('iam', body, { 'content-type': 'application/x-www-form-urlencoded' });
    expect(response.status).toBe(status);
    expect(await response.text()).toContain(`<Code>${code}</Code>`);
  });

  test('restJson: a path that is no percent-encoding', async () => {
    const response = await signed('sagemaker', '{}', {}, '/endpoints/%zz/invocations');
    expect([response.status, await response.json()]).toMatchObject([
      400,
      { Message: expect.stringContaining('%zz') as string },
    ]);
  });

  test('restJson: what curl sends, which calls every body a form', async () => {
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    answers['InvokeEndpoint'] = { Body: new TextEncoder().encode('[1]'), ContentType: 'application/json' };
    const response = await signed('sagemaker', '{"a":1}', form, '/endpoints/e/invocations');
    expect([response.status, await response.text()]).toEqual([200, '[1]']);
  });

  test('a service that is not there is named', async () => {
    const response = await signed('lambda', '{}', {}, '/2015-03-31/functions');
    expect([response.status, await response.json()]).toMatchObject([
      501,
      { message: 'The sandbox does not implement the service lambda (POST /2015-03-31/functions).' },
    ]);
  });

  test('cbor is refused in cbor', async () => {
    const response = await signed(
      'monitoring',
      '',
      { 'smithy-protocol': 'rpc-v2-cbor', 'content-type': 'application/cbor' },
      '/service/GraniteServiceVersion20100801/operation/GetMetricData',
    );
    expect([response.status, response.headers.get('smithy-protocol')]).toEqual([501, 'rpc-v2-cbor']);
    // A map of two; `__type` first (RFC 8949: 0xa0 + 2, then text with its length in two bytes).
    const body = Buffer.from(await response.arrayBuffer());
    expect(body.subarray(0, 10).toString('latin1')).toBe('\xa2\x79\x00\x06__type');
    expect(body.toString()).toContain('NotImplemented');
    expect(body.toString()).toContain('GetMetricData came in the protocol smithy-rpc-v2-cbor');
  });

  test.each([
    ['no HTTP', '\x16\x03\x01\x02\x00\x01\xfc', 400],
    ['two lengths', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n', 400],
    ['a head without end', `GET / HTTP/1.1\r\nX: ${'x'.repeat(40_000)}`, 431],
    ['no host', 'GET / HTTP/1.1\r\n\r\n', 400],
  ])('%s', async (_, bytes, status) => {
    expect(await raw(bytes)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  });

  test('a client that hangs up in the middle leaves nothing behind', async () => {
    const { hostname, port, host } = new URL(endpoint);
    await new Promise<void>((resolve) => {
      const socket = connect(Number(port), hostname, () => {
        socket.write(
          `POST / HTTP/1.1\r\nHost: ${host}\r\nX-Amz-Target: SageMaker.X\r\nContent-Length: 100\r\n\r\n{`,
          () => {
            socket.destroy();
            resolve();
          },
        );
      });
    });
    await expect(new STSClient(options).send(new GetCallerIdentityCommand({}))).resolves.toBeDefined();
    expect(faults).toEqual([]);
  });
});

/** What comes back for bytes on a socket, until the server closes it. */
function raw(bytes: string): Promise<string> {
  const { hostname, port } = new URL(endpoint);
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(Number(port), hostname, () => socket.write(bytes, 'latin1'));
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => (answer += chunk));
    socket.once('close', () => resolve(answer));
    socket.once('error', reject);
  });
}

describe('a caller who may not', () => {
  const invocation = new InvokeEndpointCommand({ EndpointName: 'e', Body: '' });
  const description = new DescribeTrainingJobCommand({ TrainingJobName: 'breeds' });
  test.each([
    [
      'awsJson',
      'sagemaker:DescribeTrainingJob',
      () => new SageMakerClient(options).send(description),
      'AccessDeniedException',
      400,
    ],
    [
      'restJson',
      'sagemaker:InvokeEndpoint',
      () => new SageMakerRuntimeClient(options).send(invocation),
      'AccessDeniedException',
      403,
    ],
    ['awsQuery', 'iam:ListRoles', () => new IAMClient(options).send(new ListRolesCommand({})), 'AccessDenied', 403],
  ])('is told so in %s', async (_, action, call, name, httpStatusCode) => {
    denied = action;
    await expect(call()).rejects.toMatchObject({ name, $metadata: { httpStatusCode } });
    expect(received).toEqual([]);
  });

  test('is told so by CloudWatch in either of its protocols, with the code of its query days', async () => {
    denied = 'cloudwatch:PutMetricData';
    const query = 'Action=PutMetricData&Version=2010-08-01&Namespace=N&MetricData.member.1.MetricName=m';
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const xml = await signed('monitoring', query, form);
    expect([xml.status, await xml.text()]).toEqual([403, expect.stringContaining('<Code>AccessDenied</Code>')]);
    const json = await signed('monitoring', '{"Namespace":"N"}', {
      'x-amz-target': 'GraniteServiceVersion20100801.PutMetricData',
      'content-type': 'application/x-amz-json-1.0',
    });
    expect([json.status, json.headers.get('x-amzn-query-error')]).toEqual([400, 'AccessDenied;Sender']);
  });
});
