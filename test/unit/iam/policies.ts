import { evaluate, type Decision, type NamedPolicy, type PolicySet } from '../../../src/iam/evaluate.js';
import { contextOf } from '../../../src/iam/pattern.js';
import { parsePolicy, type PolicyKind } from '../../../src/iam/policy.js';

/** A policy of statements, as people write them. */
export function document(...statements: object[]): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: statements });
}

export function named(name: string, ...statements: object[]): NamedPolicy {
  return { name, arn: undefined, policy: parsePolicy(document(...statements), 'inline') };
}

export function allow(Action: string | string[], Resource: string | string[] = '*', Condition: object = {}): object {
  return { Effect: 'Allow', Action, Resource, Condition };
}

export function deny(Action: string | string[], Resource: string | string[] = '*', Condition: object = {}): object {
  return { Effect: 'Deny', Action, Resource, Condition };
}

export function decide(
  policies: PolicySet | readonly object[],
  action: string,
  resource: string,
  context: Record<string, string | string[]> = {},
): Decision {
  const set = 'identity' in policies ? policies : { identity: [named('test', ...policies)] };
  return evaluate(set, { action, resource, context: contextOf(context) });
}

/** Why a document is refused; undefined when it is not. */
export function refusal(text: string, kind: PolicyKind = 'managed'): string | undefined {
  try {
    parsePolicy(text, kind);
    return undefined;
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  }
}
