import path from 'node:path';
import { UserError } from '../core/errors.js';
import { fileError, isFolder } from '../core/files.js';
import type { Job } from '../project/jobs.js';
import { TransferManifest } from '../transfer/manifest.js';
import { planUpload, type UploadPlan } from '../transfer/uploadFolder.js';
import { dataGate, type Gate } from './gates.js';
import type { Session } from './session.js';

export interface DataUpload {
  /** Name of the `data` entry. */
  readonly name: string;
  readonly channel: string;
  readonly plan: UploadPlan;
  readonly manifest: TransferManifest;
}

/** What the uploads of a job's channels would send, each with its gate. */
export async function planData(
  session: Session,
  job: Pick<Job, 'channels'>,
  bucketExists: boolean,
  signal: AbortSignal,
): Promise<{ gate: Gate; upload?: DataUpload }[]> {
  const found: { gate: Gate; upload?: DataUpload }[] = [];
  for (const [channel, from] of Object.entries(job.channels)) {
    const name = dataName(from);
    if (name === undefined || !session.project.data[name]) continue;
    const { gate, upload } = await planDataEntry(session, name, bucketExists, signal);
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

/** Where the job reads a channel: `s3://…`. */
export function channelUri(session: Session, from: string): string {
  const name = dataName(from);
  // With its slash: the prefix data/dogs would take in data/dogs2 as well.
  return name === undefined ? from : `s3://${session.bucket}/${session.projectName}/data/${name}/`;
}

function dataName(from: string): string | undefined {
  return from.startsWith('data.') ? from.slice('data.'.length) : undefined;
}
