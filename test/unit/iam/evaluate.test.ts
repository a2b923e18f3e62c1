import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PolicySet } from '../../../src/iam/evaluate.js';
import { allow, decide, deny, named } from './policies.js';

const churn = 'arn:aws:sagemaker:us-east-1:123456789012:endpoint/churn';
const other = 'arn:aws:sagemaker:us-east-1:123456789012:endpoint/other';
const invoke = 'sagemaker:InvokeEndpoint';
const outcome = (...args: Parameters<typeof decide>): string => decide(...args).outcome;

describe('identity policies', () => {
  test('deny what none of them mentions', () => {
    expect(decide([allow('s3:*')], invoke, churn)).toEqual({
      outcome: 'ImplicitlyDenied',
      by: 'identity-based policy',
    });
    expect(outcome({ identity: [] }, invoke, churn)).toBe('ImplicitlyDenied');
  });

  test('allow the exact resource and no other', () => {
    expect(outcome([allow(invoke, churn)], invoke, churn)).toBe('Allowed');
    expect(outcome([allow(invoke, churn)], invoke, other)).toBe('ImplicitlyDenied');
    expect(outcome([allow(invoke, churn)], invoke, churn.toUpperCase())).toBe('ImplicitlyDenied');
  });

  test('take wildcards, and actions in any case', () => {
    expect(outcome([allow('SageMaker:invoke*', 'arn:aws:sagemaker:*:*:endpoint/ch?rn')], invoke, churn)).toBe(
      'Allowed',
    );
    expect(outcome([allow('sagemaker:Invoke?', '*')], invoke, churn)).toBe('ImplicitlyDenied');
    expect(outcome([allow('*', '*')], invoke, churn)).toBe('Allowed');
  });

  test('let an explicit deny win, wherever it stands', () => {
    const policies = { identity: [named('one', allow('*')), named('two', deny(invoke, churn))] };
    expect(outcome(policies, invoke, churn)).toBe('ExplicitlyDenied');
    expect(outcome(policies, invoke, other)).toBe('Allowed');
  });

  test('say which statement decided', () => {
    const identity = [
      named('first', allow('s3:*')),
      named('second', allow('ec2:*'), { Sid: 'Mine', ...allow(invoke) }),
    ];
    const decision = decide({ identity }, invoke, churn);
    expect(decision).toMatchObject({
      outcome: 'Allowed',
      reason: { index: 1, statement: { sid: 'Mine' }, policy: { name: 'second' } },
    });
  });

  test('with NotAction speak of everything else', () => {
    const policy = [{ Effect: 'Allow', NotAction: 'iam:*', Resource: '*' }];
    expect(outcome(policy, invoke, churn)).toBe('Allowed');
    expect(outcome(policy, 'iam:CreateRole', '*')).toBe('ImplicitlyDenied');
  });

  test('with NotResource spare the resource', () => {
    const policy = [allow('*'), { Effect: 'Deny', Action: invoke, NotResource: churn }];
    expect(outcome(policy, invoke, churn)).toBe('Allowed');
    expect(outcome(policy, invoke, other)).toBe('ExplicitlyDenied');
  });

  test('with a NotResource that cannot be resolved say nothing', () => {
    const policy = [{ Effect: 'Allow', Action: '*', NotResource: 'arn:aws:s3:::${aws:username}/*' }];
    expect(outcome(policy, 's3:GetObject', 'arn:aws:s3:::ana/x')).toBe('ImplicitlyDenied');
    expect(outcome(policy, 's3:GetObject', 'arn:aws:s3:::bob/x', { 'aws:username': 'ana' })).toBe('Allowed');
  });

  test('apply only where their condition holds', () => {
    const tagged = [allow(invoke, '*', { StringEquals: { 'aws:ResourceTag/team': 'red' } })];
    expect(outcome(tagged, invoke, churn, { 'aws:ResourceTag/team': 'red' })).toBe('Allowed');
    expect(outcome(tagged, invoke, churn, { 'aws:ResourceTag/team': 'blue' })).toBe('ImplicitlyDenied');
    expect(outcome(tagged, invoke, churn)).toBe('ImplicitlyDenied');
    const oneModel = [allow(invoke, '*', { StringLike: { 'sagemaker:TargetModel': 'churn-*' } })];
    expect(outcome(oneModel, invoke, churn, { 'sagemaker:TargetModel': 'churn-2' })).toBe('Allowed');
  });

  test('pass a role to one service only', () => {
    const role = 'arn:aws:iam::123456789012:role/train';
    const policy = [
      allow('iam:PassRole', role, { StringEquals: { 'iam:PassedToService': 'sagemaker.amazonaws.com' } }),
    ];
    const passed = (service: string) => outcome(policy, 'iam:PassRole', role, { 'iam:PassedToService': service });
    expect(passed('sagemaker.amazonaws.com')).toBe('Allowed');
    expect(passed('lambda.amazonaws.com')).toBe('ImplicitlyDenied');
  });

  test('resolve the variables of resources', () => {
    const policy = [allow('s3:GetObject', 'arn:aws:s3:::b/${aws:username}/*')];
    const read = (user: string) => outcome(policy, 's3:GetObject', 'arn:aws:s3:::b/ana/x', { 'aws:username': user });
    expect([read('ana'), read('bob')]).toEqual(['Allowed', 'ImplicitlyDenied']);
  });
});

describe('boundaries and session policies', () => {
  const all = [named('all', allow('*'))];

  test('only restrict', () => {
    const boundary = named('limit', allow('sagemaker:*'));
    expect(outcome({ identity: [], boundary }, invoke, churn)).toBe('ImplicitlyDenied');
    expect(decide({ identity: all, boundary }, 's3:GetObject', '*')).toEqual({
      outcome: 'ImplicitlyDenied',
      by: 'permissions boundary',
    });
    expect(outcome({ identity: all, boundary }, invoke, churn)).toBe('Allowed');
  });

  test('allow together what one of several session policies allows', () => {
    const session = [named('one', allow('s3:*')), named('two', allow(invoke))];
    expect(outcome({ identity: all, session }, invoke, churn)).toBe('Allowed');
    expect(decide({ identity: all, session }, 'iam:GetRole', '*')).toMatchObject({ by: 'session policy' });
    expect(outcome({ identity: all, session: [] }, invoke, churn)).toBe('ImplicitlyDenied');
  });

  test('deny for everyone', () => {
    const session = [named('one', allow('*'), deny(invoke))];
    expect(decide({ identity: all, session }, invoke, churn)).toMatchObject({
      outcome: 'ExplicitlyDenied',
      by: 'session policy',
    });
  });
});

describe('any policies', () => {
  const statement: fc.Arbitrary<object> = fc.record({
    Effect: fc.constantFrom('Allow', 'Deny'),
    Action: fc.constantFrom('*', 's3:*', 's3:Get*', 's3:GetObject', 'sagemaker:*', invoke),
    Resource: fc.constantFrom('*', churn, 'arn:aws:sagemaker:*:*:endpoint/*', 'arn:aws:s3:::b/*', 'arn:aws:s3:::b/k'),
    Condition: fc.constantFrom({}, { Bool: { 'aws:SecureTransport': 'true' } }, { StringNotEquals: { 'a:b': 'c' } }),
  });
  const request = fc.constantFrom([invoke, churn] as const, ['s3:GetObject', 'arn:aws:s3:::b/k'] as const);
  const context = fc.constantFrom({}, { 'aws:SecureTransport': 'true' }, { 'a:b': 'c' });
  const set = fc.array(fc.array(statement, { minLength: 1, maxLength: 3 }), { maxLength: 4 });
  const policySet = (documents: readonly object[][]): PolicySet => ({
    identity: documents.map((statements, index) => named(`policy${index}`, ...statements)),
  });

  test('deny when one more statement denies, whatever the others say', () => {
    fc.assert(
      fc.property(set, fc.nat(), request, context, (documents, position, [action, resource], values) => {
        const denying = [...documents];
        denying.splice(position % (documents.length + 1), 0, [deny(action, resource)]);
        expect(outcome(policySet(denying), action, resource, values)).toBe('ExplicitlyDenied');
      }),
    );
  });

  test('allow no less when one more statement allows', () => {
    fc.assert(
      fc.property(set, statement, request, context, (documents, more, [action, resource], values) => {
        const before = outcome(policySet(documents), action, resource, values);
        const after = outcome(policySet([...documents, [{ ...more, Effect: 'Allow' }]]), action, resource, values);
        if (before !== 'ImplicitlyDenied') expect(after).toBe(before);
        else expect(['ImplicitlyDenied', 'Allowed']).toContain(after);
      }),
    );
  });

  test('decide the same in any order', () => {
    fc.assert(
      fc.property(set, request, context, (documents, [action, resource], values) => {
        const turned = documents.toReversed().map((statements) => statements.toReversed());
        const verdict = outcome(policySet(documents), action, resource, values);
        expect(outcome(policySet(turned), action, resource, values)).toBe(verdict);
      }),
    );
  });

  test('allow no more under a boundary than without one', () => {
    fc.assert(
      fc.property(set, fc.array(statement, { minLength: 1 }), request, context, (documents, limit, [a, r], values) => {
        const free = policySet(documents);
        const bound = { ...free, boundary: named('boundary', ...limit) };
        if (outcome(bound, a, r, values) === 'Allowed') expect(outcome(free, a, r, values)).toBe('Allowed');
      }),
    );
  });
});
