import { evaluate, type Decision, type NamedPolicy, type Request } from '../iam/evaluate.js';
import { contextOf, type Context } from '../iam/pattern.js';
import { parsePolicy } from '../iam/policy.js';
import { trust } from '../iam/trust.js';
import { realTime, type Clock } from './clock.js';
import type { Identities } from './identity/identities.js';
import { type Caller, ServiceError } from './protocol/service.js';
import type { Access } from './services/ports.js';
import type { Settings } from './settings.js';

/** Decides whether a caller may: the account's root user always, a role as its policies say. */
export class Authorizer implements Access {
  /** @param clock the machine's own time, `aws:CurrentTime` of conditions. */
  constructor(
    private readonly settings: Settings,
    private readonly identities: Identities,
    private readonly clock: Clock = realTime,
  ) {}

  require(
    caller: Caller,
    action: string,
    resource: string,
    context: Readonly<Record<string, string | readonly string[]>> = {},
    resourcePolicy?: string,
  ): void {
    const decision = this.decide(caller, action, resource, context, resourcePolicy);
    if (decision && decision.outcome !== 'Allowed') throw accessDenied(caller, action, resource, decision);
  }

  /** What the caller's own policies say, and the resource's; undefined of the root user, whom none binds. */
  decide(
    caller: Caller,
    action: string,
    resource: string,
    context: Readonly<Record<string, string | readonly string[]>> = {},
    resourcePolicy?: string,
  ): Decision | undefined {
    const policies = this.identities.policiesOf(caller);
    if (!policies) return undefined;
    const request = { action, resource, context: this.context(caller, action, context) };
    const granted = resourcePolicy === undefined ? [] : this.granted(caller, request, resourcePolicy);
    return evaluate({ ...policies, identity: [...policies.identity, ...granted] }, request);
  }

  /**
   * A resource's policy that names the caller's role is as good as one of the role's own, within one account; what
   * bounds the role bounds that too ("Policy evaluation logic", resource-based policies and IAM role principals).
   */
  private granted(caller: Caller, { action, resource, context }: Request, document: string): NamedPolicy[] {
    const policy = parsePolicy(document, 'resource');
    const role = caller.role === undefined ? undefined : this.identities.roles.get(caller.role);
    const assumer = {
      ...{ account: caller.account, arn: caller.arn },
      ...(role && { role: this.identities.roles.arn(role) }),
    };
    const said = trust(policy, resource, assumer, context, action);
    return said === 'direct' ? [{ name: 'resource policy', arn: undefined, policy }] : [];
  }

  /**
   * The condition keys of "AWS global condition context keys" that a request to the sandbox has. `aws:username` is not
   * among them: only IAM users have one.
   */
  context(caller: Caller, action: string, more: Readonly<Record<string, string | readonly string[]>>): Context {
    const { account, region } = this.settings;
    const now = this.clock.now();
    const role = caller.role === undefined ? undefined : this.identities.roles.get(caller.role);
    return contextOf({
      // Of a session, the role's ARN.
      'aws:PrincipalArn': role ? this.identities.roles.arn(role) : caller.arn,
      'aws:PrincipalAccount': caller.account,
      'aws:PrincipalType': role ? 'AssumedRole' : 'Account',
      'aws:PrincipalIsAWSService': 'false',
      'aws:ViaAWSService': 'false',
      'aws:userid': caller.userId,
      'aws:ResourceAccount': account,
      // IAM and STS are global services, at home in us-east-1.
      'aws:RequestedRegion': /^(iam|sts):/.test(action) ? 'us-east-1' : region,
      'aws:CurrentTime': now.toISOString(),
      'aws:EpochTime': String(Math.floor(now.getTime() / 1000)),
      'aws:SecureTransport': 'false',
      'aws:SourceIp': '127.0.0.1',
      ...Object.fromEntries((role?.tags ?? []).map(({ Key, Value }) => [`aws:PrincipalTag/${Key}`, Value])),
      ...more,
    });
  }
}

/**
 * AWS's sentence ("Troubleshoot access denied error messages"). Since 2026 it ends with the ARN of the managed policy that
 * denies ("Enhanced access denied error messages with policy ARNs", AWS Security Blog).
 */
export function accessDenied(
  caller: Caller,
  action: string,
  resource: string,
  decision: Exclude<Decision, { outcome: 'Allowed' }>,
): ServiceError {
  const article = decision.by === 'identity-based policy' ? 'an' : 'a';
  const arn = decision.outcome === 'ExplicitlyDenied' ? decision.reason.policy.arn : undefined;
  const why =
    decision.outcome === 'ExplicitlyDenied'
      ? `with an explicit deny in ${article} ${decision.by}${arn === undefined ? '' : `: ${arn}`}`
      : `because no ${decision.by} allows the ${action} action`;
  const sentence = `User: ${caller.arn} is not authorized to perform: ${action} on resource: ${inMessage(action, resource)} ${why}`;
  return new ServiceError('AccessDeniedException', sentence, 403);
}

/** S3 puts the ARN in quotes, and IAM calls a role that is there by its name. */
function inMessage(action: string, resource: string): string {
  if (action.startsWith('s3:')) return `"${resource}"`;
  const role = /^arn:aws:iam::\d+:role\/(?:.*\/)?([^/*]+)$/.exec(resource)?.[1];
  const named = role !== undefined && action.startsWith('iam:') && !['iam:PassRole', 'iam:CreateRole'].includes(action);
  return named ? `role ${role}` : resource;
}
