import { randomBytes, randomInt } from 'node:crypto';
import type { NamedPolicy, PolicySet } from '../../iam/evaluate.js';
import { contextOf } from '../../iam/pattern.js';
import { trust } from '../../iam/trust.js';
import { realTime, type Clock } from '../clock.js';
import { executionPolicyName, executionRole, executionRoleName } from './executionRole.js';
import { type Caller, ServiceError } from '../protocol/service.js';
import { compilePolicy, Roles, type Role } from './roles.js';
import type { RoleKeys, TemporaryKeys } from '../services/ports.js';
import type { Settings } from '../settings.js';
import type { Credentials, Identity } from '../signature.js';
import type { Collection, Store } from '../store/store.js';

/** Of the account's root user: no policy binds it. */
export interface AccessKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** Temporary keys that act as a role. */
interface Session extends TemporaryKeys {
  readonly role: string;
  /** A role that was deleted and made anew is another: the old one's keys are worth nothing. */
  readonly roleId: string;
  readonly name: string;
  /** Session policies, each one JSON. */
  readonly policies: readonly string[] | undefined;
  /** Whose job or endpoint acts with these keys; undefined: STS issued them to whoever asked. */
  readonly service?: string;
}

/** Keys that have ended are refused as expired for this long; then they are unknown. Milliseconds. */
const remembrance = 24 * 3600 * 1000;

/** How long a service's session lasts, such as a job's; whoever runs the job renews it. Milliseconds. */
const serviceSession = 12 * 3600 * 1000;

/** Everyone who can sign a request: the account's root user, and the sessions of its roles. */
export class Identities implements Credentials, RoleKeys {
  readonly roles: Roles;
  readonly rootKey: AccessKey;
  private readonly sessions: Collection<Session>;
  private readonly sessionPolicies = new WeakMap<Session, readonly NamedPolicy[]>();

  /** @param clock the machine's own time: keys end by it, whatever time is simulated. */
  constructor(
    private readonly settings: Settings,
    store: Store,
    private readonly clock: Clock = realTime,
  ) {
    this.roles = new Roles(settings, store);
    this.sessions = store.collection('session');
    this.rootKey = store.collection<AccessKey>('rootKey').get('root') ?? this.firstStart(store);
    this.sweep();
  }

  /** The role for jobs and endpoints that a new sandbox starts with. */
  get executionRoleArn(): string {
    return this.roles.arn({ name: executionRoleName, path: '/' });
  }

  find(accessKeyId: string): Identity | undefined {
    if (accessKeyId === this.rootKey.accessKeyId) return { ...this.rootKey, ...permanent, caller: this.rootUser() };
    const session = this.sessions.get(accessKeyId);
    return session && this.roles.get(session.role)?.id === session.roleId
      ? { ...session, caller: this.callerOf(session) }
      : undefined;
  }

  /**
   * New keys that act as the role until `expires`.
   * @param policies session policies, each one JSON: what they do not allow is denied.
   * @param service that acts as the role, if it is one.
   */
  issue(
    role: Role,
    name: string,
    expires: Date,
    policies?: readonly string[],
    service?: string,
  ): TemporaryKeys & { caller: Caller } {
    this.sweep();
    const accessKeyId = uniqueId('ASIA', 20);
    const session = this.sessions.put(accessKeyId, {
      accessKeyId,
      secretAccessKey: secret(),
      sessionToken: randomBytes(192).toString('base64'),
      expires,
      role: role.name,
      roleId: role.id,
      name,
      policies,
      ...(service !== undefined && { service }),
    });
    return { ...session, caller: this.callerOf(session) };
  }

  /**
   * Ends keys now, as their time would: of the sessions of this name; without one, of all that STS has issued, not of
   * the services' own, whose jobs would fail for no fault of theirs. Returns how many there were.
   */
  expire(name: string | undefined): number {
    const now = this.clock.now();
    const meant = (session: Session) => (name === undefined ? session.service === undefined : session.name === name);
    const running = [...this.sessions.values()].filter((session) => meant(session) && session.expires > now);
    for (const session of running) this.sessions.put(session.accessKeyId, { ...session, expires: now });
    return running.length;
  }

  assume(roleArn: string, service: string, sessionName: string, sourceArn?: string): TemporaryKeys {
    const role = this.roles.findByArn(roleArn);
    const context = contextOf({
      'aws:SourceAccount': this.settings.account,
      'sts:RoleSessionName': sessionName,
      ...(sourceArn !== undefined && { 'aws:SourceArn': sourceArn }),
    });
    if (!role || trust(this.roles.trustPolicy(role), roleArn, { service }, context) !== 'direct') {
      // SageMaker's words, as quoted in public reports of CreateTrainingJob.
      throw new ServiceError(
        'ValidationException',
        `Could not assume role ${roleArn}. Please ensure that the role exists and allows principal '${service}' to assume the role.`,
      );
    }
    const expires = new Date(this.clock.now().getTime() + serviceSession);
    return this.issue(role, sessionName, expires, undefined, service);
  }

  /** What binds the caller; undefined for the root user. A role that is gone allows nothing. */
  policiesOf(caller: Caller): PolicySet | undefined {
    if (caller.role === undefined) return undefined;
    const role = this.roles.get(caller.role);
    if (!role) return { identity: [] };
    const policies = this.roles.policiesOf(role);
    const session = this.sessionPoliciesOf(caller);
    return session ? { ...policies, session } : policies;
  }

  private sessionPoliciesOf({ accessKeyId = '' }: Caller): readonly NamedPolicy[] | undefined {
    const session = this.sessions.get(accessKeyId);
    if (!session?.policies) return undefined;
    let compiled = this.sessionPolicies.get(session);
    if (!compiled) {
      compiled = session.policies.map((document) => compilePolicy('session policy', undefined, document, 'inline'));
      this.sessionPolicies.set(session, compiled);
    }
    return compiled;
  }

  private rootUser(): Caller {
    const { account } = this.settings;
    const { accessKeyId } = this.rootKey;
    return { arn: `arn:aws:iam::${account}:root`, account, userId: account, role: undefined, accessKeyId };
  }

  private callerOf({ role, roleId, name, accessKeyId }: Session): Caller {
    const { account } = this.settings;
    const arn = `arn:aws:sts::${account}:assumed-role/${role}/${name}`;
    return { arn, account, userId: `${roleId}:${name}`, role, accessKeyId };
  }

  private firstStart(store: Store): AccessKey {
    const policyArn = this.roles.policyArn({ name: executionPolicyName, path: '/' });
    const ids = { role: uniqueId('AROA', 21), policy: uniqueId('ANPA', 21) };
    const { role, policy } = executionRole(policyArn, ids, this.clock.now());
    return store.transaction(() => {
      this.roles.customerPolicies.put(policyArn, policy);
      this.roles.put(role);
      return store
        .collection<AccessKey>('rootKey')
        .put('root', { accessKeyId: uniqueId('AKIA', 20), secretAccessKey: secret() });
    });
  }

  private sweep(): void {
    const forgotten = this.clock.now().getTime() - remembrance;
    for (const { accessKeyId, expires } of this.sessions.values()) {
      if (expires.getTime() < forgotten) this.sessions.delete(accessKeyId);
    }
  }
}

const permanent = { sessionToken: undefined, expires: undefined };

/** An id as AWS's are: a prefix that says of what (`AROA` role, `ANPA` managed policy…), then base 32. */
export function uniqueId(prefix: string, length: number): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const rest = Array.from({ length: length - prefix.length }, () => alphabet[randomInt(alphabet.length)]);
  return prefix + rest.join('');
}

/** 40 characters, as AWS's are. */
function secret(): string {
  return randomBytes(30).toString('base64');
}
