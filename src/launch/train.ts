import { UserError } from '../core/errors.js';
import type { TrainingJobDetail } from '../aws/gateways/trainingJobs.js';
import { secondsInTraining } from '../jobs/phases.js';
import { type TrainingObserver, untilEnded, watchTraining } from '../jobs/watchTraining.js';
import { attend } from './attend.js';
import type { Ready } from './planJob.js';
import type { TrainingLaunch } from './planTraining.js';
import type { RunRecord } from './runRecord.js';
import type { Session } from './session.js';
import { submitJob } from './submitJob.js';

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
  const { cloud, mutate } = session;
  const record = await submitTraining(session, launch, signal);
  const { id: name } = record;
  const title = `Training job ${name}`;
  const attended = {
    title,
    watch: () => watchTraining(cloud, name, observer, signal),
    stop: async (patience: AbortSignal) => {
      const { state, phases } = await cloud.trainingJobs.describe(name, patience);
      if (state === 'InProgress') await mutate(name)(cloud.trainingJobs.stop(name));
      return untilEnded(cloud, name, observer, patience, phases.length);
    },
    complete: (ended: TrainingJobDetail, outcome?: string) => completeTraining(session, record, ended, outcome),
  };
  const job = await attend(session, record, attended, signal);
  if (job.state !== 'Completed') {
    throw new UserError(`${title} ${job.state.toLowerCase()}: ${job.failure ?? 'it was stopped'}`);
  }
  return job;
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
