import { type Remedy, UserError } from '../core/errors.js';
import { type TrainingJob, winnerFrom } from '../project/jobs.js';
import type { Gate } from './gates.js';
import { isOn, type RunRecord } from './runRecord.js';
import type { Session } from './session.js';

/**
 * The newest run of a tuning job's entry on this connection that has ended with a best trial.
 * @param from `jobs.tune`
 * @param tuningJob the one that is meant, if not the newest
 */
export async function runWithWinner(
  { runs, cloud }: Pick<Session, 'runs' | 'cloud'>,
  from: string,
  tuningJob?: string,
): Promise<RunRecord | undefined> {
  return (await runs.list()).find(
    (record) =>
      record.entry === from &&
      record.results.winner !== undefined &&
      (tuningJob === undefined || record.id === tuningJob) &&
      isOn(record, cloud.connection),
  );
}

/** @param from `jobs.tune` */
export function noWinner(from: string, remedy?: Remedy): UserError {
  const message = `${from} has no search on this connection that ended with a best trial, so there are no hyperparameters to take from it yet.`;
  return new UserError(message, { ...(remedy && { remedy }) });
}

/**
 * The hyperparameters that a training job is sent with, and a gate that shows those that were taken from a tuning job: all
 * that its best trial's script got, searched or not. What the entry says itself comes first.
 */
export async function hyperparametersOf(
  session: Pick<Session, 'runs' | 'cloud'>,
  job: Pick<TrainingJob, 'hyperparameters'>,
  tuningJob: string | undefined,
): Promise<{ readonly hyperparameters: Readonly<Record<string, unknown>>; readonly gates: readonly Gate[] }> {
  const from = winnerFrom(job);
  if (from === undefined) return { hyperparameters: job.hyperparameters, gates: [] };
  const run = await runWithWinner(session, from, tuningJob);
  const winner = run?.results.winner;
  if (!winner) throw noWinner(from);
  const { from: _, ...own } = job.hyperparameters;
  const taken = Object.fromEntries(Object.entries(winner.hyperparameters).filter(([name]) => !(name in own)));
  const objective = Object.entries(run.results.metrics ?? {}).map(([name, value]) => `, ${name} ${short(value)}`);
  const gate: Gate = {
    id: 'hyperparameters',
    level: 'green',
    evidence: [
      `from ${run.id}, trial ${winner.trial}${objective.join('')}: ${listed(taken)}`,
      ...(Object.keys(own).length > 0 ? [`of this entry: ${listed(own)}`] : []),
    ].join('; '),
  };
  return { hyperparameters: { ...winner.hyperparameters, ...own }, gates: [gate] };
}

function listed(hyperparameters: Readonly<Record<string, unknown>>): string {
  return Object.entries(hyperparameters)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ');
}

function short(value: number): string {
  return String(Number(value.toPrecision(4)));
}
