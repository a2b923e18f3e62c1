import { applies } from './evaluate.js';
import type { Context } from './pattern.js';
import type { Policy, Principal } from './policy.js';

/** Who wants to act as a role: an AWS service, or an identity of an account. */
export type Assumer =
  | { readonly service: string }
  | {
      readonly account: string;
      /** `arn:aws:iam::<account>:root`, a user's ARN, or a session's (`arn:aws:sts::<account>:assumed-role/…`). */
      readonly arn: string;
      /** ARN of the session's role. */
      readonly role?: string;
    };

/**
 * What a role's trust policy says to `assumer`. `delegated`: it trusts the account as a whole, and leaves it to the
 * account's own policies who of it may ("How IAM roles differ from resource-based policies"; `direct` needs no such leave).
 */
export type Trust = 'direct' | 'delegated' | 'none' | 'denied';

export function trust(
  policy: Policy,
  role: string,
  assumer: Assumer,
  context: Context,
  action = 'sts:AssumeRole',
): Trust {
  let found: Trust = 'none';
  for (const statement of policy.statements) {
    const named = (statement.principals ?? []).map((principal) => names(principal, assumer));
    if (!named.some((way) => way !== 'none')) continue;
    if (!applies(statement, { action, resource: role, context })) continue;
    if (statement.effect === 'Deny') return 'denied';
    if (found !== 'direct') found = named.includes('direct') ? 'direct' : 'delegated';
  }
  return found;
}

function names({ kind, id }: Principal, assumer: Assumer): 'direct' | 'delegated' | 'none' {
  if ('service' in assumer) return kind === 'Service' && id === assumer.service ? 'direct' : 'none';
  if (kind !== 'AWS') return 'none';
  if (id === '*' || id === assumer.role) return 'direct';
  if (id === assumer.account || id === `arn:aws:iam::${assumer.account}:root`) return 'delegated';
  return id === assumer.arn ? 'direct' : 'none';
}
