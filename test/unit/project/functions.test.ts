import { describe, expect, test } from 'vitest';
import { handlerPlace } from '../../../src/project/functions.js';
import { readProject } from '../../../src/project/read.js';

const breeds = { model: { data: 's3://b/m.tar.gz' }, inference: 'inference.py', instance: { type: 'ml.m5.large' } };
const predict = {
  handler: 'lambda_function.lambda_handler',
  endpoint: 'endpoints.breeds',
  policy: 'policies/predict.json',
};

const read = (changes: object = {}) =>
  readProject(JSON.stringify({ endpoints: { breeds }, functions: { predict: { ...predict, ...changes } } }, null, 1));

/** What is said about a change of the function, as `path: message`; no project is made of it. */
const said = (changes: object): string[] => {
  const { project, diagnostics } = read(changes);
  expect(project).toBeUndefined();
  return diagnostics.map(({ path, message }) => `${path.slice(2).join('.')}: ${message}`);
};

describe('a function in a project file', () => {
  test('is read with what Lambda has for what is left out', () => {
    const { project, diagnostics, entries } = read();
    expect(diagnostics).toEqual([]);
    expect(project?.functions['predict']).toEqual({
      ...predict,
      runtime: 'python3.13',
      memorySize: 128,
      timeout: 3,
      environment: {},
      alias: 'live',
    });
    expect(entries.map(({ section, name }) => `${section}.${name}`)).toContain('functions.predict');
  });

  test.each([
    [
      { handler: 'lambda_function' },
      'handler: A handler is a module and its function, "lambda_function.lambda_handler".',
    ],
    [{ handler: 'a.py' }, 'handler: A handler is a module and its function, "lambda_function.lambda_handler".'],
    [{ handler: '../a.f' }, 'handler: A handler is a module and its function, "lambda_function.lambda_handler".'],
    [{ timeout: 901 }, 'timeout: A function has at most 900 seconds, 15 minutes.'],
    [{ timeout: 0 }, 'timeout: At least one second.'],
    [{ memorySize: 64 }, 'memorySize: A function has at least 128 MB.'],
    [{ memorySize: 20_000 }, 'memorySize: A function has at most 10240 MB.'],
    [{ runtime: 'nodejs22.x' }, 'runtime: A runtime is "python3.9" to "python3.14".'],
    [{ alias: '12' }, 'alias: An alias has letters, digits, "-" and "_", and is no number.'],
    [{ alias: '$LATEST' }, 'alias: An alias has letters, digits, "-" and "_", and is no number.'],
    [{ endpoint: 'breeds' }, 'endpoint: An endpoint is "endpoints.<name>".'],
    [{ endpoint: 'endpoints.cats' }, 'endpoint: There is no "endpoints.cats" in this file.'],
    [{ role: 'other' }, 'role: A role that exists has its own policies: leave "policy" out, or "role".'],
    [{ policy: undefined }, ': A function needs "policy", the file of what it may do, or "role", one that exists.'],
    [
      { environment: { AWS_REGION: 'x' } },
      'environment.AWS_REGION: Lambda sets this variable itself and refuses another value.',
    ],
    [{ environment: { TEXT: 'x'.repeat(4096) } }, 'environment: The environment of a function has at most 4 KB.'],
    [
      { environment: { ENDPOINT_NAME: 'x' } },
      'environment.ENDPOINT_NAME: "endpoint" sets ENDPOINT_NAME: leave one of the two out.',
    ],
    [
      { reservedConcurrency: 2, provisionedConcurrency: 3 },
      'provisionedConcurrency: 3 provisioned environments are more than the 2 that are reserved.',
    ],
    [
      { provisionedConcurrency: 0 },
      'provisionedConcurrency: A provisioned concurrency is 1 or more; leave it out for none.',
    ],
    [{ memory: 256 }, 'memory: Unknown key "memory".'],
  ])('%j', (changes, message) => {
    expect(said(changes)).toEqual([message]);
  });

  test('a file in the place of a handler is one word away from it', () => {
    const fixes = read({ handler: 'api/predict.py' }).diagnostics.flatMap((one) => one.fixes);
    expect(fixes.map(({ replacement }) => replacement)).toEqual(['"api/predict.lambda_handler"']);
  });

  test.each([
    ['lambda_function.lambda_handler', 'lambda_function.py', 'lambda_handler'],
    ['api/predict.handler', 'api/predict.py', 'handler'],
    ['api.predict.handler', 'api/predict.py', 'handler'],
  ])('the handler %s is in %s', (handler, file, name) => {
    expect(handlerPlace({ handler })).toEqual({ file, name });
  });
});
