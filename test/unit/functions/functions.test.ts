import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { FunctionDetail } from '../../../src/aws/gateways/functions.js';
import { executionPolicy, filledPolicy, mayInvoke } from '../../../src/functions/executionPolicy.js';
import { changesAnything, type DeployedFunction, functionChanges } from '../../../src/functions/functionChanges.js';
import {
  configurationRequest,
  functionRequest,
  type FunctionPlan,
  roleRequest,
} from '../../../src/functions/functionRequests.js';

const policy = (actions: string[]) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Sid: 'Call', Effect: 'Allow', Action: actions, Resource: '*' }],
  });

const plan: FunctionPlan = {
  name: 'breeds-predict',
  handler: 'lambda_function.lambda_handler',
  runtime: 'python3.13',
  memorySize: 256,
  timeout: 30,
  environment: { ENDPOINT_NAME: 'breeds-classifier', A_FIRST: '1' },
  role: {
    name: 'breeds-predict',
    arn: 'arn:aws:iam::123456789012:role/breeds-predict',
    policy: policy(['sagemaker:InvokeEndpoint']),
  },
  alias: 'live',
  reservedConcurrency: undefined,
  provisionedConcurrency: undefined,
  code: { bytes: new Uint8Array([80, 75]), sha256: 'aaaaaaaaaaaaaaaaaaaa=' },
  tags: { 'workbench:project': 'breeds', 'workbench:entry': 'functions.predict' },
};

test('the requests of a function are the same, byte for byte', async () => {
  const requests = {
    CreateRole: roleRequest(plan),
    CreateFunction: functionRequest(plan),
    UpdateFunctionConfiguration: configurationRequest(plan, 'revision-1'),
  };
  const zip = (_: string, value: unknown) => (value instanceof Uint8Array ? `${value.length} bytes` : value);
  await expect(`${JSON.stringify(requests, zip, 2)}\n`).toMatchFileSnapshot(
    path.join(import.meta.dirname, 'functionRequests.golden.json'),
  );
});

const setup = {
  runtime: plan.runtime,
  memory: plan.memorySize,
  timeout: plan.timeout,
  handler: plan.handler,
  role: plan.role.arn,
  environment: plan.environment,
  codeSha256: plan.code.sha256,
};
const version = { ...setup, version: '3', description: '', modified: new Date(0) };
const detail = {
  ...setup,
  name: plan.name,
  arn: 'arn:aws:lambda:us-east-1:123456789012:function:breeds-predict',
  modified: new Date(0),
  revision: 'revision-1',
  reservedConcurrency: undefined,
  versions: [version],
  aliases: [{ name: 'live', arn: '', version: '3' }],
  provisioned: [],
} as unknown as FunctionDetail;
const deployed: DeployedFunction = {
  function: detail,
  role: { arn: plan.role.arn, trustPolicy: '', tags: plan.tags },
  policy: plan.role.policy,
};
const nothing: DeployedFunction = { function: undefined, role: undefined, policy: undefined };

/** The calls that are made, and each difference as `what: now → then`. */
function changes(wanted: FunctionPlan, there: DeployedFunction) {
  const { differences, ...calls } = functionChanges(wanted, there);
  return {
    calls: Object.entries(calls).flatMap(([call, made]) => (made ? [call] : [])),
    says: differences.map(({ what, now, then }) => `${what}: ${now ?? '-'} → ${then ?? '-'}`),
  };
}

describe('what a deployment changes', () => {
  test('is nothing for what is there already, however its policy is written', () => {
    const written = JSON.stringify(JSON.parse(plan.role.policy!), null, 4);
    const same = { ...deployed, policy: written };
    expect(changes(plan, same)).toEqual({ calls: [], says: [] });
    expect(changesAnything(functionChanges(plan, same))).toBe(false);
  });

  test('is everything where nothing is', () => {
    const { calls, says } = changes({ ...plan, reservedConcurrency: 5, provisionedConcurrency: 1 }, nothing);
    expect(calls).toEqual(['createRole', 'putPolicy', 'create', 'publish', 'reserve', 'provision']);
    expect(says).toContain('memory: - → 256 MB');
    expect(says).toContain('environment: ENDPOINT_NAME: - → breeds-classifier');
    expect(says).toContain('policy: Call: - → Allow sagemaker:InvokeEndpoint on *');
    expect(says).toContain('alias live: - → the version of this deployment');
    expect(says).toContain('provisioned concurrency: - → 1');
  });

  test.each<[string, Partial<FunctionPlan>, string[], string[]]>([
    [
      'code',
      { code: { bytes: plan.code.bytes, sha256: 'bbbbbbbbbbbbbbbbbbbb=' } },
      ['updateCode', 'publish'],
      ['code: SHA-256 aaaaaaaaaaaa… → SHA-256 bbbbbbbbbbbb…', 'alias live: version 3 → the version of this deployment'],
    ],
    [
      'configuration',
      { timeout: 60, environment: { ENDPOINT_NAME: 'other' } },
      ['updateConfiguration', 'publish'],
      [
        'timeout: 30 s → 60 s',
        'environment: A_FIRST: 1 → -',
        'environment: ENDPOINT_NAME: breeds-classifier → other',
        'alias live: version 3 → the version of this deployment',
      ],
    ],
    [
      'policy alone',
      { role: { ...plan.role, policy: policy(['sagemaker:*']) } },
      ['putPolicy'],
      ['policy: Call: Allow sagemaker:InvokeEndpoint on * → Allow sagemaker:* on *'],
    ],
    ['another alias', { alias: 'blue' }, ['publish'], ['alias blue: - → the version of this deployment']],
    ['concurrency alone', { reservedConcurrency: 5 }, ['reserve'], ['reserved concurrency: - → 5']],
  ])('%s', (_, changed, calls, says) => {
    expect(changes({ ...plan, ...changed }, deployed)).toEqual({ calls, says });
  });

  test('is told from what callers get, not from what was updated and never published', () => {
    const halfway = { ...detail, codeSha256: 'bbbbbbbbbbbbbbbbbbbb=' };
    const wanted = { ...plan, code: { bytes: plan.code.bytes, sha256: 'bbbbbbbbbbbbbbbbbbbb=' } };
    expect(changes(wanted, { ...deployed, function: halfway }).calls).toEqual(['publish']);
  });

  test('is also what was to be started ahead and has failed', () => {
    const status = { qualifier: 'live', requested: 2, available: 0, reason: undefined };
    const there = (one: 'READY' | 'FAILED') => ({
      ...deployed,
      function: { ...detail, provisioned: [{ ...status, status: one }] },
    });
    const wanted = { ...plan, provisionedConcurrency: 2 };
    expect(changes(wanted, there('READY'))).toEqual({ calls: [], says: [] });
    expect(changes(wanted, there('FAILED'))).toEqual({
      calls: ['provision'],
      says: ['provisioned concurrency: 2, which failed → 2'],
    });
  });

  test('leaves a role alone that the file only names', () => {
    const named = { ...plan, role: { ...plan.role, policy: undefined } };
    expect(changes(named, nothing).calls).toEqual(['create', 'publish']);
  });
});

describe('a policy file', () => {
  const place = { partition: 'aws', region: 'eu-west-1', account: '210987654321' };
  const text = JSON.stringify({
    Version: '2012-10-17',
    Statement: {
      Effect: 'Allow',
      Action: 'sagemaker:InvokeEndpoint',
      Resource: 'arn:${AWS::Partition}:sagemaker:${AWS::Region}:${AWS::AccountId}:endpoint/breeds',
      Condition: { StringEquals: { 'aws:PrincipalAccount': '${aws:PrincipalAccount}' } },
    },
  });

  test('is filled in, and keeps the variables of IAM', () => {
    expect(filledPolicy(text, place)).toContain('arn:aws:sagemaker:eu-west-1:210987654321:endpoint/breeds"');
    expect(filledPolicy(text, place)).toContain('${aws:PrincipalAccount}');
  });

  test('lets the function call the endpoint that it names, in whatever case, and no other', () => {
    const read = executionPolicy(text, place);
    expect([mayInvoke(read, 'Breeds', place), mayInvoke(read, 'cats', place)]).toEqual([true, false]);
  });

  test.each([['${AWS::StackName}'], ['{'], ['[]']])('is refused: %s', (broken) => {
    expect(() => executionPolicy(broken, place)).toThrow();
  });
});
