import { describe, expect, test } from 'vitest';
import {
  functionEnvironment,
  functionLogStream,
  provisionedInitLimitMs,
  traceId,
} from '../../../src/container/functionEnvironment.js';
import {
  type EnvironmentFailure,
  failurePayload,
  failureType,
  initReportLine,
  reportLine,
} from '../../../src/container/functionMessages.js';

const id = '527cb862-4f5e-49a9-9ae4-a7edc90f0fda';
const megabyte = 1024 * 1024;

describe('the report of an invocation', () => {
  const report = { requestId: id, durationMs: 3016.78, initMs: 84, memorySize: 128, memoryUsed: 31 * megabyte };

  test('is the one of the developer guide: the start is billed, and a timeout is a status', () => {
    expect(reportLine({ ...report, failed: { status: 'timeout' } })).toBe(
      `REPORT RequestId: ${id}\tDuration: 3016.78 ms\tBilled Duration: 3101 ms\tMemory Size: 128 MB\t` +
        'Max Memory Used: 31 MB\tInit Duration: 84.00 ms\tStatus: timeout',
    );
    const crash = { ...report, durationMs: 133.61, initMs: 80 };
    expect(reportLine({ ...crash, failed: { status: 'error', errorType: 'Runtime.ExitError' } })).toContain(
      '\tBilled Duration: 214 ms\tMemory Size: 128 MB\tMax Memory Used: 31 MB\tInit Duration: 80.00 ms\t' +
        'Status: error\tError Type: Runtime.ExitError',
    );
  });

  test('ends with a tab when all went well, and shows no more memory than there is', () => {
    expect(
      reportLine({ ...report, durationMs: 1, initMs: undefined, memoryUsed: 500 * megabyte, failed: undefined }),
    ).toBe(
      `REPORT RequestId: ${id}\tDuration: 1.00 ms\tBilled Duration: 1 ms\tMemory Size: 128 MB\tMax Memory Used: 128 MB\t`,
    );
  });

  test('bills a whole millisecond as one, whatever binary fractions make of it', () => {
    const sum = { ...report, durationMs: 0.1 + 0.2 + 0.7, initMs: 1, failed: undefined };
    expect(reportLine(sum)).toContain('\tBilled Duration: 2 ms\t');
    expect(reportLine({ ...sum, durationMs: 1.01 })).toContain('\tBilled Duration: 3 ms\t');
  });
});

test('the report of a start names the phase, and what went wrong', () => {
  expect(initReportLine(154.03, 'init', { status: 'error', errorType: 'Runtime.ExitError' })).toBe(
    'INIT_REPORT Init Duration: 154.03 ms\tPhase: init\tStatus: error\tError Type: Runtime.ExitError',
  );
  expect(initReportLine(3003.83, 'invoke', { status: 'timeout' })).toBe(
    'INIT_REPORT Init Duration: 3003.83 ms\tPhase: invoke\tStatus: timeout',
  );
});

test.each<[EnvironmentFailure, string, string]>([
  [{ kind: 'timeout', seconds: 3 }, 'Sandbox.Timedout', `RequestId: ${id} Error: Task timed out after 3.00 seconds`],
  [{ kind: 'memory' }, 'Runtime.OutOfMemory', `RequestId: ${id} Error: Runtime exited with error: signal: killed`],
  [
    { kind: 'exit', status: 0 },
    'Runtime.ExitError',
    `RequestId: ${id} Error: Runtime exited without providing a reason`,
  ],
  [
    { kind: 'exit', status: 1 },
    'Runtime.ExitError',
    `RequestId: ${id} Error: Runtime exited with error: exit status 1`,
  ],
  [
    { kind: 'exit', status: 137 },
    'Runtime.ExitError',
    `RequestId: ${id} Error: Runtime exited with error: signal: killed`,
  ],
  [
    { kind: 'exit', status: 255 },
    'Runtime.ExitError',
    `RequestId: ${id} Error: Runtime exited with error: exit status 255`,
  ],
  [
    { kind: 'tooLarge' },
    'Function.ResponseSizeTooLarge',
    'Response payload size exceeded maximum allowed payload size (6291556 bytes).',
  ],
])('a failure is answered in words of its own: %j', (failure, errorType, errorMessage) => {
  expect(failureType(failure)).toBe(errorType);
  expect(failurePayload(failure, id)).toEqual({ errorType, errorMessage });
});

describe('an environment', () => {
  const identity = {
    ...{ name: 'predict', version: '3', handler: 'app.handler', runtime: 'python3.12', memorySize: 512 },
    ...{ logGroup: '/aws/lambda/predict', logStream: 'stream', initialization: 'on-demand' as const },
  };
  const keys = { accessKeyId: 'ASIA', secretAccessKey: 'secret', sessionToken: 'token' };
  const places = { root: '/var/task', runtimeDir: '/var/runtime', runtimeApi: '127.0.0.1:9001' };

  test("has the function's own variables, of which none replaces what is reserved", () => {
    const own = { ENDPOINT: 'breeds', TZ: 'Asia/Tokyo', AWS_LAMBDA_FUNCTION_NAME: 'other', AWS_ACCESS_KEY_ID: 'AKIA' };
    expect(functionEnvironment(identity, keys, own, places)).toMatchObject({
      ...{ ENDPOINT: 'breeds', TZ: 'Asia/Tokyo', AWS_LAMBDA_FUNCTION_NAME: 'predict', AWS_ACCESS_KEY_ID: 'ASIA' },
      ...{ AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '512', AWS_EXECUTION_ENV: 'AWS_Lambda_python3.12' },
    });
    expect(functionEnvironment(identity, keys, {}, places)['TZ']).toBe(':UTC');
  });

  test('has a log stream by its day and version, and a trace id by its second', () => {
    const at = new Date('2026-01-02T23:59:59.999Z');
    expect(functionLogStream('$LATEST', '0'.repeat(32), at)).toBe(`2026/01/02/[$LATEST]${'0'.repeat(32)}`);
    expect(traceId('0123456789abcdef01234567', at)).toBe(
      'Root=1-69585bff-0123456789abcdef01234567;Parent=0123456789abcdef;Sampled=0',
    );
  });

  test('that is provisioned may take 130 seconds to start, or its timeout', () => {
    expect([3, 900].map(provisionedInitLimitMs)).toEqual([130_000, 900_000]);
  });
});
