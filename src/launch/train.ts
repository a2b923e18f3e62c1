import { messageOf } from '../aws/errors.js';
import { UserError } from '../core/errors.js';
import type { TrainingJobDetail } from '../aws/gateways/trainingJobs.js';
import { secondsInTraining } from '../jobs/phases.js';
import { type TrainingObserver, untilEnded, watchTraining } from '../jobs/watchTraining.js';
import type { Ready } from './planJob.js';
import type { TrainingLaunch } from './planTraining.js';
import type { RunRecord } from './runRecord.js';
import type { Session } from './session.js';
import { submitJob } from './submitJob.js';

/** How long a stopped job may take to save what it has: SageMaker's own 120 s, and the upload of it. */
const stopMilliseconds = 180_000;

export type ReadyTraining = Ready<TrainingLaunch>;

/** What a training job has given. */
export type Trained = Pick<TrainingJobDetail, 'name' | 'metrics' | 'model'>;

/** Creates the job, with a record of the run: see submitJob. */
export function submitTraining(session: Session, launch: ReadyTraining, signal: AbortSignal): Promise<RunRecord> {
  return submitJob(session, launch, session.cloud.trainingJobs.create(launch.ready.request), signal);
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

function resultsOf(job: TrainingJobDetail): RunRecord['results'] {
  const { metrics, model, billableSeconds } = job;
  const trainingSeconds = secondsInTraining(job);
  return {
    metrics: { ...metrics },
    ...(model !== undefined && { model }),
    ...(billableSeconds !== undefined && { billableSeconds }),
    ...(trainingSeconds !== undefined && { trainingSeconds }),
  };
}
