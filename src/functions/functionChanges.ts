import type { FunctionDetail, FunctionSetup } from '../aws/gateways/functions.js';
import type { Role } from '../aws/gateways/roles.js';
import type { FunctionPlan } from './functionRequests.js';

/** What there is of a function before it is deployed. */
export interface DeployedFunction {
  readonly function: FunctionDetail | undefined;
  /** The role by the name of the plan's. */
  readonly role: Role | undefined;
  /** JSON text of the policy that we gave the role; undefined when it has none. */
  readonly policy: string | undefined;
}

/** One thing that will be another one: what a person is shown. */
export interface Difference {
  readonly what: string;
  /** Undefined for what is not there yet. */
  readonly now: string | undefined;
  /** Undefined for what will not be there any more. */
  readonly then: string | undefined;
}

/** Which calls a deployment makes, and what they change for whoever calls the alias. */
export interface FunctionChanges {
  readonly createRole: boolean;
  readonly putPolicy: boolean;
  readonly create: boolean;
  readonly updateCode: boolean;
  readonly updateConfiguration: boolean;
  readonly publish: boolean;
  readonly reserve: boolean;
  readonly provision: boolean;
  readonly differences: readonly Difference[];
}

/** Compares what is wanted with what the alias leads to, since that is what callers get. Nothing changes: nothing is called. */
export function functionChanges(plan: FunctionPlan, deployed: DeployedFunction): FunctionChanges {
  const latest = deployed.function;
  const wanted = setupOf(plan);
  const alias = latest?.aliases.find(({ name }) => name === plan.alias);
  const serving = latest?.versions.find(({ version }) => version === alias?.version);
  const policy = plan.role.policy !== undefined && !sameJson(plan.role.policy, deployed.policy);
  const publish = !serving || differ(serving, wanted);
  const provisioned = latest?.provisioned.find(({ qualifier }) => qualifier === plan.alias);
  const failed = provisioned?.status === 'FAILED';
  const reserve = latest?.reservedConcurrency !== plan.reservedConcurrency;
  // What has failed stays so until it is asked for again.
  const provision = failed || provisioned?.requested !== plan.provisionedConcurrency;
  const stale = publish ? latest : undefined;
  return {
    createRole: plan.role.policy !== undefined && !deployed.role,
    putPolicy: policy,
    create: !latest,
    updateCode: stale !== undefined && stale.codeSha256 !== wanted.codeSha256,
    updateConfiguration: stale !== undefined && differ({ ...stale, codeSha256: wanted.codeSha256 }, wanted),
    publish,
    reserve,
    provision,
    differences: [
      ...setupDifferences(serving ?? latest, wanted),
      ...(policy ? policyDifferences(deployed.policy, plan.role.policy) : []),
      ...(publish
        ? [
            {
              what: `alias ${plan.alias}`,
              now: alias && `version ${alias.version}`,
              then: 'the version of this deployment',
            },
          ]
        : []),
      ...(reserve ? [difference('reserved concurrency', latest?.reservedConcurrency, plan.reservedConcurrency)] : []),
      ...(provision
        ? [
            difference(
              'provisioned concurrency',
              failed ? `${provisioned.requested}, which failed` : provisioned?.requested,
              plan.provisionedConcurrency,
            ),
          ]
        : []),
    ],
  };
}

/** Whether a deployment has anything to do. */
export function changesAnything({ differences: _, ...calls }: FunctionChanges): boolean {
  return Object.values(calls).some(Boolean);
}

function setupOf(plan: FunctionPlan): FunctionSetup {
  return {
    runtime: plan.runtime,
    memory: plan.memorySize,
    timeout: plan.timeout,
    handler: plan.handler,
    role: plan.role.arn,
    environment: plan.environment,
    codeSha256: plan.code.sha256,
  };
}

function differ(now: FunctionSetup, wanted: FunctionSetup): boolean {
  return setupDifferences(now, wanted).length > 0;
}

function setupDifferences(now: FunctionSetup | undefined, wanted: FunctionSetup): Difference[] {
  const variables = new Set([...Object.keys(now?.environment ?? {}), ...Object.keys(wanted.environment)]);
  return [
    difference('code', shortened(now?.codeSha256), shortened(wanted.codeSha256)),
    difference('handler', now?.handler, wanted.handler),
    difference('runtime', now?.runtime, wanted.runtime),
    difference('memory', measured(now?.memory, 'MB'), measured(wanted.memory, 'MB')),
    difference('timeout', measured(now?.timeout, 's'), measured(wanted.timeout, 's')),
    difference('role', now?.role, wanted.role),
    ...[...variables]
      .sort()
      .map((name) => difference(`environment: ${name}`, now?.environment[name], wanted.environment[name])),
  ].filter(({ now: before, then }) => before !== then);
}

function difference(what: string, now: string | number | undefined, then: string | number | undefined): Difference {
  return {
    what,
    now: now === undefined ? undefined : String(now),
    then: then === undefined ? undefined : String(then),
  };
}

/** Twelve characters tell two archives apart, as they do two commits. */
function shortened(sha256: string | undefined): string | undefined {
  return sha256 && `SHA-256 ${sha256.slice(0, 12)}…`;
}

function measured(value: number | undefined, unit: string): string | undefined {
  return value === undefined ? undefined : `${value} ${unit}`;
}

/** Statements are told apart by their Sid, and where they have none by what they say. */
function policyDifferences(now: string | undefined, then: string | undefined): Difference[] {
  const [before, after] = [statementsOf(now), statementsOf(then)];
  return [...new Set([...before.keys(), ...after.keys()])]
    .map((id) => difference(`policy: ${id}`, before.get(id), after.get(id)))
    .filter((one) => one.now !== one.then);
}

/** A statement of a policy that IAM has accepted, or that we have read. */
interface WrittenStatement {
  readonly Sid?: string;
  readonly Effect: string;
  readonly Action?: Words;
  readonly NotAction?: Words;
  readonly Resource?: Words;
  readonly NotResource?: Words;
}
type Words = string | readonly string[];

function statementsOf(policy: string | undefined): Map<string, string> {
  if (policy === undefined) return new Map();
  const { Statement } = JSON.parse(policy) as { Statement: WrittenStatement | readonly WrittenStatement[] };
  return new Map(
    [Statement].flat().map((statement, index) => {
      const { Sid, Effect, Action, NotAction, Resource, NotResource, ...rest } = statement;
      const what = words('', Action) + words('not ', NotAction);
      const where = words('', Resource) + words('not ', NotResource);
      const more = Object.keys(rest).length > 0 ? ` if ${canonical(rest)}` : '';
      return [Sid ?? `statement ${index + 1}`, `${Effect} ${what} on ${where}${more}`];
    }),
  );
}

function words(before: string, value: Words | undefined): string {
  return value === undefined ? '' : before + [value].flat().join(', ');
}

function sameJson(one: string, other: string | undefined): boolean {
  return other !== undefined && canonical(JSON.parse(one)) === canonical(JSON.parse(other));
}

/** JSON with the keys of each object in order. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
