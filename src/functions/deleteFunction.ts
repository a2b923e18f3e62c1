import type { Mutate } from '../aws/change.js';
import type { Cloud } from '../aws/cloud.js';
import { isAccessDenied } from '../aws/errors.js';
import type { FunctionDetail } from '../aws/gateways/functions.js';

/** What deleting a function takes with it, and what it leaves. */
export interface FunctionDeletion {
  readonly name: string;
  /** Aliases and versions whose environments were started ahead. */
  readonly provisioned: readonly string[];
  readonly aliases: readonly string[];
  /** Published ones. */
  readonly versions: number;
  /** Its role, when we made it for this function and nothing else has it: it goes, too. */
  readonly role: { readonly name: string; readonly policies: readonly string[] } | undefined;
  /** Why the role stays; undefined when it goes. */
  readonly roleStays: string | undefined;
  readonly logGroup: string;
}

/** Undefined when there is no such function. Reads only. */
export async function functionDeletion(
  cloud: Pick<Cloud, 'functions' | 'roles'>,
  name: string,
  signal: AbortSignal,
): Promise<FunctionDeletion | undefined> {
  const found = await cloud.functions.describe(name, signal);
  if (!found) return undefined;
  const role = await deletableRole(cloud, found, signal);
  return {
    name,
    provisioned: found.provisioned.map(({ qualifier }) => qualifier),
    aliases: found.aliases.map((alias) => alias.name),
    versions: found.versions.length,
    role: typeof role === 'string' ? undefined : role,
    roleStays: typeof role === 'string' ? role : undefined,
    logGroup: `/aws/lambda/${name}`,
  };
}

/** In this order: each needs the next one until it is gone. An abort ends it as long as the function is there. */
export async function deleteFunction(
  cloud: Pick<Cloud, 'functions' | 'roles'>,
  mutate: Mutate,
  { name, provisioned, aliases, role }: FunctionDeletion,
  signal: AbortSignal,
): Promise<void> {
  const { functions, roles } = cloud;
  for (const change of [
    ...provisioned.map((qualifier) => functions.provision(name, qualifier, undefined)),
    ...aliases.map((alias) => functions.deleteAlias(name, alias)),
    functions.delete(name),
  ]) {
    signal.throwIfAborted();
    await mutate(change);
  }
  // Without its function nobody would find the role again.
  if (!role) return;
  for (const policy of role.policies) await mutate(roles.deletePolicy(role.name, policy));
  await mutate(roles.delete(role.name));
}

/** The role of a function when it may go with it, or why it may not. */
async function deletableRole(
  cloud: Pick<Cloud, 'functions' | 'roles'>,
  { name, role: arn, tags }: FunctionDetail,
  signal: AbortSignal,
): Promise<NonNullable<FunctionDeletion['role']> | string> {
  const roleName = arn.split('/').at(-1)!;
  try {
    const role = await cloud.roles.get(roleName, signal);
    if (!role) return 'it is not there any more';
    const ours = ['workbench:project', 'workbench:entry'].every(
      (tag) => role.tags[tag] !== undefined && role.tags[tag] === tags[tag],
    );
    if (!ours) return 'it was not made for this function';
    const [{ inline, attached }, other] = await Promise.all([
      cloud.roles.policies(roleName, signal),
      otherFunctionOf(cloud, arn, name, signal),
    ]);
    if (other !== undefined) return `${other} has it, too`;
    if (attached.length > 0) return `somebody has attached ${attached[0]} to it`;
    return { name: roleName, policies: inline };
  } catch (error) {
    // Who may delete a function need not be allowed to look at roles.
    if (isAccessDenied(error)) return 'you are not allowed to look at it';
    throw error;
  }
}

async function otherFunctionOf(
  cloud: Pick<Cloud, 'functions'>,
  role: string,
  name: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  let token: string | undefined;
  do {
    const page = await cloud.functions.list(token === undefined ? {} : { token }, signal);
    const other = page.items.find((one) => one.role === role && one.name !== name);
    if (other) return other.name;
    token = page.token;
  } while (token !== undefined);
  return undefined;
}
