import path from 'node:path';
import type { ObjectAddress } from '../aws/gateways/objects.js';
import { pytorchImage } from '../aws/images.js';
import type { Estimate } from '../costs/estimate.js';
import type { TrainingPlan } from '../jobs/trainingRequest.js';
import { packSource, type SourceArchive, type SourcePreview } from '../packaging/sourceArchive.js';
import type { Job } from '../project/jobs.js';
import { executionRole } from './executionRole.js';
import { bucketGate, distributionGate, type Gate, instanceGate, isBlocked, metricsGate, sourceGate } from './gates.js';
import { channelUri, type DataUpload, planData } from './planData.js';
import type { HostReading } from './scanWorkspace.js';
import { type Session, sourceOfJob, tagsOf } from './session.js';

/** A training or tuning job, ready to be sent: nothing of it has reached the cloud yet. */
export interface JobLaunch<Request> {
  /** `jobs.best` */
  readonly entry: string;
  readonly name: string;
  readonly gates: readonly Gate[];
  readonly estimate: Estimate | undefined;
  readonly bucket: { readonly name: string; readonly exists: boolean };
  readonly uploads: readonly DataUpload[];
  /** Undefined when a gate is red. */
  readonly ready:
    { readonly request: Request; readonly source: SourceArchive; readonly sourceTarget: ObjectAddress } | undefined;
}
export type Ready<L extends JobLaunch<unknown>> = L & { readonly ready: NonNullable<L['ready']> };

/** What the two kinds of jobs differ in. */
export interface JobKind<Request> {
  readonly name: string;
  readonly estimate: Estimate | undefined;
  /** Those of its own; those that all jobs have are added. */
  readonly gates: readonly Gate[];
  readonly hyperparameters: Readonly<Record<string, unknown>>;
  readonly request: (plan: TrainingPlan) => Request;
}

/**
 * Everything that a launch of `jobs.<entry>` would do, with its gates. Reads the workspace and the cloud, changes neither.
 * @param scratch folder for the source archive
 * @param fallbackRole used when the project file names none
 */
export async function planJob<Request>(
  session: Session,
  entry: string,
  job: Job,
  kind: JobKind<Request>,
  scratch: string,
  fallbackRole: string | undefined,
  signal: AbortSignal,
): Promise<JobLaunch<Request>> {
  const { cloud, bucket, projectName } = session;
  const { region } = cloud.connection;
  const { name, estimate } = kind;

  const [bucketRegion, role, source] = await Promise.all([
    cloud.objects.bucketRegion(bucket, signal),
    executionRole(session, job.role, fallbackRole, signal),
    sourceOfJob(session, job.source),
  ]);
  const exists = bucketRegion !== undefined;
  const data = !exists || bucketRegion === region ? await planData(session, job, exists, signal) : [];
  const gates = [
    ...kind.gates,
    bucketGate(bucket, region, bucketRegion),
    role.gate,
    sourceGate(job.source, job.script, source),
    ...data.map(({ gate }) => gate),
    metricsGate(job.metrics),
    ...distributionGate(job, source && (await hostsRead(job, source))),
    instanceGate('training', job.instance, estimate),
  ];
  const launch = {
    entry: `jobs.${entry}`,
    name,
    gates,
    estimate,
    bucket: { name: bucket, exists },
    uploads: data.flatMap(({ upload }) => upload ?? []),
  };
  if (isBlocked(gates) || role.arn === undefined || !source) return { ...launch, ready: undefined };

  const archive = await packSource(source, path.join(scratch, 'sourcedir.tar.gz'), signal);
  const sourceTarget = { bucket, key: `${projectName}/source/${archive.sha256}/sourcedir.tar.gz` };
  const request = kind.request({
    name,
    script: job.script,
    image: job.image ?? pytorchImage('training', region, job.instance.type, job.frameworkVersion),
    roleArn: role.arn,
    source: `s3://${bucket}/${sourceTarget.key}`,
    channels: Object.fromEntries(
      Object.entries(job.channels).map(([channel, from]) => [channel, channelUri(session, from)]),
    ),
    hyperparameters: kind.hyperparameters,
    metrics: job.metrics,
    environment: job.environment,
    instance: job.instance,
    volumeSizeInGB: job.volumeSizeInGB,
    torchrun: job.distribution === 'torchrun' && job.instance.count > 1,
    output: `s3://${bucket}/${projectName}/jobs`,
    region,
    maxRuntime: job.maxRuntime,
    tags: tagsOf(session, launch.entry, name),
  });
  return { ...launch, ready: { request, source: archive, sourceTarget } };
}

async function hostsRead({ instance, script }: Job, { files }: SourcePreview): Promise<HostReading | undefined> {
  if (instance.count === 1) return undefined;
  // A bundle of its own, with a parser of Python in it; written with the folder, by which esbuild.mjs knows it.
  const { readHosts } = await import('../launch/scanWorkspace.js');
  return readHosts(files, script.replaceAll('\\', '/'));
}
