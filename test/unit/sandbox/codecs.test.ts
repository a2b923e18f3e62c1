import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeJson, encodeJson, parseJson } from '../../../src/sandbox/protocol/json.js';
import type { Model, Shape } from '../../../src/sandbox/protocol/model.js';
import { loadModel } from '../../../src/sandbox/protocol/models.js';
import { decodeQuery, encodeXml, parseForm } from '../../../src/sandbox/protocol/query.js';

const [sagemaker, logs, iam, cloudwatch, runtime, sts] = await Promise.all(
  ['sagemaker', 'logs', 'iam', 'cloudwatch', 'sagemaker-runtime', 'sts'].map(loadModel),
);
if (!sagemaker || !logs || !iam || !cloudwatch || !runtime || !sts) throw new Error('a model is missing');

/** Any value that a shape can hold, whatever its constraints. Deep structures stay empty. */
function valueOf(model: Model, shape: Shape, depth = 0): fc.Arbitrary<unknown> {
  if (shape.type === 'structure') {
    const members = Object.entries(shape.members).filter(() => depth < 4);
    return fc.record(
      Object.fromEntries(
        members.map(([name, { shape: inner }]) => [name, valueOf(model, model.shape(inner), depth + 1)]),
      ),
      { requiredKeys: [] },
    );
  }
  if (shape.type === 'list') {
    return fc.array(valueOf(model, model.shape(shape.member.shape), depth + 1), { maxLength: 3 });
  }
  if (shape.type === 'map') {
    const values = valueOf(model, model.shape(shape.value.shape), depth + 1);
    return fc.dictionary(fc.string({ minLength: 1 }), values, { maxKeys: 3, noNullPrototype: true });
  }
  switch (shape.type) {
    case 'string':
    case 'character':
      return fc.string({ unit: 'grapheme' });
    case 'boolean':
      return fc.boolean();
    case 'integer':
      return fc.integer();
    case 'long':
      return fc.maxSafeInteger();
    case 'float':
    case 'double':
      // A sign of zero does not survive JSON.
      return fc.double().map((number) => (number === 0 ? 0 : number));
    case 'timestamp':
      return fc.date({ min: new Date(0), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true });
    case 'blob':
      return fc.uint8Array().map((bytes) => Buffer.from(bytes));
  }
}

describe('JSON', () => {
  test.each([
    ['sagemaker', sagemaker, 'CreateTrainingJobRequest'],
    ['sagemaker', sagemaker, 'DescribeEndpointOutput'],
    ['logs', logs, 'PutLogEventsRequest'],
    ['cloudwatch', cloudwatch, 'PutMetricDataInput'],
    ['cloudwatch', cloudwatch, 'GetMetricDataOutput'],
  ])('%s: what is written is what was read', (_, model, shape) => {
    fc.assert(
      fc.property(valueOf(model, model.shape(shape)), (value) => {
        const text = encodeJson(model, shape, value as Record<string, unknown>);
        expect(decodeJson(model, shape, parseJson(Buffer.from(text)))).toEqual(value);
      }),
      { numRuns: 100 },
    );
  });

  test('any JSON is read, or refused as AWS refuses it', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        try {
          decodeJson(sagemaker, 'CreateTrainingJobRequest', { ResourceConfig: parseJson(Buffer.from(text)) });
        } catch (error) {
          expect(error).toMatchObject({ code: 'SerializationException', status: 400 });
        }
      }),
    );
  });

  test('members that the model does not know, and null, are as if they were not there', () => {
    const input = { TrainingJobName: 'a', Tags: null, Nonsense: 1, constructor: 2 };
    expect(decodeJson(sagemaker, 'CreateTrainingJobRequest', input)).toEqual({ TrainingJobName: 'a' });
  });

  test('times are seconds with a fraction', () => {
    const at = new Date('2026-01-02T03:04:05.678Z');
    expect(encodeJson(sagemaker, 'DescribeTrainingJobResponse', { CreationTime: at })).toBe(
      '{"CreationTime":1767323045.678}',
    );
    expect(() => decodeJson(sagemaker, 'ListTrainingJobsRequest', { CreationTimeAfter: at.toISOString() })).toThrow(
      'STRING_VALUE can not be converted to milliseconds since epoch',
    );
  });

  test('numbers that an integer cannot hold are refused', () => {
    const size = (InstanceCount: number) => () =>
      decodeJson(sagemaker, 'CreateTrainingJobRequest', { ResourceConfig: { InstanceCount } });
    expect(size(2 ** 31 - 1)()).toBeDefined();
    for (const count of [2 ** 31, -(2 ** 31) - 1, 1.5]) expect(size(count)).toThrow('an Integer');
  });
});

describe('query', () => {
  /** A value as clients write it: `Tags.member.1.Key=…`; an empty list or map as `Tags=`. */
  function toForm(model: Model, shape: Shape, value: unknown, name: string, form: URLSearchParams): URLSearchParams {
    if (shape.type === 'structure') {
      for (const [member, inner] of Object.entries(value as object)) {
        const reference = shape.members[member];
        if (reference) toForm(model, model.shape(reference.shape), inner, name ? `${name}.${member}` : member, form);
      }
    } else if (shape.type === 'list') {
      const items = value as unknown[];
      if (items.length === 0) form.append(name, '');
      items.forEach((item, index) => {
        toForm(model, model.shape(shape.member.shape), item, `${name}.member.${index + 1}`, form);
      });
    } else if (shape.type === 'map') {
      Object.entries(value as object).forEach(([key, item], index) => {
        form.append(`${name}.entry.${index + 1}.key`, key);
        toForm(model, model.shape(shape.value.shape), item, `${name}.entry.${index + 1}.value`, form);
      });
    } else {
      const scalar = value as string | number | boolean | Date;
      form.append(name, scalar instanceof Date ? scalar.toISOString() : String(scalar));
    }
    return form;
  }

  /** A form cannot tell an empty structure from none. */
  function pruned(value: unknown): unknown {
    if (typeof value !== 'object' || value === null || value instanceof Date) return value;
    if (Array.isArray(value)) return value.map(pruned).filter((item) => item !== undefined);
    const members = Object.entries(value)
      .map(([name, member]) => [name, pruned(member)] as const)
      .filter(([, member]) => member !== undefined);
    return members.length === 0 ? undefined : Object.fromEntries(members);
  }

  test.each([
    ['iam', iam, 'CreateRoleRequest'],
    ['iam', iam, 'SimulatePrincipalPolicyRequest'],
    ['sts', sts, 'AssumeRoleRequest'],
    ['cloudwatch', cloudwatch, 'PutMetricDataInput'],
    ['cloudwatch', cloudwatch, 'GetMetricDataInput'],
  ])('%s: what a client wrote is what is read', (_, model, shape) => {
    fc.assert(
      fc.property(valueOf(model, model.shape(shape)), (anything) => {
        const value = pruned(anything) ?? {};
        const form = toForm(model, model.shape(shape), value, '', new URLSearchParams());
        expect(decodeQuery(model, shape, parseForm(form.toString()))).toEqual(value);
      }),
      { numRuns: 100 },
    );
  });

  test('any form is read, or refused as AWS refuses it', () => {
    const name = fc.array(fc.constantFrom('Tags', 'member', '1', '2', 'Key', 'RoleName', 'x', ''), { maxLength: 5 });
    const form = fc.array(fc.tuple(name, fc.string()), { maxLength: 6 });
    fc.assert(
      fc.property(form, (fields) => {
        const text = new URLSearchParams(
          fields.map(([steps, value]): [string, string] => [steps.join('.'), value]),
        ).toString();
        try {
          decodeQuery(iam, 'CreateRoleRequest', parseForm(text));
        } catch (error) {
          expect(error).toMatchObject({ code: 'MalformedInput', status: 400 });
        }
      }),
    );
  });

  test('times are ISO 8601, without a fraction when there is none', () => {
    const xml = (at: string) => encodeXml(sts, 'Credentials', { Expiration: new Date(at) });
    expect(xml('2026-01-02T03:04:05.000Z')).toBe('<Expiration>2026-01-02T03:04:05Z</Expiration>');
    expect(xml('2026-01-02T03:04:05.678Z')).toBe('<Expiration>2026-01-02T03:04:05.678Z</Expiration>');
  });

  test('text cannot break out of its element', () => {
    expect(encodeXml(iam, 'Role', { RoleName: '</RoleName>&"\r' })).toBe(
      '<RoleName>&lt;/RoleName&gt;&amp;&quot;&#13;</RoleName>',
    );
  });
});

test("every model's patterns are patterns in JavaScript too", () => {
  for (const model of [sagemaker, logs, iam, cloudwatch, runtime, sts]) {
    for (const { pattern } of Object.values(model.document.shapes)) {
      if (pattern !== undefined) expect(() => model.pattern(pattern)).not.toThrow();
    }
  }
  expect(runtime.pattern('\\A\\S[\\p{Print}]*\\z').test('a model.tar.gz')).toBe(true);
  expect(runtime.pattern('\\A\\S[\\p{Print}]*\\z').test('ä')).toBe(true);
  expect(runtime.pattern('\\A\\S[\\p{Print}]*\\z').test('aä')).toBe(false);
  expect(sagemaker.pattern('arn:[\\p{Alnum}\\-]+:x').test('arn:aws-cn:x')).toBe(true);
});
