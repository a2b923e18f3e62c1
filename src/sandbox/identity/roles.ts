import type { NamedPolicy, PolicySet } from '../../iam/evaluate.js';
import { parsePolicy, type Policy, type PolicyKind } from '../../iam/policy.js';
import published from './managedPolicies.json';
import type { Settings } from '../settings.js';
import type { Collection, Store } from '../store/store.js';

export interface Tag {
  readonly Key: string;
  readonly Value: string;
}

export interface Role {
  readonly name: string;
  readonly path: string;
  /** `AROA…`: what tells a role from a later one of the same name. */
  readonly id: string;
  readonly created: Date;
  readonly description: string | undefined;
  /** Seconds. */
  readonly maxSessionDuration: number;
  /** JSON, as it was given. */
  readonly trustPolicy: string;
  /** Inline policies: name to JSON. */
  readonly inline: Readonly<Record<string, string>>;
  /** ARNs of managed policies, in the order in which they were attached. */
  readonly attached: readonly string[];
  /** ARN of the managed policy that is the permissions boundary. */
  readonly boundary: string | undefined;
  readonly tags: readonly Tag[];
}

export interface ManagedPolicy {
  readonly name: string;
  readonly path: string;
  readonly arn: string;
  /** `ANPA…`; AWS's own ids are not published. */
  readonly id: string | undefined;
  readonly created: Date;
  readonly updated: Date;
  readonly description: string | undefined;
  readonly defaultVersion: string;
  readonly versions: readonly PolicyVersion[];
  readonly tags: readonly Tag[];
}

export interface PolicyVersion {
  readonly id: string;
  /** JSON, as it was given. */
  readonly document: string;
  readonly created: Date;
}

/** The account's roles and managed policies, and what they say. */
export class Roles {
  private readonly roles: Collection<Role>;
  /** The account's own managed policies, by ARN. */
  readonly customerPolicies: Collection<ManagedPolicy>;
  /** AWS's, by ARN. */
  readonly awsPolicies: ReadonlyMap<string, ManagedPolicy> = readPublished();
  /** Records never change, they are replaced: what was compiled from one holds as long as it lives. */
  private readonly compiled = new WeakMap<object, readonly NamedPolicy[]>();
  private readonly trustPolicies = new WeakMap<Role, Policy>();

  constructor(
    private readonly settings: Settings,
    store: Store,
  ) {
    this.roles = store.collection('role');
    this.customerPolicies = store.collection('policy');
  }

  get(name: string): Role | undefined {
    return this.roles.get(name);
  }

  put(role: Role): Role {
    return this.roles.put(role.name, role);
  }

  delete(name: string): void {
    this.roles.delete(name);
  }

  values(): Iterable<Role> {
    return this.roles.values();
  }

  arn(role: Pick<Role, 'name' | 'path'>): string {
    return `arn:aws:iam::${this.settings.account}:role${role.path}${role.name}`;
  }

  policyArn(policy: Pick<ManagedPolicy, 'name' | 'path'>): string {
    return `arn:aws:iam::${this.settings.account}:policy${policy.path}${policy.name}`;
  }

  findByArn(arn: string): Role | undefined {
    const role = this.roles.get(arn.slice(arn.lastIndexOf('/') + 1));
    return role && this.arn(role) === arn ? role : undefined;
  }

  policy(arn: string): ManagedPolicy | undefined {
    return this.customerPolicies.get(arn) ?? this.awsPolicies.get(arn);
  }

  trustPolicy(role: Role): Policy {
    return memoised(this.trustPolicies, role, () => parsePolicy(role.trustPolicy, 'trust'));
  }

  /** What binds everyone who acts as the role. */
  policiesOf(role: Role): PolicySet {
    const inline = memoised(this.compiled, role, () =>
      Object.entries(role.inline).map(([name, document]) => compilePolicy(name, undefined, document, 'inline')),
    );
    const identity = [...inline, ...role.attached.flatMap((arn) => this.managed(arn))];
    const boundary = role.boundary === undefined ? undefined : this.managed(role.boundary)[0];
    return boundary ? { identity, boundary } : { identity };
  }

  /** The managed policy's default version, compiled; empty when it does not exist. */
  managed(arn: string): readonly NamedPolicy[] {
    const policy = this.policy(arn);
    if (!policy) return [];
    return memoised(this.compiled, policy, () => {
      const version = policy.versions.find(({ id }) => id === policy.defaultVersion);
      return version ? [compilePolicy(policy.name, arn, version.document, 'managed')] : [];
    });
  }
}

/** @throws {MalformedPolicy} */
export function compilePolicy(name: string, arn: string | undefined, document: string, kind: PolicyKind): NamedPolicy {
  return { name, arn, policy: parsePolicy(document, kind) };
}

function memoised<K extends object, V>(memory: WeakMap<K, V>, key: K, make: () => V): V {
  let value = memory.get(key);
  if (value === undefined) memory.set(key, (value = make()));
  return value;
}

function readPublished(): Map<string, ManagedPolicy> {
  return new Map(
    published.policies.map(({ name, path, version, created, updated, document }) => {
      const arn = `arn:aws:iam::aws:policy${path}${name}`;
      return [
        arn,
        {
          ...{ name, path, arn, id: undefined, description: undefined, tags: [] },
          created: new Date(created),
          updated: new Date(updated),
          defaultVersion: version,
          versions: [{ id: version, document: JSON.stringify(document), created: new Date(updated) }],
        },
      ];
    }),
  );
}
