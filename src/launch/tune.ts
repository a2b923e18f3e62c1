import type { Cloud } from '../aws/cloud.js';
import type { TuningJobDetail } from '../aws/gateways/tuningJobs.js';
import { decodeHyperparameters } from '../container/hyperparameters.js';
import { UserError } from '../core/errors.js';
import { untilSearched } from '../jobs/tuning/untilSearched.js';
import { attend } from './attend.js';
import type { Ready } from './planJob.js';
import type { TuningLaunch } from './planTuning.js';
import type { RunRecord } from './runRecord.js';
import type { Session } from './session.js';
import { submitJob } from './submitJob.js';
import type { Trained } from './train.js';

export type ReadyTuning = Ready<TuningLaunch>;

/** Its best trial is asked after also when the person has cancelled. */
const describeMilliseconds = 30_000;

/** Creates the tuning job, with a record of the run: see submitJob. */
export function submitTuning(session: Session, launch: ReadyTuning, signal: AbortSignal): Promise<RunRecord> {
  return submitJob(session, launch, session.cloud.tuningJobs.create(launch.ready.request), signal);
}

/** What is written down of a run whose tuning job has ended: its best trial, also when it was stopped before its end. */
export async function completeTuning(
  { runs, ledger, now }: Pick<Session, 'runs' | 'ledger' | 'now'>,
  cloud: Pick<Cloud, 'trainingJobs'>,
  record: RunRecord,
  job: TuningJobDetail,
  signal: AbortSignal,
  outcome: string = job.state,
): Promise<RunRecord> {
  const { account, region } = record.connection;
  const failure = outcome === 'Cancelled' ? 'Stopped on request' : job.failure;
  const results = await resultsOf(cloud, job, signal);
  await ledger.ended('tuning-job', record.id, { account, region });
  const ended = (job.ended ?? now()).toISOString();
  const completed = { ...record, ended, outcome, ...(failure !== undefined && { failure }), results };
  await runs.save(completed);
  return completed;
}

/**
 * Creates the tuning job and watches it to its end, with a record of the run. An abort stops it in the cloud, and waits
 * until it has stopped.
 * @param tell hears of it whenever a trial begins or ends
 * @returns the tuning job, with the objective and the model of its best trial
 * @throws {UserError} when it fails, or none of its trials has a value
 */
export async function search(
  session: Session,
  launch: ReadyTuning,
  tell: (job: TuningJobDetail) => void,
  signal: AbortSignal,
): Promise<Trained> {
  const { cloud, mutate } = session;
  const record = await submitTuning(session, launch, signal);
  const { id: name } = record;
  const title = `Tuning job ${name}`;
  let results: RunRecord['results'] = {};
  const attended = {
    title,
    watch: () => untilSearched(cloud, name, tell, signal),
    stop: async (patience: AbortSignal) => {
      const { state } = await cloud.tuningJobs.describe(name, patience);
      if (state === 'InProgress') await mutate(name)(cloud.tuningJobs.stop(name));
      return untilSearched(cloud, name, tell, patience);
    },
    complete: async (ended: TuningJobDetail, outcome?: string) => {
      const patience = AbortSignal.timeout(describeMilliseconds);
      ({ results } = await completeTuning(session, cloud, record, ended, patience, outcome));
    },
  };
  const job = await attend(session, record, attended, signal);
  if (job.state !== 'Completed' || !results.winner) {
    const reason = job.failure ?? (job.state === 'Completed' ? 'no trial has a value' : 'it was stopped');
    throw new UserError(`${title} ${job.state.toLowerCase()}: ${reason}`);
  }
  return { name, metrics: results.metrics ?? {}, model: results.model };
}

async function resultsOf(
  { trainingJobs }: Pick<Cloud, 'trainingJobs'>,
  { best, objective }: TuningJobDetail,
  signal: AbortSignal,
): Promise<RunRecord['results']> {
  if (best?.objective === undefined) return {};
  const { name, model, hyperparameters } = await trainingJobs.describe(best.name, signal);
  return {
    metrics: { [objective.metric]: best.objective },
    ...(model !== undefined && { model }),
    winner: { trial: name, hyperparameters: receivedHyperparameters(hyperparameters) },
  };
}

/** Hyperparameters as the script received them, without those that are for SageMaker and the training toolkit. */
export function receivedHyperparameters(sent: Readonly<Record<string, string>>): Record<string, unknown> {
  const names = [...decodeHyperparameters(sent).user.keys()].map(String);
  return Object.fromEntries(names.map((name) => [name, decoded(sent[name] ?? '')]));
}

/** JSON, or else the text itself, as the training toolkit reads it. */
function decoded(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
