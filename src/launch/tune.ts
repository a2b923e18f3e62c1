import type { Cloud } from '../aws/cloud.js';
import type { TuningJobDetail } from '../aws/gateways/tuningJobs.js';
import { decodeHyperparameters } from '../container/hyperparameters.js';
import type { Ready } from './planJob.js';
import type { TuningLaunch } from './planTuning.js';
import type { RunRecord } from './runRecord.js';
import type { Session } from './session.js';
import { submitJob } from './submitJob.js';

/** Creates the tuning job, with a record of the run: see submitJob. */
export function submitTuning(session: Session, launch: Ready<TuningLaunch>, signal: AbortSignal): Promise<RunRecord> {
  return submitJob(session, launch, session.cloud.tuningJobs.create(launch.ready.request), signal);
}

/** What is written down of a run whose tuning job has ended: its best trial, also when it was stopped before its end. */
export async function completeTuning(
  { runs, ledger, now }: Pick<Session, 'runs' | 'ledger' | 'now'>,
  cloud: Pick<Cloud, 'trainingJobs'>,
  record: RunRecord,
  job: TuningJobDetail,
  signal: AbortSignal,
): Promise<RunRecord> {
  const { account, region } = record.connection;
  const { state, failure } = job;
  const results = await resultsOf(cloud, job, signal);
  await ledger.ended('tuning-job', record.id, { account, region });
  const ended = (job.ended ?? now()).toISOString();
  const completed = { ...record, ended, outcome: state, ...(failure !== undefined && { failure }), results };
  await runs.save(completed);
  return completed;
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
