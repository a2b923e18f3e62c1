import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { contextKeys, parsePolicy } from '../../../src/iam/policy.js';
import { allow, document, refusal } from './policies.js';

const trusting = (principal: unknown, more: object = {}): string =>
  document({ Effect: 'Allow', Principal: principal, Action: 'sts:AssumeRole', ...more });
const service = { Service: 'sagemaker.amazonaws.com' };

describe('a policy document', () => {
  test('may hold one statement or several, each with one value or several', () => {
    const one = JSON.stringify({ Version: '2012-10-17', Id: 'mine', Statement: allow('s3:*') });
    expect(parsePolicy(one, 'managed').statements).toHaveLength(1);
    const two = document(allow(['s3:Get*', 's3:List*'], ['arn:aws:s3:::a', 'arn:aws:s3:::a/*']), allow('*'));
    expect(parsePolicy(two, 'managed').statements).toHaveLength(2);
  });

  test('tells on which condition keys it depends', () => {
    const text = document(
      allow('s3:*', 'arn:aws:s3:::${aws:PrincipalTag/team}/*', { StringLike: { 's3:prefix': 'a*' } }),
      allow('s3:*', '*', { Null: { 's3:prefix': 'true' }, Bool: { 'aws:SecureTransport': 'true' } }),
    );
    expect(contextKeys(parsePolicy(text, 'inline'))).toEqual([
      'aws:PrincipalTag/team',
      's3:prefix',
      'aws:SecureTransport',
    ]);
  });

  const refused: [name: string, text: string, message: string][] = [
    ['not JSON', '{', 'Syntax errors in policy.'],
    ['no object', '"*"', 'Syntax errors in policy. (the document is not a JSON object)'],
    ['no statement', '{"Version":"2012-10-17"}', 'Syntax errors in policy. (Statement is missing)'],
    ['an empty list', '{"Version":"2012-10-17","Statement":[]}', 'Syntax errors in policy. (Statement is missing)'],
    [
      'an unknown element',
      document({ ...allow('s3:*'), Ressource: '*' }),
      'Syntax errors in policy. (Statement 1 has an unknown element Ressource)',
    ],
    [
      'both of a pair',
      document({ ...allow('s3:*'), NotAction: 's3:*' }),
      'Syntax errors in policy. (Statement 1 has both Action and NotAction)',
    ],
    [
      'an unknown operator',
      document(allow('s3:*', '*', { StringEqualz: { 'a:b': 'c' } })),
      'Syntax errors in policy. (Statement 1: there is no condition operator StringEqualz)',
    ],
    [
      'a condition without operator',
      document(allow('s3:*', '*', { 'servicecatalog:accountLevel': 'self' })),
      'Syntax errors in policy. (Statement 1: Condition servicecatalog:accountLevel is not a JSON object)',
    ],
    [
      'a lower-case effect',
      document({ ...allow('s3:*'), Effect: 'allow' }),
      'The policy failed legacy parsing (Statement 1: Effect must be Allow or Deny)',
    ],
    [
      'the old version',
      JSON.stringify({ Version: '2008-10-17', Statement: allow('s3:*') }),
      'Policy document must be version 2012-10-17 or greater.',
    ],
    [
      'a Sid twice',
      document({ Sid: 'A', ...allow('s3:*') }, { Sid: 'A', ...allow('ec2:*') }),
      'Statement IDs (SID) in a single policy must be unique.',
    ],
    ['no action', document({ Effect: 'Allow', Resource: '*' }), 'Policy statement must contain actions.'],
    ['no resource', document({ Effect: 'Allow', Action: 's3:*' }), 'Policy statement must contain resources.'],
    ['empty resources', document(allow('s3:*', [])), 'Policy statement must contain resources.'],
    [
      'an action without service',
      document(allow('GetObject')),
      'Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.',
    ],
    ['two colons', document(allow('ec2:ec2:Run')), 'Actions/Condition can contain only one colon.'],
    ['a strange service', document(allow('s 3:Get')), 'Vendor s 3 is not valid'],
    ['no ARN', document(allow('s3:*', 'bucket')), 'Resource bucket must be in ARN format or "*".'],
    [
      'a wrong partition',
      document(allow('s3:*', 'arn:ams:s3:::b')),
      'Partition "ams" is not valid for resource "arn:ams:s3:*:*:b".',
    ],
    [
      'a region in IAM',
      document(allow('iam:*', 'arn:aws:iam:us-east-1:1:role/x')),
      'IAM resource arn:aws:iam:us-east-1:1:role/x cannot contain region information.',
    ],
    ['a principal', document({ ...allow('s3:*'), Principal: '*' }), 'Policy document should not specify a principal.'],
    [
      'no date',
      document(allow('s3:*', '*', { DateLessThan: { 'aws:CurrentTime': 'soon' } })),
      'The policy failed legacy parsing (Statement 1: aws:CurrentTime is not compared with a date)',
    ],
  ];
  test.each(refused)('is refused for %s, in AWS’s words', (_name, text, message) => {
    expect(refusal(text)).toContain(`MalformedPolicy: ${message}`);
  });

  test('of the old version is good as an inline policy', () => {
    expect(refusal(JSON.stringify({ Statement: allow('s3:*') }), 'inline')).toBeUndefined();
  });

  test('is either taken or refused by name, whatever the JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom('managed', 'inline', 'trust'), (value, kind) => {
        const around = { Version: '2012-10-17', Statement: value };
        expect(refusal(JSON.stringify(around), kind)).toMatch(/^MalformedPolicy: /);
      }),
    );
  });
});

describe('a trust policy', () => {
  test('names who may assume the role', () => {
    const text = trusting({ ...service, AWS: ['123456789012', 'arn:aws:iam::123456789012:role/a'] });
    expect(parsePolicy(text, 'trust').statements[0]?.principals).toEqual([
      { kind: 'AWS', id: '123456789012' },
      { kind: 'AWS', id: 'arn:aws:iam::123456789012:role/a' },
      { kind: 'Service', id: 'sagemaker.amazonaws.com' },
    ]);
  });

  const refused: [name: string, text: string, message: string][] = [
    ['no principal', document({ Effect: 'Allow', Action: 'sts:AssumeRole' }), 'Missing required field Principal'],
    ['a resource', trusting(service, { Resource: '*' }), 'Has prohibited field Resource'],
    [
      'other actions',
      trusting(service, { Action: 's3:*' }),
      'AssumeRole policy may only specify STS AssumeRole actions.',
    ],
    [
      'NotPrincipal',
      document({ Effect: 'Allow', NotPrincipal: service, Action: 'sts:AssumeRole' }),
      'AssumeRole policy must not contain NotPrincipal field.',
    ],
    ['a bare star', trusting('*'), 'Invalid principal in policy.'],
    [
      'a kind of principal that there is not',
      trusting({ User: 'x' }),
      'Syntax errors in policy. (Principal has an unknown element User)',
    ],
  ];
  test.each(refused)('is refused for %s', (_name, text, message) => {
    expect(refusal(text, 'trust')).toBe(`MalformedPolicy: ${message}`);
  });
});
