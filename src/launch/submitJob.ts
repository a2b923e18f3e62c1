import type { Change } from '../aws/change.js';
import { messageOf, wasAnswered } from '../aws/errors.js';
import { uploadArchive } from '../transfer/uploadArchive.js';
import { uploadFolder, type UploadProgress } from '../transfer/uploadFolder.js';
import type { JobLaunch, Ready } from './planJob.js';
import type { RunRecord } from './runRecord.js';
import { newRecord, type Session } from './session.js';

/** Sends the data and the source of a launch; what is in S3 already is not sent again. */
export async function uploadInputs(
  session: Session,
  launch: Ready<JobLaunch<unknown>>,
  report: (data: string, progress: UploadProgress) => void,
  signal: AbortSignal,
): Promise<void> {
  const { objects } = session.cloud;
  const mutate = session.mutate(launch.name);
  const facts = { entry: launch.entry };
  if (!launch.bucket.exists) await mutate(objects.createBucket(launch.bucket.name), facts);
  for (const { name, plan, manifest } of launch.uploads) {
    if (plan.send.length === 0) continue;
    await mutate(
      uploadFolder(objects, plan, manifest, signal, (progress) => report(name, progress)),
      facts,
    );
  }
  const { source, sourceTarget } = launch.ready;
  // The key is the hash of what is in it: when it is there, it is the same.
  if (!(await objects.exists(sourceTarget, signal))) {
    await mutate(uploadArchive(objects, source, sourceTarget, signal), facts);
  }
}

/** The data that a launch trains on, for its record. */
export async function dataOf({ uploads }: Pick<JobLaunch<unknown>, 'uploads'>): Promise<RunRecord['data']> {
  return Promise.all(
    uploads.map(async ({ channel, plan, manifest }) => {
      const files = [...plan.send, ...plan.unchanged];
      const bytes = files.reduce((sum, { size }) => sum + size, 0);
      const uri = `s3://${plan.bucket}/${plan.prefix}`;
      return { channel, uri, files: files.length, bytes, sha256: await manifest.fingerprint(files) };
    }),
  );
}

/**
 * Creates the job, with a record of the run. From then on nobody has to watch: the record is completed by whoever sees the
 * job's end (`completeTraining`, `completeTuning`).
 * @param create sends the launch's request
 */
export async function submitJob(
  session: Session,
  launch: Ready<JobLaunch<unknown>>,
  create: Change,
  signal: AbortSignal,
): Promise<RunRecord> {
  const { runs } = session;
  const { name, entry, estimate, ready } = launch;
  const record: RunRecord = {
    ...newRecord(session, name, entry),
    requests: { [create.operation]: ready.request },
    source: {
      uri: `s3://${ready.sourceTarget.bucket}/${ready.sourceTarget.key}`,
      sha256: ready.source.sha256,
      files: [...ready.source.contents],
    },
    data: await dataOf(launch),
  };
  await runs.save(record);
  try {
    signal.throwIfAborted();
    await session.mutate(name)(create, { entry, ...(estimate && { usdPerHour: estimate.usdPerHour }) });
  } catch (error) {
    // Without an answer it may have been created all the same: then the record has no outcome.
    const failure = messageOf(error);
    if (signal.aborted || wasAnswered(error)) {
      await runs.save({ ...record, ended: session.now().toISOString(), outcome: 'NotCreated', failure });
    } else await runs.save({ ...record, failure });
    throw error;
  }
  return record;
}
