import { matches, resolve, type Context } from './pattern.js';
import type { Effect, Policy, Selection, Statement } from './policy.js';

/** What is asked for: an action (`sagemaker:InvokeEndpoint`) on a resource (an ARN, or `*`). */
export interface Request {
  readonly action: string;
  readonly resource: string;
  readonly context: Context;
}

/** A policy under the name by which people know it. */
export interface NamedPolicy {
  readonly name: string;
  /** Of managed policies. */
  readonly arn: string | undefined;
  readonly policy: Policy;
}

/** The policies that bind an identity. The last two only restrict: what they do not allow is denied. */
export interface PolicySet {
  readonly identity: readonly NamedPolicy[];
  readonly boundary?: NamedPolicy;
  /** One session's own; several of them add up. */
  readonly session?: readonly NamedPolicy[];
}

/** AWS's words for the kinds of policy, as they appear in its messages. */
export type PolicyType = 'identity-based policy' | 'permissions boundary' | 'session policy';

export interface Reason {
  readonly policy: NamedPolicy;
  readonly statement: Statement;
  /** Of the statement in its policy, from 0. */
  readonly index: number;
}

export type Decision =
  /** `reason` is the identity policy's statement that allows. */
  | { readonly outcome: 'Allowed'; readonly reason: Reason }
  | { readonly outcome: 'ExplicitlyDenied'; readonly by: PolicyType; readonly reason: Reason }
  /** No policy of the type `by` allows it. */
  | { readonly outcome: 'ImplicitlyDenied'; readonly by: PolicyType };

/** "Policy evaluation logic": one Deny that applies ends it; else each type of policy that is there must allow. */
export function evaluate(policies: PolicySet, request: Request): Decision {
  const restrictions: [PolicyType, readonly NamedPolicy[]][] = [];
  if (policies.boundary) restrictions.push(['permissions boundary', [policies.boundary]]);
  if (policies.session) restrictions.push(['session policy', policies.session]);

  for (const [by, all] of [['identity-based policy', policies.identity] as const, ...restrictions]) {
    const reason = find(all, 'Deny', request);
    if (reason) return { outcome: 'ExplicitlyDenied', by, reason };
  }
  const reason = find(policies.identity, 'Allow', request);
  if (!reason) return { outcome: 'ImplicitlyDenied', by: 'identity-based policy' };
  const closed = restrictions.find(([, all]) => !find(all, 'Allow', request));
  return closed ? { outcome: 'ImplicitlyDenied', by: closed[0] } : { outcome: 'Allowed', reason };
}

function find(policies: readonly NamedPolicy[], effect: Effect, request: Request): Reason | undefined {
  for (const policy of policies) {
    const { statements } = policy.policy;
    const index = statements.findIndex((statement) => statement.effect === effect && applies(statement, request));
    const statement = statements[index];
    if (statement) return { policy, statement, index };
  }
  return undefined;
}

/** Whether a statement speaks of the request (principals aside). */
export function applies(statement: Statement, { action, resource, context }: Request): boolean {
  return (
    selects(statement.actions, action.toLowerCase(), context) &&
    (!statement.resources || selects(statement.resources, resource, context)) &&
    statement.conditions.every((condition) => condition.holds(context))
  );
}

/**
 * A variable without a value makes its pattern match nothing, and a NotResource that holds one the whole statement void:
 * it must not grant everything because a key is missing.
 */
function selects({ negated, patterns }: Selection, text: string, context: Context): boolean {
  for (const pattern of patterns) {
    const resolved = resolve(pattern, context);
    if (resolved === undefined ? negated : matches(resolved, text)) return !negated;
  }
  return negated;
}
