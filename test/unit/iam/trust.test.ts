import { describe, expect, test } from 'vitest';
import { contextOf } from '../../../src/iam/pattern.js';
import { parsePolicy } from '../../../src/iam/policy.js';
import { trust, type Assumer } from '../../../src/iam/trust.js';
import { document } from './policies.js';

const role = 'arn:aws:iam::123456789012:role/target';
const sagemaker = { service: 'sagemaker.amazonaws.com' };
const session = {
  account: '123456789012',
  arn: 'arn:aws:sts::123456789012:assumed-role/caller/me',
  role: 'arn:aws:iam::123456789012:role/team/caller',
};

interface Entry {
  readonly principal: object;
  readonly effect?: string;
  readonly condition?: object;
  readonly action?: string | string[];
}

function verdict(entries: Entry[], assumer: Assumer, context: Record<string, string> = {}): string {
  const statements = entries.map(({ principal, effect = 'Allow', condition = {}, action = 'sts:AssumeRole' }) => ({
    Effect: effect,
    Principal: principal,
    Action: action,
    Condition: condition,
  }));
  return trust(parsePolicy(document(...statements), 'trust'), role, assumer, contextOf(context));
}

describe('a role', () => {
  test('trusts the service that its policy names, and no other', () => {
    const entries = [{ principal: { Service: ['sagemaker.amazonaws.com', 'ec2.amazonaws.com'] } }];
    expect(verdict(entries, sagemaker)).toBe('direct');
    expect(verdict(entries, { service: 'lambda.amazonaws.com' })).toBe('none');
    expect(verdict(entries, session)).toBe('none');
  });

  test('leaves it to the account’s own policies when it trusts the account', () => {
    expect(verdict([{ principal: { AWS: '123456789012' } }], session)).toBe('delegated');
    expect(verdict([{ principal: { AWS: 'arn:aws:iam::123456789012:root' } }], session)).toBe('delegated');
    expect(verdict([{ principal: { AWS: '999999999999' } }], session)).toBe('none');
  });

  test('trusts a role, one session of it, or everyone', () => {
    expect(verdict([{ principal: { AWS: session.role } }], session)).toBe('direct');
    expect(verdict([{ principal: { AWS: session.arn } }], session)).toBe('direct');
    expect(verdict([{ principal: { AWS: '*' } }], session)).toBe('direct');
    expect(verdict([{ principal: { AWS: 'arn:aws:iam::123456789012:role/caller' } }], session)).toBe('none');
  });

  test('does not take everyone of AWS for a service', () => {
    expect(verdict([{ principal: { AWS: '*' } }], sagemaker)).toBe('none');
  });

  test('prefers to be trusted directly', () => {
    const entries = [{ principal: { AWS: '123456789012' } }, { principal: { AWS: session.role } }];
    expect([verdict(entries, session), verdict(entries.toReversed(), session)]).toEqual(['direct', 'direct']);
  });

  test('denies whom a statement denies, though another trusts them', () => {
    const entries = [{ principal: { AWS: '*' } }, { principal: { AWS: session.arn }, effect: 'Deny' }];
    expect(verdict(entries, session)).toBe('denied');
  });

  test('asks for the external id', () => {
    const entries = [{ principal: { AWS: session.role }, condition: { StringEquals: { 'sts:ExternalId': 'secret' } } }];
    expect(verdict(entries, session, { 'sts:ExternalId': 'secret' })).toBe('direct');
    expect(verdict(entries, session)).toBe('none');
  });

  test('guards against a confused deputy', () => {
    const entries = [
      { principal: { Service: sagemaker.service }, condition: { StringEquals: { 'aws:SourceAccount': '1' } } },
    ];
    expect(verdict(entries, sagemaker, { 'aws:SourceAccount': '1' })).toBe('direct');
    expect(verdict(entries, sagemaker, { 'aws:SourceAccount': '2' })).toBe('none');
  });

  test('trusts for the actions that are named', () => {
    expect(verdict([{ principal: { AWS: '*' }, action: 'sts:TagSession' }], session)).toBe('none');
    expect(verdict([{ principal: { AWS: '*' }, action: ['sts:TagSession', 'sts:Assume*'] }], session)).toBe('direct');
  });
});
