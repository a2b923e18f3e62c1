import type { CreateTrainingJobCommandInput } from '@aws-sdk/client-sagemaker';
import path from 'node:path';
import type { ObjectAddress } from '../aws/gateways/objects.js';
import { pytorchImage } from '../aws/images.js';
import { timedName } from '../aws/names.js';
import { UserError } from '../core/errors.js';
import { fileError, isFolder } from '../core/files.js';
import { type Estimate, estimateTraining } from '../costs/estimate.js';
import { trainingRequest } from '../jobs/trainingRequest.js';
import { packSource, type SourceArchive } from '../packaging/sourceArchive.js';
import type { TrainingJob } from '../project/project.js';
import { TransferManifest } from '../transfer/manifest.js';
import { planUpload, type UploadPlan } from '../transfer/uploadFolder.js';
import { executionRole } from './executionRole.js';
import {
  bucketGate,
  dataGate,
  distributionGate,
  type Gate,
  instanceGate,
  isBlocked,
  metricsGate,
  nameGate,
  sourceGate,
} from './gates.js';
import { type Session, sourceWithoutData, tagsOf } from './session.js';

/** A training job, ready to be sent: nothing of it has reached the cloud yet. */
export interface TrainingLaunch {
  /** `jobs.best` */
  readonly entry: string;
  readonly name: string;
  readonly gates: readonly Gate[];
  readonly estimate: Estimate | undefined;
  readonly bucket: { readonly name: string; readonly exists: boolean };
  readonly uploads: readonly DataUpload[];
  /** Undefined when a gate is red. */
  readonly ready:
    | {
        readonly request: CreateTrainingJobCommandInput;
        readonly source: SourceArchive;
        readonly sourceTarget: ObjectAddress;
      }
    | undefined;
}

interface DataUpload {
  /** Name of the `data` entry. */
  readonly name: string;
  readonly channel: string;
  readonly plan: UploadPlan;
  readonly manifest: TransferManifest;
}

/**
 * Everything that a launch of `jobs.<name>` would do, with its gates. Reads the workspace and the cloud, changes neither.
 * @param scratch folder for the source archive
 * @param fallbackRole used when the project file names none
 */
export async function planTraining(
  session: Session,
  name: string,
  scratch: string,
  fallbackRole: string | undefined,
  signal: AbortSignal,
): Promise<TrainingLaunch> {
  const { cloud, project, bucket, projectName } = session;
  const job = project.jobs[name];
  if (!job) throw new UserError(`There is no training job "${name}" in sagemaker.jsonc.`);
  const { region } = cloud.connection;
  const jobName = timedName(`${projectName}-${name}`, session.now());
  const estimate = estimateTraining(job.instance, job.maxRuntime);

  const [bucketRegion, role, source] = await Promise.all([
    cloud.objects.bucketRegion(bucket, signal),
    executionRole(session, job.role, fallbackRole, signal),
    sourceWithoutData(session, job.source),
  ]);
  const data =
    bucketRegion === undefined || bucketRegion === region ? await planData(session, job, bucketRegion, signal) : [];
  const gates = [
    nameGate(jobName),
    bucketGate(bucket, region, bucketRegion),
    role.gate,
    sourceGate(job.source, job.script, source),
    ...data.map(({ gate }) => gate),
    metricsGate(job.metrics),
    ...distributionGate(job),
    instanceGate('training', job.instance, estimate),
  ];
  const uploads = data.flatMap(({ upload }) => upload ?? []);
  const launch = {
    entry: `jobs.${name}`,
    name: jobName,
    gates,
    estimate,
    bucket: { name: bucket, exists: bucketRegion !== undefined },
    uploads,
  };
  if (isBlocked(gates) || role.arn === undefined || !source) return { ...launch, ready: undefined };

  const archive = await packSource(source, path.join(scratch, 'sourcedir.tar.gz'), signal);
  const sourceTarget = { bucket, key: `${projectName}/source/${archive.sha256}/sourcedir.tar.gz` };
  const request = trainingRequest({
    name: jobName,
    script: job.script,
    image: job.image ?? pytorchImage('training', region, job.instance.type, job.frameworkVersion),
    roleArn: role.arn,
    source: `s3://${bucket}/${sourceTarget.key}`,
    channels: Object.fromEntries(
      Object.entries(job.channels).map(([channel, from]) => [channel, channelUri(session, from)]),
    ),
    hyperparameters: job.hyperparameters,
    metrics: job.metrics,
    environment: job.environment,
    instance: job.instance,
    volumeSizeInGB: job.volumeSizeInGB,
    torchrun: job.distribution === 'torchrun' && job.instance.count > 1,
    output: `s3://${bucket}/${projectName}/jobs`,
    region,
    maxRuntime: job.maxRuntime,
    tags: tagsOf(session, launch.entry, jobName),
  });
  return { ...launch, ready: { request, source: archive, sourceTarget } };
}

async function planData(
  session: Session,
  job: TrainingJob,
  bucketRegion: string | undefined,
  signal: AbortSignal,
): Promise<{ gate: Gate; upload?: DataUpload }[]> {
  const found: { gate: Gate; upload?: DataUpload }[] = [];
  for (const [channel, from] of Object.entries(job.channels)) {
    const name = dataName(from);
    if (name === undefined || !session.project.data[name]) continue;
    const { gate, upload } = await planDataEntry(session, name, bucketRegion !== undefined, signal);
    found.push({ gate, ...(upload && { upload: { ...upload, channel } }) });
  }
  return found;
}

/** What an upload of `data.<name>` would send. Reads the folder and the bucket, changes neither. */
export async function planDataEntry(
  session: Session,
  name: string,
  bucketExists: boolean,
  signal: AbortSignal,
): Promise<{ readonly gate: Gate; readonly upload?: Omit<DataUpload, 'channel'> }> {
  const data = session.project.data[name];
  if (!data) throw new UserError(`There is no data "${name}" in sagemaker.jsonc.`);
  const folder = path.resolve(session.workspace, data.path);
  if (!(await isFolder(folder))) return { gate: dataGate(name, data.path, undefined) };
  const manifest = await TransferManifest.open(session.state.manifest(session.bucket, name));
  const target = { bucket: session.bucket, prefix: `${session.projectName}/data/${name}/` };
  const objects = bucketExists ? session.cloud.objects : emptyBucket;
  const plan = await planUpload(objects, folder, target, manifest, signal).catch((error: unknown) => {
    throw fileError(`data.${name} cannot be read`, error);
  });
  return { gate: dataGate(name, data.path, plan), upload: { name, plan, manifest } };
}

/** What a bucket that will be created holds. */
const emptyBucket = {
  list: async function* (): AsyncGenerator<never> {},
};

function channelUri(session: Session, from: string): string {
  const name = dataName(from);
  // With its slash: the prefix data/dogs would take in data/dogs2 as well.
  return name === undefined ? from : `s3://${session.bucket}/${session.projectName}/data/${name}/`;
}

function dataName(from: string): string | undefined {
  return from.startsWith('data.') ? from.slice('data.'.length) : undefined;
}
