import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { partitionOf } from '../aws/connection.js';
import type { FunctionDetail } from '../aws/gateways/functions.js';
import { hasCode, UserError } from '../core/errors.js';
import { fileError } from '../core/files.js';
import type { Estimate } from '../costs/estimate.js';
import { estimateProvisioned } from '../costs/functions.js';
import { deployedFunction } from '../functions/deployFunction.js';
import { filledPolicy } from '../functions/executionPolicy.js';
import { changesAnything, type FunctionChanges, functionChanges } from '../functions/functionChanges.js';
import type { FunctionPlan } from '../functions/functionRequests.js';
import { findEndpoint } from '../hosting/deploy.js';
import type { SourcePreview } from '../packaging/sourceArchive.js';
import { packZip, type ZipArchive } from '../packaging/zip.js';
import { handlerPlace, type LambdaFunction } from '../project/functions.js';
import type { HandlerReading } from '../python/lambdaHandler.js';
import { existingRole, roleArn } from './executionRole.js';
import {
  changesGate,
  endpointGate,
  handlerGate,
  memoryGate,
  ownerGate,
  packageGate,
  policyGate,
  timeoutGate,
} from './functionGates.js';
import { functionName, longestFunctionName } from './functionName.js';
import { functionEndpoint, functionEnvironment } from './functionEnvironment.js';
import { type Gate, isBlocked, nameGate, sourceGate } from './gates.js';
import { onlyOf } from './planEndpoint.js';
import { type Session, sourceWithoutData } from './session.js';

/** A function, ready to be deployed. */
export interface FunctionLaunch {
  /** `functions.predict` */
  readonly entry: string;
  /** Of the function, and of the role that is made for it. */
  readonly name: string;
  readonly gates: readonly Gate[];
  /** Of what costs without being called; undefined when nothing does. */
  readonly estimate: Estimate | undefined;
  /** Undefined when a gate is red. */
  readonly ready:
    | {
        readonly plan: FunctionPlan;
        readonly code: ZipArchive;
        readonly before: FunctionDetail | undefined;
        readonly changes: FunctionChanges;
        /** Whether there is anything to do. */
        readonly anything: boolean;
      }
    | undefined;
}

/** SageMaker's only variant of an endpoint that we deploy. */
const variant = 'AllTraffic';

/** Everything that a deployment of `functions.<name>` would do, with its gates. Changes nothing. */
export async function planFunction(session: Session, name: string, signal: AbortSignal): Promise<FunctionLaunch> {
  const { cloud, project, projectName } = session;
  const wanted = project.functions[name];
  if (!wanted) throw new UserError(`There is no function "${name}" in sagemaker.jsonc.`);
  const { connection } = cloud;
  const entry = `functions.${name}`;
  const own = functionName(projectName, name);
  const endpoint = functionEndpoint(projectName, wanted);
  const place = { partition: partitionOf(connection), region: connection.region, account: connection.account };
  const tags = { 'workbench:project': projectName, 'workbench:entry': entry };

  const code = await codeOf(session, wanted, signal);
  const [deployed, policy, role, serving, latency] = await Promise.all([
    deployedFunction(cloud, { function: own, role: wanted.role === undefined ? own : undefined }, signal),
    wanted.policy === undefined ? undefined : textOf(path.resolve(session.workspace, wanted.policy)),
    wanted.role === undefined ? undefined : existingRole(cloud, wanted.role, 'lambda', signal),
    endpoint === undefined ? undefined : findEndpoint(cloud, endpoint, signal),
    endpoint === undefined ? undefined : cloud.metrics.modelLatency(endpoint, variant, session.now(), signal),
  ]);
  const gates: Gate[] = [
    nameGate(own, longestFunctionName),
    ...ownerGate(own, deployed, tags),
    sourceGate(code.folder, code.file, code.source),
    ...(code.zip ? [handlerGate(wanted, code.name, code.reading), packageGate(code.zip)] : []),
    ...(wanted.policy === undefined ? [] : [policyGate(wanted.policy, policy, endpoint, place)]),
    ...(role ? [role.gate] : []),
    ...(endpoint === undefined
      ? []
      : [endpointGate(wanted.endpoint!, endpoint, serving), timeoutGate(wanted, latency)]),
    memoryGate(wanted, code.reading?.takesImages ?? false),
  ];
  const estimate =
    wanted.provisionedConcurrency === undefined
      ? undefined
      : estimateProvisioned(wanted.memorySize, wanted.provisionedConcurrency);
  const launch = { entry, name: own, gates, estimate };
  if (isBlocked(gates) || !code.zip) return { ...launch, ready: undefined };
  const plan: FunctionPlan = {
    name: own,
    handler: code.handler,
    runtime: wanted.runtime,
    memorySize: wanted.memorySize,
    timeout: wanted.timeout,
    environment: functionEnvironment(projectName, wanted),
    role: {
      name: own,
      arn: role?.arn ?? roleArn(connection, own),
      policy: policy === undefined ? undefined : filledPolicy(policy, place),
    },
    alias: wanted.alias,
    reservedConcurrency: wanted.reservedConcurrency,
    provisionedConcurrency: wanted.provisionedConcurrency,
    code: code.zip,
    tags,
  };
  const changes = functionChanges(plan, deployed);
  const anything = changesAnything(changes);
  gates.push(changesGate(wanted, changes, anything));
  return { ...launch, ready: { plan, code: code.zip, before: deployed.function, changes, anything } };
}

interface Code {
  /** Relative to the workspace. */
  readonly folder: string;
  /** The handler's file and its function, and both as Lambda has them: in the folder. */
  readonly file: string;
  readonly name: string;
  readonly handler: string;
  readonly source: SourcePreview | undefined;
  /** Undefined when the handler's file is not there, or something may not be shipped. */
  readonly zip: ZipArchive | undefined;
  readonly reading: HandlerReading | undefined;
}

/** What is shipped of an entry: its source folder, or the handler's file alone. */
async function codeOf(session: Session, wanted: LambdaFunction, signal: AbortSignal): Promise<Code> {
  const { file: written, name } = handlerPlace(wanted);
  const alone = wanted.source === undefined;
  const folder = wanted.source ?? path.posix.dirname(written);
  const file = alone ? path.posix.basename(written) : written;
  const handler = alone ? `${file.slice(0, -'.py'.length)}.${name}` : wanted.handler;
  const all = await sourceWithoutData(session, folder);
  const source = alone && all ? onlyOf(all, [file]) : all;
  const found = source?.files.find((one) => one.path === file);
  const code = { folder, file, name, handler, source };
  if (!source || !found || source.secrets.length > 0) return { ...code, zip: undefined, reading: undefined };
  const zip = await packZip(source.files, signal);
  // A bundle of its own, with a parser of Python in it; written with the folder, by which esbuild.mjs knows it.
  const { readHandlerFile } = await import('../launch/scanWorkspace.js');
  return { ...code, zip, reading: readHandlerFile(await readFile(found.absolute, 'utf8'), name) };
}

/** Undefined when there is no such file. */
async function textOf(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw fileError('The policy cannot be read', error);
  });
}
