import path from 'node:path';
import { pytorchImage } from '../aws/images.js';
import { fixedName, timedName } from '../aws/names.js';
import { UserError } from '../core/errors.js';
import { type Estimate, estimateEndpoint } from '../costs/estimate.js';
import { findEndpoint } from '../hosting/deploy.js';
import type { EndpointPlan } from '../hosting/hostingRequests.js';
import type { InferenceCode } from '../packaging/modelArchive.js';
import type { SourcePreview } from '../packaging/sourceArchive.js';
import { executionRole } from './executionRole.js';
import { type Gate, instanceGate, isBlocked, nameGate, sourceGate } from './gates.js';
import { type Session, sourceOfJob, tagsOf } from './session.js';

/** An endpoint, ready to be deployed but for its model, which may not be trained yet. */
export interface EndpointLaunch {
  /** `endpoints.breeds` */
  readonly entry: string;
  /** Name of this deployment, of its model and its configuration; the endpoint's own name stays the same. */
  readonly run: string;
  readonly endpoint: string;
  /** Whether an endpoint of that name serves already: then it is updated. */
  readonly serves: boolean;
  readonly gates: readonly Gate[];
  readonly estimate: Estimate | undefined;
  /** Undefined when a gate is red. */
  readonly ready: { readonly code: InferenceCode; readonly plan: (modelData: string) => EndpointPlan } | undefined;
}

/** The endpoint of an entry has one name, however often it is deployed: whoever calls it knows it by that. */
export function endpointName(projectName: string, entry: string): string {
  return fixedName(`${projectName}-${entry}`);
}

/** Everything that a deployment of `endpoints.<name>` would do, with its gates. Changes nothing. */
export async function planEndpoint(
  session: Session,
  name: string,
  fallbackRole: string | undefined,
  signal: AbortSignal,
): Promise<EndpointLaunch> {
  const { cloud, project, projectName } = session;
  const wanted = project.endpoints[name];
  if (!wanted) throw new UserError(`There is no endpoint "${name}" in sagemaker.jsonc.`);
  const { region } = cloud.connection;
  const entry = `endpoints.${name}`;
  const run = timedName(`${projectName}-${name}`, session.now());
  const endpoint = endpointName(projectName, name);
  const estimate = estimateEndpoint(wanted.instance);
  const folder = wanted.source ?? path.dirname(wanted.inference);
  const script = wanted.source === undefined ? path.basename(wanted.inference) : wanted.inference;
  const [role, all, existing] = await Promise.all([
    executionRole(session, wanted.role, fallbackRole, signal),
    sourceOfJob(session, folder),
    findEndpoint(cloud, endpoint, signal),
  ]);
  const source = wanted.source === undefined && all ? onlyOf(all, [script, 'requirements.txt']) : all;
  const gates = [
    nameGate(endpoint),
    role.gate,
    sourceGate(folder, script, source),
    instanceGate('hosting', wanted.instance, estimate),
  ];
  const launch = { entry, run, endpoint, serves: existing?.state === 'InService', gates, estimate };
  const { arn: roleArn } = role;
  if (isBlocked(gates) || roleArn === undefined || !source) return { ...launch, ready: undefined };
  const plan = (modelData: string): EndpointPlan => ({
    endpoint,
    config: run,
    model: run,
    roleArn,
    image: wanted.image ?? pytorchImage('inference', region, wanted.instance.type, wanted.frameworkVersion),
    modelData,
    program: script,
    environment: wanted.environment,
    instance: wanted.instance,
    region,
    tags: tagsOf(session, entry, run),
  });
  return { ...launch, ready: { code: { files: source.files, replaces: wanted.source !== undefined }, plan } };
}

/** The preview of a few files of a folder. */
export function onlyOf(preview: SourcePreview, paths: readonly string[]): SourcePreview {
  const files = preview.files.filter((file) => paths.includes(file.path));
  return {
    ...preview,
    files,
    bytes: files.reduce((sum, { size }) => sum + size, 0),
    secrets: preview.secrets.filter((secret) => paths.includes(secret.path)),
    normalised: preview.normalised.filter((file) => paths.includes(file)),
    skipped: [],
  };
}
