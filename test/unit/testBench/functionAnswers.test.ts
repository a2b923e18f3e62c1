import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { readAnswer } from '../../../src/testBench/answers.js';
import { findDenial } from '../../../src/testBench/denial.js';
import { functionFailure, statusFailure } from '../../../src/testBench/functionFailure.js';
import { parts } from '../../../src/testBench/latency.js';
import { namedClasses } from '../../../src/testBench/namedClasses.js';
import { findReport } from '../../../src/testBench/report.js';
import { unwrap } from '../../../src/testBench/unwrap.js';

const never = new AbortController().signal;
const bytes = (text: string) => new TextEncoder().encode(text);
const json = (value: unknown) => bytes(JSON.stringify(value));
const endpointArn = 'arn:aws:sagemaker:us-east-1:123456789012:endpoint/breeds';
const session = 'arn:aws:sts::123456789012:assumed-role/predict-role/predict';
const refusal =
  `An error occurred (AccessDeniedException) when calling the InvokeEndpoint operation: User: ${session} is not ` +
  `authorized to perform: sagemaker:InvokeEndpoint on resource: ${endpointArn} because no identity-based policy ` +
  'allows the sagemaker:InvokeEndpoint action';

describe("a function's answer without its wrappings", () => {
  test("is the course's 133 numbers: Basenji first, then Irish terrier and Bernese mountain dog, nearly uniform", async () => {
    const payload = readFileSync(path.resolve('test/fixtures/answers/lambda-response-133.json'));
    const { steps, status, text, contentType } = unwrap(payload);
    expect(steps.map(({ name }) => name)).toEqual(['Payload', 'statusCode and body']);
    expect(steps[0]?.says).toMatch(/^\d\.\d KB: an object with statusCode, body\.$/);
    const reading = readAnswer(text, contentType);
    if (reading.kind !== 'classes') throw new Error(reading.heading);
    const { rows, labels } = await namedClasses(reading, [], never);
    expect(status).toBe(200);
    expect(rows[0]?.predictions.slice(0, 3).map(({ name }) => name)).toEqual([
      'Basenji',
      'Irish terrier',
      'Bernese mountain dog',
    ]);
    expect(rows[0]).toMatchObject({ flat: true, kind: 'scores' });
    expect((rows[0]!.predictions[0]!.probability * 100).toFixed(1)).toBe('1.3');
    expect(labels?.from).toBe('the 133 dog breeds of the course');
  });

  test.each([
    ['plain', [[3, 1]], '[[3,1]]', ['Payload']],
    ['JSON in a text', '[[3, 1]]', '[[3, 1]]', ['Payload', 'JSON in a text']],
    [
      'JSON twice in a body',
      { statusCode: '200', body: JSON.stringify('[3, 1]') },
      '[3, 1]',
      ['Payload', 'statusCode and body', 'JSON in a text'],
    ],
    [
      'base64',
      { statusCode: 200, body: Buffer.from('[3,1]').toString('base64'), isBase64Encoded: true },
      '[3,1]',
      ['Payload', 'statusCode and body', 'body'],
    ],
    ['a body that is no text', { statusCode: 200, body: [3, 1] }, '[3,1]', ['Payload', 'statusCode and body', 'body']],
    ['no body', { statusCode: 204 }, '', ['Payload', 'statusCode and body', 'body']],
    ['a body alone is no answer for API Gateway', { body: '[3, 1]' }, '{"body":"[3, 1]"}', ['Payload']],
  ])('%s', (_what, payload, text, names) => {
    const unwrapped = unwrap(json(payload));
    expect(unwrapped.text).toBe(text);
    expect(unwrapped.steps.map(({ name }) => name)).toEqual(names);
  });

  test('keeps the content type, whatever the case of its header, and what is no JSON', () => {
    const payload = { statusCode: 200, headers: { 'Content-Type': 'text/csv' }, body: '0.2,0.8' };
    expect(unwrap(json(payload))).toMatchObject({ contentType: 'text/csv', text: '0.2,0.8' });
    expect(unwrap(bytes('<html>'))).toMatchObject({ text: '<html>', steps: [{ says: '6 bytes that are no JSON.' }] });
  });

  test("leaves Python's NaN to the reading of the answer", () => {
    const { text, contentType } = unwrap(bytes('{"statusCode": 200, "body": "[NaN, 1.0]"}'));
    expect(readAnswer(text, contentType)).toMatchObject({ heading: '1 of 2 numbers are NaN or infinite' });
    expect(unwrap(bytes('NaN')).steps).toHaveLength(1);
  });
});

describe('a denial', () => {
  test('names principal, role, action, resource and reason, also within an exception of boto3', () => {
    expect(findDenial(refusal)).toEqual({
      principal: session,
      role: 'predict-role',
      action: 'sagemaker:InvokeEndpoint',
      resource: endpointArn,
      because: 'because no identity-based policy allows the sagemaker:InvokeEndpoint action',
    });
  });

  test.each([
    [`${refusal}.`, endpointArn],
    [JSON.stringify({ message: refusal }), endpointArn],
    [`[ERROR] ClientError: ${refusal}\nTraceback (most recent call last):`, endpointArn],
    ['User: arn:aws:iam::1:user/me is not authorized to perform: lambda:InvokeFunction on resource: arn:x.', 'arn:x'],
    ['User: arn:aws:iam::1:user/me is not authorized to perform: s3:ListAllMyBuckets', undefined],
  ])('is found in %j', (text, resource) => {
    expect(findDenial(text)?.resource).toBe(resource);
  });

  test('is none in other refusals', () => {
    expect(findDenial('Access Denied')).toBeUndefined();
  });

  test("of the function's role is told with what to do, whether the handler let it pass or answered it", () => {
    const raised = functionFailure(
      'predict',
      JSON.stringify({ errorType: 'ClientError', errorMessage: refusal }),
      {},
      [],
    );
    const answered = statusFailure('predict', 502, JSON.stringify({ message: refusal }), []);
    const logged = statusFailure('predict', 502, '{"message": "The model failed."}', [`[ERROR] ${refusal}`]);
    for (const failure of [raised, answered, logged]) {
      expect(failure).toMatchObject({
        kind: 'denied',
        message: `The role predict-role may not sagemaker:InvokeEndpoint on ${endpointArn}.`,
        advice: 'Allow sagemaker:InvokeEndpoint in the policy of predict-role, and send it again.',
        denial: { principal: session },
      });
    }
  });
});

describe('the failure of a function', () => {
  const failure = (errorType: string, errorMessage: string, bounds = {}) =>
    functionFailure('predict', JSON.stringify({ errorType, errorMessage }), bounds, []);

  test.each([
    [
      'Sandbox.Timedout',
      'RequestId: 1 Error: Task timed out after 3.00 seconds',
      'ended after 3.00 seconds',
      'timeout',
    ],
    [
      'Runtime.ExitError',
      'RequestId: 1 Error: Runtime exited with error: signal: killed',
      'its memory of 128 MB',
      'code',
    ],
    [
      'Runtime.ImportModuleError',
      "Unable to import module 'f': No module named 'requests'",
      'cannot be imported',
      'code',
    ],
    ['Runtime.UserCodeSyntaxError', "Syntax error in module 'f'", 'is not valid Python', 'code'],
    ['Function.ResponseSizeTooLarge', 'Response payload size exceeded maximum', 'larger than 6.0 MB', 'code'],
    [
      'ValidationError',
      'Endpoint breeds of account 123456789012 not found.',
      'behind the function is not there',
      'code',
    ],
    ['ValueError', 'the picture is grey', 'predict failed: ValueError: the picture is grey', 'code'],
  ])('%s: %s', (type, message, says, kind) => {
    const found = failure(type, message, { memory: 128 });
    expect(found.message).toContain(says);
    expect(found.kind).toBe(kind);
  });

  test("is told with Python's traceback, and with its words where the payload is none of Lambda's", () => {
    const payload = {
      errorType: 'KeyError',
      errorMessage: "'url'",
      stackTrace: ['  File "/var/task/f.py", line 3, in handler\n    event["url"]\n'],
    };
    expect(functionFailure('predict', JSON.stringify(payload), {}, []).said).toBe(
      'Traceback (most recent call last):\n  File "/var/task/f.py", line 3, in handler\n    event["url"]\nKeyError: \'url\'',
    );
    expect(functionFailure('predict', 'gone wrong', {}, []).message).toBe('predict failed: gone wrong');
  });

  test('is a status of 400 or more, with the words of its body', () => {
    expect(statusFailure('predict', 400, '{"error": "no url"}', [])).toMatchObject({
      kind: 'status',
      message: 'predict answered 400: no url',
      advice: expect.stringContaining('event') as string,
    });
    expect(statusFailure('predict', 502, 'x', [])).toMatchObject({ message: 'predict answered 502.' });
  });
});

describe('the time of a call', () => {
  const line =
    'REPORT RequestId: 4f\tDuration: 12.51 ms\tBilled Duration: 163 ms\tMemory Size: 128 MB\tMax Memory Used: 90 MB\tInit Duration: 150.20 ms\t';

  test("is read from Lambda's REPORT", () => {
    expect(findReport(['START RequestId: 4f Version: 1', 'Duration: 1 ms', line])).toEqual({
      ...{ requestId: '4f', duration: 12.51, billed: 163, memorySize: 128, maxMemoryUsed: 90, init: 150.2 },
    });
    expect(findReport([line.replace(/\tInit.*/, '\tStatus: timeout')])).toMatchObject({ status: 'timeout' });
    expect(findReport([line.replace(/\tInit.*/, '')])).not.toHaveProperty('init');
    expect(findReport(['REPORT of the day'])).toBeUndefined();
  });

  test('is split into parts that sum to it', () => {
    const start = { name: 'function init', milliseconds: 150 };
    const cold = parts({ total: 200, start, code: ['function', 12] });
    expect(cold.parts.map(({ part, milliseconds }) => [part, milliseconds])).toEqual([
      ['start', 150],
      ['code', 12],
      ['rest', 38],
    ]);
    expect(cold.cold).toBe(true);
    // Provisioned: the environment was made before the call came.
    expect(parts({ total: 20, start, code: ['function', 12] })).toMatchObject({
      cold: false,
      parts: [{}, { part: 'rest' }],
    });
    expect(parts({ total: 20 }).parts).toEqual([{ part: 'rest', name: 'service and network', milliseconds: 20 }]);
  });
});
