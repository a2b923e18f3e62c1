import { readdirSync } from 'node:fs';
import path from 'node:path';
import { type CreateFunctionCommandInput, LambdaClient } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ControlPlane } from '../support/controlPlane.js';
import { FunctionsUnderTest, handlerZip } from '../support/functions.js';
import { zip } from '../support/zips.js';

let plane: ControlPlane;
let lambda: LambdaClient;
let functions: FunctionsUnderTest;
const packages = (from = plane) => readdirSync(path.join(from.folder, 'function-packages'));

beforeAll(async () => {
  plane = await ControlPlane.start();
  ({ lambda } = plane.clients());
  functions = new FunctionsUnderTest(lambda, plane);
});
afterAll(() => plane.stop());

describe('refused', () => {
  test('are packages that Lambda could not unzip', async () => {
    const broken = Buffer.from(handlerZip);
    broken[45]! ^= 0xff; // A byte of the file itself.
    for (const ZipFile of [Buffer.from('no zip'), handlerZip.subarray(0, -10), broken]) {
      await expect(functions.create('broken', { Code: { ZipFile } })).rejects.toMatchObject({
        name: 'InvalidParameterValueException',
        message: 'Could not unzip uploaded file. Please check your file, then try to upload again.',
      });
    }
    expect(packages().filter((name) => name.endsWith('.incoming'))).toEqual([]);
  });

  test('are packages with nothing in them', async () => {
    for (const ZipFile of [zip({}), new Uint8Array()]) {
      await expect(functions.create('empty', { Code: { ZipFile } })).rejects.toMatchObject({
        name: 'InvalidParameterValueException',
        message: 'Uploaded file must be a non-empty zip',
      });
    }
  });

  test('are packages that are too large', async () => {
    const many = Buffer.alloc(52_428_801);
    await expect(functions.create('large', { Code: { ZipFile: many } })).rejects.toMatchObject({
      name: 'RequestEntityTooLargeException',
      message: 'Zipped size must be smaller than 52428800 bytes',
    });
  });

  test('are roles that Lambda cannot assume, and that the caller may not pass', async () => {
    const foreign = plane.role('of-sagemaker', []);
    for (const Role of [foreign.arn, 'arn:aws:iam::123456789012:role/none']) {
      await expect(functions.create('roleless', { Role })).rejects.toMatchObject({
        name: 'InvalidParameterValueException',
        message: 'The role defined for the function cannot be assumed by Lambda.',
      });
    }
    const passer = plane.role('passer', [{ Effect: 'Allow', Action: 'lambda:*', Resource: '*' }]);
    const client = plane.client(LambdaClient, passer.keys);
    await expect(new FunctionsUnderTest(client, plane).create('unpassed')).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringContaining(
        `is not authorized to perform: iam:PassRole on resource: ${functions.role}`,
      ) as string,
    });
  });

  test.each<[string, string, Partial<CreateFunctionCommandInput>]>([
    [
      'reserved variables',
      'Reserved keys used in this request: AWS_REGION',
      { Environment: { Variables: { AWS_REGION: 'x' } } },
    ],
    [
      'variables that no process can have',
      'contain null characters: CUT',
      { Environment: { Variables: { CUT: 'a\0b', WHOLE: 'ab' } } },
    ],
    [
      '4 KB of variables',
      'exceeded the 4KB limit. String measured: {"LARGE"',
      { Environment: { Variables: { LARGE: 'x'.repeat(4096) } } },
    ],
    ['a runtime of yesterday', 'The runtime parameter of python3.7 is no longer supported', { Runtime: 'python3.7' }],
    ['no handler', 'Runtime and Handler are mandatory parameters', { Handler: undefined }],
    ['no code', 'Please provide a source for function code.', { Code: {} }],
    [
      '51 tags',
      'Number of tags exceeds resource tag limit.',
      { Tags: Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`k${i}`, ''])) },
    ],
  ])('with InvalidParameterValueException: %s', async (_, message, more) => {
    await expect(functions.create('invalid', more)).rejects.toMatchObject({
      name: 'InvalidParameterValueException',
      message: expect.stringContaining(message) as string,
    });
  });

  test.each<[string, Partial<CreateFunctionCommandInput>]>([
    [
      "Value '10241' at 'memorySize' failed to satisfy constraint: Member must have value less than or equal to 10240",
      { MemorySize: 10_241 },
    ],
    [
      "Value '901' at 'timeout' failed to satisfy constraint: Member must have value less than or equal to 900",
      { Timeout: 901 },
    ],
    [
      "Value '64' at 'memorySize' failed to satisfy constraint: Member must have value greater than or equal to 128",
      { MemorySize: 64 },
    ],
    [
      "at 'handler' failed to satisfy constraint: Member must satisfy regular expression pattern: [^\\s]+",
      { Handler: 'my handler' },
    ],
    ["Value 'r1' at 'role' failed to satisfy constraint", { Role: 'r1' }],
  ])('with ValidationException: %s', async (message, more) => {
    await expect(functions.create('invalid', more)).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining(message) as string,
    });
  });

  test.each<[string, Partial<CreateFunctionCommandInput>]>([
    ['the runtime nodejs22.x', { Runtime: 'nodejs22.x' }],
    ['container images', { PackageType: 'Image' }],
    ['layers', { Layers: ['arn:aws:lambda:us-east-1:123456789012:layer:l:1'] }],
    ['networks of functions (VpcConfig)', { VpcConfig: { SubnetIds: ['subnet-1'], SecurityGroupIds: [] } }],
    ['dead letter queues', { DeadLetterConfig: { TargetArn: 'arn:aws:sqs:us-east-1:123456789012:q' } }],
    ['keys of your own', { KMSKeyArn: 'arn:aws:kms:us-east-1:123456789012:key/1' }],
    ['SnapStart', { SnapStart: { ApplyOn: 'PublishedVersions' } }],
    ['JSON logs', { LoggingConfig: { LogFormat: 'JSON' } }],
  ])('by name: %s', async (feature, more) => {
    await expect(functions.create('unbuilt', more)).rejects.toMatchObject({
      name: 'NotImplemented',
      message: expect.stringContaining(feature) as string,
    });
  });

  test('not by what asks for nothing', async () => {
    await functions.create('empty', {
      ...{ Layers: [], VpcConfig: { SubnetIds: [], SecurityGroupIds: [] }, SnapStart: { ApplyOn: 'None' } },
      DeadLetterConfig: {},
    });
  });
});

test('the sandbox has made no mistake of its own', () => {
  expect(plane.faults).toEqual([]);
});
