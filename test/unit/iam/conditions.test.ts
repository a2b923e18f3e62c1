import { describe, expect, test } from 'vitest';
import { allow, decide } from './policies.js';

/** Whether a Condition block holds for a request with these keys. */
function holds(condition: object, context: Record<string, string | string[]> = {}): boolean {
  return (
    decide([allow('s3:GetObject', '*', condition)], 's3:GetObject', 'arn:aws:s3:::b/k', context).outcome === 'Allowed'
  );
}

describe('operators', () => {
  const cases: [name: string, operator: string, wanted: unknown, given: string, verdict: boolean][] = [
    ['strings are compared case by case', 'StringEquals', 'red', 'Red', false],
    ['IgnoreCase does not care', 'StringEqualsIgnoreCase', 'red', 'Red', true],
    ['StringEquals knows no wildcards', 'StringEquals', 'r*', 'red', false],
    ['StringLike does', 'StringLike', 'r?d*', 'reds', true],
    ['StringNotLike is its opposite', 'StringNotLike', 'r*', 'blue', true],
    ['StringNotEquals needs every value to differ', 'StringNotEquals', ['red', 'blue'], 'blue', false],
    ['numbers are compared as numbers', 'NumericEquals', '10', '1e1', true],
    ['NumericLessThan is strict', 'NumericLessThan', '5', '5', false],
    ['NumericLessThanEquals is not', 'NumericLessThanEquals', 5, '5', true],
    ['what is no number is no match', 'NumericGreaterThan', '1', 'many', false],
    ['dates may be ISO 8601', 'DateLessThan', '2026-01-01T00:00:00Z', '2025-12-31T23:59:59Z', true],
    ['or seconds since 1970', 'DateGreaterThan', '1767225600', '2026-01-02T00:00:00Z', true],
    ['and DateEquals compares instants', 'DateEquals', '2026-01-01T01:00:00+01:00', '1767225600', true],
    ['Bool takes booleans as JSON has them', 'Bool', false, 'false', true],
    ['addresses are matched by range', 'IpAddress', '10.0.0.0/8', '10.20.30.40', true],
    ['not beyond it', 'IpAddress', '10.0.0.0/8', '11.0.0.1', false],
    ['a single address is a range', 'IpAddress', '127.0.0.1', '127.0.0.1', true],
    ['IPv6 too', 'IpAddress', '2001:db8::/32', '2001:db8::7', true],
    ['an IPv6 address is in no IPv4 range', 'NotIpAddress', '0.0.0.0/0', '2001:db8::7', true],
    ['ArnLike matches part by part', 'ArnLike', 'arn:aws:s3:::*', 'arn:aws:s3:::b', true],
    ['a star of ArnLike stays in its part', 'ArnLike', 'arn:aws:s3*:b', 'arn:aws:s3:::b', false],
    ['ArnEquals is the same', 'ArnEquals', 'arn:*:iam::1:role/a*', 'arn:aws:iam::1:role/abc', true],
    ['ArnNotLike is its opposite', 'ArnNotLike', 'arn:aws:iam::1:role/*', 'arn:aws:iam::2:role/x', true],
    ['BinaryEquals compares the base64 text', 'BinaryEquals', 'QmluYXJ5', 'QmluYXJ5', true],
  ];
  test.each(cases)('%s', (_name, operator, wanted, given, verdict) => {
    expect(holds({ [operator]: { 'test:key': wanted } }, { 'test:key': given })).toBe(verdict);
  });

  test('are all to be met, and each key of them', () => {
    const condition = { StringEquals: { 'a:x': '1', 'a:y': '2' }, Bool: { 'a:z': 'true' } };
    expect(holds(condition, { 'a:x': '1', 'a:y': '2', 'a:z': 'true' })).toBe(true);
    expect(holds(condition, { 'a:x': '1', 'a:y': '2', 'a:z': 'false' })).toBe(false);
    expect(holds(condition, { 'a:x': '1', 'a:z': 'true' })).toBe(false);
  });

  test('find keys whatever their case', () => {
    expect(holds({ StringEquals: { 'AWS:userID': 'x' } }, { 'aws:userid': 'x' })).toBe(true);
  });

  test('fill in variables', () => {
    const condition = { StringEquals: { 's3:prefix': 'home/${aws:username}' } };
    expect(holds(condition, { 's3:prefix': 'home/ana', 'aws:username': 'ana' })).toBe(true);
    expect(holds(condition, { 's3:prefix': 'home/ana' })).toBe(false);
  });
});

describe('a missing key', () => {
  test('fails what asks for a value, and passes what excludes one', () => {
    expect(holds({ StringEquals: { 'a:x': '1' } })).toBe(false);
    expect(holds({ StringNotEquals: { 'a:x': '1' } })).toBe(true);
    expect(holds({ NotIpAddress: { 'aws:SourceIp': '10.0.0.0/8' } })).toBe(true);
    expect(holds({ NumericLessThan: { 'a:x': '1' } })).toBe(false);
  });

  test('passes with IfExists, and only then is the value not asked', () => {
    expect(holds({ StringEqualsIfExists: { 'a:x': '1' } })).toBe(true);
    expect(holds({ StringEqualsIfExists: { 'a:x': '1' } }, { 'a:x': '2' })).toBe(false);
    expect(holds({ 'ForAnyValue:StringEqualsIfExists': { 'a:x': '1' } })).toBe(true);
  });

  test('is what Null is about', () => {
    expect(holds({ Null: { 'a:x': 'true' } })).toBe(true);
    expect(holds({ Null: { 'a:x': true } }, { 'a:x': '1' })).toBe(false);
    expect(holds({ Null: { 'a:x': 'false' } }, { 'a:x': '1' })).toBe(true);
    expect(holds({ Null: { 'a:x': 'false' } })).toBe(false);
  });
});

describe('keys of several values', () => {
  const tags = (...keys: string[]) => ({ 'aws:TagKeys': keys });

  test('ForAllValues wants each of them to be listed', () => {
    const condition = { 'ForAllValues:StringEquals': { 'aws:TagKeys': ['team', 'stage'] } };
    expect(holds(condition, tags('team', 'stage'))).toBe(true);
    expect(holds(condition, tags('team', 'cost'))).toBe(false);
  });

  test('ForAllValues is true of no value at all', () => {
    const condition = { 'ForAllValues:StringEquals': { 'aws:TagKeys': 'team' } };
    expect([holds(condition), holds(condition, tags()), holds(condition, { 'aws:TagKeys': '' })]).toEqual([
      true,
      true,
      true,
    ]);
  });

  test('ForAnyValue wants one, and so at least one', () => {
    const condition = { 'ForAnyValue:StringLike': { 'aws:TagKeys': 'te*' } };
    expect(holds(condition, tags('cost', 'team'))).toBe(true);
    expect(holds(condition, tags('cost'))).toBe(false);
    expect(holds(condition)).toBe(false);
  });

  test('negated operators keep their sense under a set operator', () => {
    expect(holds({ 'ForAllValues:StringNotEquals': { 'aws:TagKeys': 'x' } }, tags('a', 'x'))).toBe(false);
    expect(holds({ 'ForAnyValue:StringNotEquals': { 'aws:TagKeys': 'x' } }, tags('a', 'x'))).toBe(true);
    expect(holds({ 'ForAnyValue:StringNotEquals': { 'aws:TagKeys': 'x' } })).toBe(false);
  });
});
