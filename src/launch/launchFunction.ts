import { timedName } from '../aws/names.js';
import type { FunctionDetail } from '../aws/gateways/functions.js';
import { messageOf } from '../core/errors.js';
import { deployFunction, type Report } from '../functions/deployFunction.js';
import type { FunctionChanges } from '../functions/functionChanges.js';
import {
  configurationRequest,
  functionRequest,
  type FunctionPlan,
  policyName,
  roleRequest,
} from '../functions/functionRequests.js';
import type { FunctionLaunch } from './planFunction.js';
import type { RunRecord } from './runRecord.js';
import { newRecord, type Session } from './session.js';
import type { Summary } from './summary.js';

export type ReadyFunction = FunctionLaunch & { readonly ready: NonNullable<FunctionLaunch['ready']> };

/**
 * Deploys a function, with a record of the run. The record is written when it is over: a deployment takes seconds, and the
 * ledger has each of its calls.
 * @returns the function, or undefined when there was nothing to do
 */
export async function launchFunction(
  session: Session,
  { entry, name, estimate, ready }: ReadyFunction,
  report: Report,
  signal: AbortSignal,
): Promise<FunctionDetail | undefined> {
  const { plan, code, before, changes, anything } = ready;
  if (!anything) return undefined;
  const { cloud, runs, projectName } = session;
  const run = timedName(`${projectName}-${entry.slice('functions.'.length)}`, session.now());
  const record: RunRecord = {
    ...newRecord(session, run, entry),
    requests: requestsOf(plan, before, changes),
    source: { uri: `lambda:${name}`, sha256: code.sha256, files: [...code.contents] },
  };
  const end = async (outcome: string, rest: Partial<RunRecord> = {}) =>
    runs.save({ ...record, ended: session.now().toISOString(), outcome, ...rest });
  const mutate = session.mutate(run);
  // What an alias has started ahead is all that costs without being called.
  const priced = { entry, usdPerHour: estimate?.usdPerHour ?? 0 };
  try {
    const deployed = await deployFunction(
      cloud,
      (change) => mutate(change, change.kind === 'function-alias' ? priced : { entry }),
      plan,
      before,
      changes,
      report,
      signal,
    );
    const version = deployed.aliases.find((alias) => alias.name === plan.alias)?.version ?? '$LATEST';
    await end('Deployed', { results: { function: { name, alias: plan.alias, version } } });
    return deployed;
  } catch (error) {
    await (signal.aborted ? end('Cancelled') : end('Failed', { failure: messageOf(error) }));
    throw error;
  }
}

/** What a deployment sends, by operation; the zip by its size and name. */
export function requestsOf(
  plan: FunctionPlan,
  before: FunctionDetail | undefined,
  changes: FunctionChanges,
): RunRecord['requests'] {
  const { name, alias, role, code, reservedConcurrency, provisionedConcurrency } = plan;
  const zip = `${code.bytes.length} bytes, SHA-256 ${code.sha256}`;
  const functionNamed = { FunctionName: name };
  const led = { ...functionNamed, Name: alias, FunctionVersion: 'the version that is published' };
  const hadAlias = before?.aliases.some((one) => one.name === alias) ?? false;
  return {
    ...(changes.createRole && { CreateRole: roleRequest(plan) }),
    ...(changes.putPolicy && {
      PutRolePolicy: { RoleName: role.name, PolicyName: policyName, PolicyDocument: role.policy },
    }),
    ...(changes.create && { CreateFunction: { ...functionRequest(plan), Code: { ZipFile: zip } } }),
    ...(changes.updateCode &&
      before && { UpdateFunctionCode: { ...functionNamed, ZipFile: zip, RevisionId: before.revision } }),
    ...(changes.updateConfiguration &&
      before && { UpdateFunctionConfiguration: configurationRequest(plan, before.revision) }),
    ...(changes.publish && {
      PublishVersion: { ...functionNamed, CodeSha256: code.sha256 },
      [hadAlias ? 'UpdateAlias' : 'CreateAlias']: led,
    }),
    ...(changes.reserve && {
      [reservedConcurrency === undefined ? 'DeleteFunctionConcurrency' : 'PutFunctionConcurrency']: {
        ...functionNamed,
        ...(reservedConcurrency !== undefined && { ReservedConcurrentExecutions: reservedConcurrency }),
      },
    }),
    ...(changes.provision && {
      [provisionedConcurrency === undefined ? 'DeleteProvisionedConcurrencyConfig' : 'PutProvisionedConcurrencyConfig']:
        {
          ...functionNamed,
          Qualifier: alias,
          ...(provisionedConcurrency !== undefined && { ProvisionedConcurrentExecutions: provisionedConcurrency }),
        },
    }),
  };
}

export function functionSummary({ cloud }: Session, { entry, name, gates, ready, estimate }: FunctionLaunch): Summary {
  const { plan, before, changes } = ready ?? {};
  const alias = plan && `${name}:${plan.alias}`;
  const updated = changes && (changes.updateCode || changes.updateConfiguration || changes.reserve);
  const hadAlias = before?.aliases.some((one) => one.name === plan?.alias);
  return {
    entry,
    connection: cloud.connection,
    gates,
    changes: [
      ...(changes?.createRole ? [{ effect: 'creates' as const, kind: 'role' as const, name }] : []),
      ...(changes?.putPolicy && !changes.createRole
        ? [{ effect: 'updates' as const, kind: 'role' as const, name }]
        : []),
      ...(changes?.create ? [{ effect: 'creates' as const, kind: 'function' as const, name }] : []),
      ...(before && updated ? [{ effect: 'updates' as const, kind: 'function' as const, name }] : []),
      ...(changes?.publish ? [{ effect: 'creates' as const, kind: 'function-version' as const, name }] : []),
      ...(alias !== undefined && (changes?.publish || changes?.provision)
        ? [
            {
              effect: hadAlias ? ('updates' as const) : ('creates' as const),
              kind: 'function-alias' as const,
              name: alias,
              estimate,
            },
          ]
        : []),
    ],
  };
}
