import { describe, expect, test } from 'vitest';
import { loadModel } from '../../../src/sandbox/protocol/models.js';
import { validate, validationMessage } from '../../../src/sandbox/protocol/validation.js';

const sagemaker = await loadModel('sagemaker');
const runtime = await loadModel('sagemaker-runtime');
const iam = await loadModel('iam');

const valid = {
  TrainingJobName: 'breeds',
  RoleArn: 'arn:aws:iam::123456789012:role/training',
  AlgorithmSpecification: { TrainingInputMode: 'File' },
  OutputDataConfig: { S3OutputPath: 's3://bucket/out' },
  ResourceConfig: { InstanceType: 'ml.m5.large', InstanceCount: 1, VolumeSizeInGB: 1 },
  StoppingCondition: { MaxRuntimeInSeconds: 60 },
};
const job = (change: object) => validationMessage(sagemaker, 'CreateTrainingJobRequest', { ...valid, ...change });

describe('what the model forbids', () => {
  test('nothing, in a valid request', () => {
    expect(job({})).toBeUndefined();
  });

  test('a missing member', () => {
    expect(job({ RoleArn: undefined })).toBe(
      "1 validation error detected: Value null at 'roleArn' failed to satisfy constraint: Member must not be null",
    );
  });

  test('a pattern and a length of the same value, the length first', () => {
    const name = `_${'a'.repeat(63)}`;
    expect(job({ TrainingJobName: name })).toBe(
      `2 validation errors detected: Value '${name}' at 'trainingJobName' failed to satisfy constraint: Member must have length less than or equal to 63; Value '${name}' at 'trainingJobName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}`,
    );
  });

  test('a pattern that fits only a part', () => {
    expect(job({ TrainingJobName: 'breeds!' })).toContain("Value 'breeds!' at 'trainingJobName'");
    expect(job({ TrainingJobName: 'breeds\n' })).toContain("at 'trainingJobName'");
  });

  test('a number, below its place in the structure', () => {
    expect(job({ StoppingCondition: { MaxRuntimeInSeconds: 0 } })).toBe(
      "1 validation error detected: Value '0' at 'stoppingCondition.maxRuntimeInSeconds' failed to satisfy constraint: Member must have value greater than or equal to 1",
    );
  });

  test('an enum', () => {
    expect(job({ AlgorithmSpecification: { TrainingInputMode: 'Tape' } })).toBe(
      "1 validation error detected: Value 'Tape' at 'algorithmSpecification.trainingInputMode' failed to satisfy constraint: Member must satisfy enum value set: [Pipe, File, FastFile]",
    );
  });

  test('a structure in a list, counted from 1', () => {
    const channel = (ChannelName: string) => ({
      ChannelName,
      DataSource: { S3DataSource: { S3DataType: 'S3Prefix', S3Uri: 's3://b/k' } },
    });
    expect(job({ InputDataConfig: [channel('train'), channel('a b')] })).toContain(
      "Value 'a b' at 'inputDataConfig.2.member.channelName' failed to satisfy constraint: Member must satisfy regular expression pattern: [A-Za-z0-9\\.\\-_]+",
    );
    expect(job({ Tags: [null] })).toContain("Value null at 'tags.1.member' failed");
  });

  test('values of a list and of a map, with every constraint that they have', () => {
    expect(job({ VpcConfig: { SecurityGroupIds: ['sg-1'], Subnets: ['a b'] } })).toBe(
      "1 validation error detected: Value '[a b]' at 'vpcConfig.subnets' failed to satisfy constraint: Member must satisfy constraint: [Member must have length less than or equal to 32, Member must have length greater than or equal to 0, Member must satisfy regular expression pattern: [-0-9a-zA-Z]+]",
    );
    const long = 'x'.repeat(2501);
    expect(job({ HyperParameters: { k: long } })).toBe(
      `1 validation error detected: Value '{k=${long}}' at 'hyperParameters' failed to satisfy constraint: Map value must satisfy constraint: [Member must have length less than or equal to 2500, Member must have length greater than or equal to 0, Member must satisfy regular expression pattern: .*]`,
    );
    expect(job({ HyperParameters: { [long]: 'v' } })).toContain('Map keys must satisfy constraint: [');
  });

  test('the size of a list', () => {
    expect(job({ VpcConfig: { SecurityGroupIds: [], Subnets: ['a'] } })).toContain(
      "Value '[]' at 'vpcConfig.securityGroupIds' failed to satisfy constraint: Member must have length greater than or equal to 1",
    );
  });

  test('a sensitive value, without repeating it', () => {
    const input = { EndpointName: 'e', Body: Buffer.alloc(6_291_457) };
    expect(validationMessage(runtime, 'InvokeEndpointInput', input)).toBe(
      "1 validation error detected: Value at 'body' failed to satisfy constraint: Member must have length less than or equal to 6291456",
    );
  });

  test('characters, not UTF-16 units', () => {
    const tag = (length: number) =>
      validationMessage(iam, 'TagRoleRequest', { RoleName: 'r', Tags: [{ Key: '𝐀'.repeat(length), Value: '' }] });
    expect(tag(128)).toBeUndefined();
    expect(tag(129)).toContain('Member must have length less than or equal to 128');
  });

  test('at most ten at a time', () => {
    const Tags = Array.from({ length: 12 }, () => ({ Key: '', Value: '' }));
    expect(job({ Tags })).toMatch(/^10 validation errors detected: /);
  });
});

test('each service has its own code', () => {
  const code = (check: () => void) => {
    try {
      check();
    } catch (error) {
      return (error as { code: string }).code;
    }
    return undefined;
  };
  expect(code(() => validate(sagemaker, 'CreateTrainingJobRequest', {}, 'json'))).toBe('ValidationException');
  expect(code(() => validate(iam, 'GetRoleRequest', {}, 'query'))).toBe('ValidationError');
  expect(code(() => validate(runtime, 'InvokeEndpointInput', {}, 'json'))).toBe('ValidationError');
});
