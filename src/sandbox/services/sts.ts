import { trust } from '../../iam/trust.js';
import { accessDenied, type Authorizer } from '../authorize.js';
import { realTime, type Clock } from '../clock.js';
import type { Identities } from '../identity/identities.js';
import { type Caller, type Operation, type Service, ServiceError } from '../protocol/service.js';
import type { Role, Tag } from '../identity/roles.js';
import { checkedPolicy } from './iam/answers.js';

interface AssumeRoleInput {
  readonly RoleArn: string;
  readonly RoleSessionName: string;
  /** The model has checked that it is from 900 to 43,200. */
  readonly DurationSeconds?: number;
  readonly Policy?: string;
  readonly PolicyArns?: readonly { readonly arn?: string }[];
  readonly ExternalId?: string;
  readonly Tags?: readonly Tag[];
  readonly TransitiveTagKeys?: readonly string[];
  readonly SourceIdentity?: string;
  readonly SerialNumber?: string;
  readonly ProvidedContexts?: readonly unknown[];
}

const action = 'sts:AssumeRole';

/** Of AssumeRole's input, what would change who the session is: to leave it out silently would be a lie. */
const unsupported = ['Tags', 'TransitiveTagKeys', 'SourceIdentity', 'SerialNumber', 'ProvidedContexts'] as const;

/** Role chaining, a role's session that assumes a role, is limited to one hour. Seconds. */
const chainedSession = 3600;

/**
 * AWS Security Token Service: who am I, and acting as a role. AWS lets no root user assume a role; here, where it is the
 * only user, it may as far as the role's trust policy goes.
 */
export function sts(identities: Identities, authorizer: Authorizer, clock: Clock = realTime): Service {
  const { roles } = identities;

  /** @throws {ServiceError} AccessDenied. */
  function mayAssume(caller: Caller, input: AssumeRoleInput): Role {
    const role = roles.findByArn(input.RoleArn);
    // A role that is not there and one that does not trust the caller get the same answer: it tells nothing.
    const refusal = new ServiceError(
      'AccessDenied',
      `User: ${caller.arn} is not authorized to perform: ${action} on resource: ${input.RoleArn}`,
      403,
    );
    if (!role) throw refusal;
    const keys = {
      'sts:RoleSessionName': input.RoleSessionName,
      ...(input.ExternalId !== undefined && { 'sts:ExternalId': input.ExternalId }),
    };
    const own = caller.role === undefined ? undefined : roles.get(caller.role);
    const assumer = { account: caller.account, arn: caller.arn, ...(own && { role: roles.arn(own) }) };
    const context = authorizer.context(caller, action, keys);
    const verdict = trust(roles.trustPolicy(role), input.RoleArn, assumer, context, action);
    if (verdict === 'none' || verdict === 'denied') throw refusal;
    const decision = authorizer.decide(caller, action, input.RoleArn, keys);
    const missing = verdict === 'delegated' && decision?.outcome === 'ImplicitlyDenied';
    if (missing || decision?.outcome === 'ExplicitlyDenied') {
      throw accessDenied(caller, action, input.RoleArn, decision);
    }
    return role;
  }

  /** @throws {ServiceError} */
  function sessionPolicies({ Policy, PolicyArns = [] }: AssumeRoleInput): readonly string[] | undefined {
    if (Policy === undefined && PolicyArns.length === 0) return undefined;
    const managed = PolicyArns.map(({ arn = '' }) => {
      const policy = roles.policy(arn);
      const version = policy?.versions.find(({ id }) => id === policy.defaultVersion);
      if (!version) throw new ServiceError('ValidationError', `Policy ${arn} does not exist or is not attachable.`);
      return version.document;
    });
    if (Policy !== undefined) checkedPolicy(Policy, 'inline');
    return Policy === undefined ? managed : [Policy, ...managed];
  }

  const GetCallerIdentity: Operation = {
    // Needs no permission, and not even an explicit deny takes it away.
    resource: () => [],
    run: (_, { caller }) => ({ UserId: caller.userId, Account: caller.account, Arn: caller.arn }),
  };

  const AssumeRole: Operation<AssumeRoleInput> = {
    // The trust policy decides whether the caller's own policies are asked: see `mayAssume`.
    resource: () => [],
    run: (input, { caller }) => {
      const role = mayAssume(caller, input);
      const missing = unsupported.find((member) => input[member] !== undefined);
      if (missing !== undefined) {
        throw new ServiceError('NotImplemented', `AssumeRole with ${missing} is not implemented by the sandbox.`, 501);
      }
      const { DurationSeconds = 3600, RoleSessionName } = input;
      if (caller.role !== undefined && DurationSeconds > chainedSession) {
        const limit =
          'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.';
        throw new ServiceError('ValidationError', limit);
      }
      if (DurationSeconds > role.maxSessionDuration) {
        const limit = 'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.';
        throw new ServiceError('ValidationError', limit);
      }
      const expires = new Date(clock.now().getTime() + DurationSeconds * 1000);
      const keys = identities.issue(role, RoleSessionName, expires, sessionPolicies(input));
      return {
        Credentials: {
          AccessKeyId: keys.accessKeyId,
          SecretAccessKey: keys.secretAccessKey,
          SessionToken: keys.sessionToken,
          Expiration: expires,
        },
        AssumedRoleUser: { AssumedRoleId: keys.caller.userId, Arn: keys.caller.arn },
      };
    },
  };

  return { id: 'sts', iamPrefix: 'sts', operations: { GetCallerIdentity, AssumeRole } };
}
