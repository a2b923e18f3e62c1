import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { intervalsFor } from '../../../src/aws/connection.js';
import { codeOf, explain, isNotFound, requestIdOf } from '../../../src/aws/errors.js';
import { pytorchImage } from '../../../src/aws/images.js';
import { fixedName, timedName } from '../../../src/aws/names.js';
import { parseS3Uri } from '../../../src/aws/s3Uri.js';
import { UserError } from '../../../src/core/errors.js';

/** An error as the SDK throws it. */
function serviceError(name: string, message: string, status = 400): Error {
  return Object.assign(new Error(message), { name, $metadata: { httpStatusCode: status, requestId: 'r-1' } });
}
const call = { service: 'SageMaker', operation: 'CreateTrainingJob', profile: 'work' };

describe('explain', () => {
  test.each([
    [
      'ExpiredTokenException',
      'The security token is expired',
      /credentials of profile "work" have expired.*sso login --profile work/,
    ],
    ['CredentialsProviderError', 'Could not load', /no usable credentials for profile "work"/],
    ['UnrecognizedClientException', 'The security token is invalid', /does not know the keys of profile "work"/],
    ['SignatureDoesNotMatch', 'The request signature', /secret key of profile "work"/],
    ['InvalidSignatureException', 'Signature expired: 20261122T', /clock is wrong/],
    ['AccessDeniedException', 'User: x is not authorized to perform: y', /CreateTrainingJob is not allowed: User: x/],
    ['ResourceLimitExceeded', 'limit is 0 Instances', /limit is reached: limit is 0 Instances\. .*Service Quotas/],
    ['ThrottlingException', 'Rate exceeded', /throttles CreateTrainingJob/],
    ['ValidationException', 'Could not find model', /SageMaker refuses CreateTrainingJob: Could not find model\./],
    ['NotImplemented', 'Clusters', /not built in the sandbox/],
  ])('makes %s a sentence with what to do next', (name, message, expected) => {
    const original = serviceError(name, message);
    const explained = explain(original, call);
    expect(explained).toBeInstanceOf(UserError);
    expect((explained as UserError).message).toMatch(expected);
    expect((explained as UserError).cause).toBe(original);
    expect([codeOf(explained), requestIdOf(explained)]).toEqual([name, 'r-1']);
  });

  test('knows a refused connection, also when Node hides it in an AggregateError', () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED' });
    for (const error of [refused, new AggregateError([refused])]) {
      expect((explain(error, call) as Error).message).toMatch(/cannot be reached/);
    }
  });

  test('leaves cancellations, explained errors and faults of ours as they are', () => {
    const cancelled = Object.assign(new Error('aborted'), { name: 'AbortError' });
    for (const error of [cancelled, new UserError('x'), new TypeError('y'), 'z']) {
      expect(explain(error, call)).toBe(error);
    }
  });
});

test('isNotFound knows the ways in which services say so', () => {
  expect(isNotFound(serviceError('NotFound', '', 404))).toBe(true);
  expect(isNotFound(serviceError('ValidationException', 'Could not find endpoint "x".'))).toBe(true);
  expect(isNotFound(new UserError('x', { cause: serviceError('NoSuchEntity', '', 404) }))).toBe(true);
  // As it comes out of the SDK's bundle, where UserError is another class.
  class Foreign extends Error {
    override readonly name = 'UserError';
  }
  expect(isNotFound(new Foreign('x', { cause: serviceError('ResourceNotFoundException', '') }))).toBe(true);
  expect(isNotFound(serviceError('ValidationException', '1 validation error detected'))).toBe(false);
});

test('names are always valid, whatever they begin with, and tell times apart to the millisecond', () => {
  const date = fc.date({ min: new Date('2000-01-01'), max: new Date('2099-12-31'), noInvalidDate: true });
  fc.assert(
    fc.property(fc.string({ maxLength: 120 }), date, (prefix, at) => {
      for (const name of [timedName(prefix, at), fixedName(prefix)]) {
        expect(name).toMatch(/^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$/);
        expect(name.length).toBeLessThanOrEqual(63);
      }
      expect(timedName(prefix, at)).not.toBe(timedName(prefix, new Date(at.getTime() + 1)));
    }),
  );
  expect(timedName('dogs_best', new Date('2026-11-22T10:58:00.123Z'))).toBe('dogs-best-20261122-105800-123');
});

describe('pytorchImage', () => {
  test('is the URI that the SageMaker SDK builds', () => {
    expect(pytorchImage('training', 'us-east-1', 'ml.m5.xlarge', '2.8.0')).toBe(
      '763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-training:2.8.0-cpu-py312',
    );
    expect(pytorchImage('inference', 'cn-north-1', 'ml.g4dn.xlarge', '2.5.1')).toBe(
      '727897471807.dkr.ecr.cn-north-1.amazonaws.com.cn/pytorch-inference:2.5.1-gpu-py311',
    );
  });

  test('refuses a version without an image, and says which there are', () => {
    expect(() => pytorchImage('inference', 'us-east-1', 'ml.m5.large', '9.9')).toThrow(/9\.9.*2\.6\.0/);
  });
});

test('the cloud on this machine is looked at every second, AWS as rarely as its limits ask', () => {
  expect(intervalsFor('http://127.0.0.1:4000/')).toMatchObject({ describe: 1000, logs: 1000 });
  expect(intervalsFor('https://sts.us-east-1.amazonaws.com/')).toMatchObject({ describe: 30_000, logs: 10_000 });
});

test('an S3 URI is a bucket and a key', () => {
  expect(parseS3Uri('s3://b/a/c.tar.gz')).toEqual({ bucket: 'b', key: 'a/c.tar.gz' });
  expect(parseS3Uri('https://b/a')).toBeUndefined();
});
