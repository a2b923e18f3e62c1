import { messageOf, wasAnswered } from '../aws/errors.js';
import { UserError } from '../core/errors.js';
import type { TrainingJobDetail } from '../aws/gateways/trainingJobs.js';
import { type TrainingObserver, untilEnded, watchTraining } from '../jobs/watchTraining.js';
import { uploadArchive } from '../transfer/uploadArchive.js';
import { uploadFolder, type UploadProgress } from '../transfer/uploadFolder.js';
import type { TrainingLaunch } from './planTraining.js';
import type { RunRecord } from './runRecord.js';
import { newRecord, type Session } from './session.js';

/** How long a stopped job may take to save what it has: SageMaker's own 120 s, and the upload of it. */
const stopMilliseconds = 180_000;

/** Sends the data and the source of a launch; what is in S3 already is not sent again. */
export async function uploadInputs(
  session: Session,
  launch: ReadyTraining,
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

export type ReadyTraining = TrainingLaunch & { readonly ready: NonNullable<TrainingLaunch['ready']> };

/** What a training job has given. */
export type Trained = Pick<TrainingJobDetail, 'name' | 'metrics' | 'model'>;

/** The data that a launch trains on, for its record. */
export async function dataOf({ uploads }: TrainingLaunch): Promise<RunRecord['data']> {
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
 * job's end (`completeTraining`).
 */
export async function submitTraining(session: Session, launch: ReadyTraining, signal: AbortSignal): Promise<RunRecord> {
  const { cloud, runs } = session;
  const { name, entry, estimate, ready } = launch;
  const record: RunRecord = {
    ...newRecord(session, name, entry),
    requests: { CreateTrainingJob: ready.request },
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
    await session.mutate(name)(cloud.trainingJobs.create(ready.request), {
      entry,
      ...(estimate && { usdPerHour: estimate.usdPerHour }),
    });
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

/** What is written down of a run whose job has ended. */
export async function completeTraining(
  { runs, ledger, now }: Pick<Session, 'runs' | 'ledger' | 'now'>,
  record: RunRecord,
  job: TrainingJobDetail,
  outcome: string = job.state,
): Promise<RunRecord> {
  const { account, region } = record.connection;
  await ledger.ended('training-job', record.id, { account, region });
  const ended = (job.ended ?? now()).toISOString();
  const failure = outcome === 'Cancelled' ? 'Stopped on request' : job.failure;
  const completed = { ...record, ended, outcome, ...(failure !== undefined && { failure }), results: resultsOf(job) };
  await runs.save(completed);
  return completed;
}

/**
 * Creates the job and watches it to its end, with a record of the run. An abort stops the job in the cloud, and waits
 * until it has stopped.
 * @throws {UserError} with the service's reason when the job fails
 */
export async function train(
  session: Session,
  launch: ReadyTraining,
  observer: TrainingObserver,
  signal: AbortSignal,
): Promise<Trained> {
  const record = await submitTraining(session, launch, signal);
  const { id: name } = record;
  const job = await watchTraining(session.cloud, name, observer, signal).catch(async (error: unknown) => {
    if (signal.aborted) {
      await completeTraining(session, record, await stop(session, name, observer), 'Cancelled');
      throw error;
    }
    // The watching has failed, not the job: it runs on, and its record stays without an outcome.
    await session.runs.save({ ...record, failure: messageOf(error) });
    throw new UserError(`Training job ${name} was lost sight of, and may still be running: ${messageOf(error)}`, {
      cause: error,
    });
  });
  await completeTraining(session, record, job);
  if (job.state !== 'Completed') {
    throw new UserError(`Training job ${name} ${job.state.toLowerCase()}: ${job.failure ?? 'it was stopped'}`);
  }
  return job;
}

/** Stops the job for good: returns when it has ended, in whatever state. */
async function stop({ cloud, mutate }: Session, name: string, observer: TrainingObserver): Promise<TrainingJobDetail> {
  const patience = AbortSignal.timeout(stopMilliseconds);
  const { state, phases } = await cloud.trainingJobs.describe(name, patience);
  if (state === 'InProgress') await mutate(name)(cloud.trainingJobs.stop(name));
  return untilEnded(cloud, name, observer, patience, phases.length);
}

function resultsOf({ metrics, model, billableSeconds }: TrainingJobDetail): RunRecord['results'] {
  return {
    metrics: { ...metrics },
    ...(model !== undefined && { model }),
    ...(billableSeconds !== undefined && { billableSeconds }),
  };
}
