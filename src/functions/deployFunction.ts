import { setTimeout as delay } from 'node:timers/promises';
import type { Mutate } from '../aws/change.js';
import type { Cloud } from '../aws/cloud.js';
import { codeOf, messageOf } from '../aws/errors.js';
import type { FunctionDetail, FunctionStatus } from '../aws/gateways/functions.js';
import { UserError } from '../core/errors.js';
import type { DeployedFunction, FunctionChanges } from './functionChanges.js';
import {
  configurationRequest,
  functionRequest,
  type FunctionPlan,
  policyName,
  roleRequest,
} from './functionRequests.js';

/** What a deployment is doing, for a person. */
export type Report = (step: string) => void;

/** Milliseconds between two looks: a small function is ready within the first, and what takes minutes is not asked often. */
const pauses = { first: 100, longest: 2_000 } as const;

/**
 * Milliseconds for which a new role may be unknown to Lambda: IAM is eventually consistent. Terraform, too, tries the same
 * call again (hashicorp/terraform-provider-aws, lambda/function.go, iamPropagationTimeout).
 */
const rolePatience = 60_000;

/**
 * What there is of a function before it is deployed. Reads only.
 * @param names of the function, and of its role where that is ours to make
 */
export async function deployedFunction(
  cloud: Pick<Cloud, 'functions' | 'roles'>,
  names: { readonly function: string; readonly role: string | undefined },
  signal: AbortSignal,
): Promise<DeployedFunction> {
  const [found, own, policy] = await Promise.all([
    cloud.functions.describe(names.function, signal),
    names.role === undefined ? undefined : cloud.roles.get(names.role, signal),
    names.role === undefined ? undefined : cloud.roles.inlinePolicy(names.role, policyName, signal),
  ]);
  return { function: found, role: own, policy };
}

/**
 * Brings a function, its role, its alias and its concurrency to what the plan says, by the calls that are needed for it and
 * no other, and waits until the alias serves it. An abort ends it before the next step: what was called goes on.
 * @param changes that a person has agreed to
 * @param report told of each step before it is done
 * @throws {UserError} with Lambda's reason when the function does not become ready
 */
export async function deployFunction(
  cloud: Pick<Cloud, 'functions' | 'roles'>,
  mutate: Mutate,
  plan: FunctionPlan,
  before: FunctionDetail | undefined,
  changes: FunctionChanges,
  report: Report,
  signal: AbortSignal,
): Promise<FunctionDetail> {
  const { functions, roles } = cloud;
  const { name, alias, role } = plan;
  const step = (what: string) => {
    signal.throwIfAborted();
    report(what);
  };
  if (changes.createRole) {
    step(`creating the role ${role.name}`);
    await mutate(roles.create(roleRequest(plan)));
  }
  if (changes.putPolicy && role.policy !== undefined) {
    step('writing its policy');
    await mutate(roles.putPolicy(role.name, policyName, role.policy));
  }
  if (before && !isSettled(before)) {
    step('waiting for what is under way');
    await untilReady(cloud, name, signal);
  }
  if (changes.create) {
    step('creating the function');
    await onceRoleIsKnown(() => mutate(functions.create(functionRequest(plan))), signal);
    await untilReady(cloud, name, signal);
  }
  if (changes.updateCode) {
    step('updating its code');
    await mutate(functions.updateCode(name, plan.code.bytes, before!.revision));
    await untilReady(cloud, name, signal);
  }
  if (changes.updateConfiguration) {
    step('updating its configuration');
    // Our own update has changed it; anybody else's since the plan is not overwritten.
    const { revision } = changes.updateCode ? await functions.status(name, signal) : before!;
    await onceRoleIsKnown(() => mutate(functions.updateConfiguration(configurationRequest(plan, revision))), signal);
    await untilReady(cloud, name, signal);
  }
  if (changes.publish) {
    step(`publishing a version, and leading ${alias} to it`);
    const { version } = await mutate(functions.publish(name, plan.code.sha256));
    const now = before?.aliases.find((one) => one.name === alias);
    if (!now) await mutate(functions.createAlias(name, alias, version));
    else if (now.version !== version) await mutate(functions.updateAlias(name, alias, version));
  }
  await setConcurrency(cloud, mutate, plan, before, changes, step, signal);
  return (await functions.describe(name, signal))!;
}

/** In the order that Lambda allows: what is provisioned is never more than what is reserved. */
async function setConcurrency(
  cloud: Pick<Cloud, 'functions'>,
  mutate: Mutate,
  { name, alias, reservedConcurrency, provisionedConcurrency }: FunctionPlan,
  before: FunctionDetail | undefined,
  { reserve, provision }: FunctionChanges,
  step: Report,
  signal: AbortSignal,
): Promise<void> {
  const now = before?.provisioned.find(({ qualifier }) => qualifier === alias)?.requested ?? 0;
  const less = (provisionedConcurrency ?? 0) < now;
  const setProvisioned = () => mutate(cloud.functions.provision(name, alias, provisionedConcurrency));
  if (provision || reserve) step('setting its concurrency');
  if (provision && less) await setProvisioned();
  if (reserve) await mutate(cloud.functions.reserve(name, reservedConcurrency));
  if (provision && !less) await setProvisioned();
  if (provisionedConcurrency === undefined) return;
  // Also without a change of the number: a moved alias starts its environments anew.
  step(`starting ${provisionedConcurrency} environments ahead of their calls`);
  await untilProvisioned(cloud, name, alias, signal);
}

/** Until then no update of it, and no version, is taken. */
function isSettled({ state, update }: FunctionStatus): boolean {
  return state !== 'Pending' && update !== 'InProgress';
}

async function untilReady({ functions }: Pick<Cloud, 'functions'>, name: string, signal: AbortSignal): Promise<void> {
  await until(async () => {
    const status = await functions.status(name, signal);
    if (status.state === 'Failed' || status.update === 'Failed') {
      throw new UserError(`Function ${name} did not become ready: ${status.reason ?? 'no reason was given'}`);
    }
    return isSettled(status);
  }, signal);
}

async function untilProvisioned(
  { functions }: Pick<Cloud, 'functions'>,
  name: string,
  alias: string,
  signal: AbortSignal,
): Promise<void> {
  await until(async () => {
    const own = (await functions.provisioned(name, signal)).find(({ qualifier }) => qualifier === alias);
    if (own?.status === 'FAILED') {
      throw new UserError(
        `The environments of ${name}:${alias} could not be started ahead: ${own.reason ?? 'no reason was given'}`,
      );
    }
    return own?.status !== 'IN_PROGRESS';
  }, signal);
}

async function onceRoleIsKnown(call: () => Promise<unknown>, signal: AbortSignal): Promise<void> {
  const latest = Date.now() + rolePatience;
  await until(async () => {
    try {
      await call();
      return true;
    } catch (error) {
      if (!isUnknownRole(error) || Date.now() > latest) throw error;
      return false;
    }
  }, signal);
}

async function until(isSo: () => Promise<boolean>, signal: AbortSignal): Promise<void> {
  for (let pause: number = pauses.first; !(await isSo()); pause = Math.min(pause * 2, pauses.longest)) {
    await delay(pause, undefined, { signal });
  }
}

function isUnknownRole(error: unknown): boolean {
  const refused = codeOf(error) === 'InvalidParameterValueException';
  return refused && /cannot be assumed by Lambda/.test(messageOf(error));
}
