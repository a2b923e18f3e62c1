import type { Cloud } from '../aws/cloud.js';
import { isNotFound } from '../aws/errors.js';
import { readLog } from '../logs/readLog.js';
import type { Job } from '../project/jobs.js';
import type { Project } from '../project/project.js';
import { isOn, kindOf, type RunRecord } from './runRecord.js';

/** What a job of an earlier run printed: what metrics can be tried on before another one is paid for. */
export interface PastLog {
  /** Name of the training job. */
  readonly job: string;
  /** When its run was launched: the script was as it is now if no file of it is younger. */
  readonly launched: Date;
  readonly lines: readonly string[];
}

/** Runs that are looked at: an older one says little about the script as it is now. */
const mostRuns = 3;

/**
 * The log of the newest training job that has completed with the script of `job`, as a run of any entry or as a trial.
 * @param records the newest first
 */
export async function pastLog(
  cloud: Pick<Cloud, 'connection' | 'logs' | 'tuningJobs'>,
  records: readonly RunRecord[],
  jobs: Project['jobs'],
  { source, script }: Pick<Job, 'source' | 'script'>,
  signal: AbortSignal,
): Promise<PastLog | undefined> {
  const runs = records.filter((record) => {
    const own = jobs[record.entry.slice('jobs.'.length)];
    return isOn(record, cloud.connection) && own?.source === source && own.script === script;
  });
  for (const record of runs.slice(0, mostRuns)) {
    const job = await completedJob(cloud, record, signal);
    const lines = job === undefined ? [] : await readLog(cloud.logs, job, signal);
    if (job !== undefined && lines.length > 0) return { job, launched: new Date(record.started), lines };
  }
  return undefined;
}

/** Undefined for a run none of whose training jobs has come to its end, or is known any more. */
async function completedJob(
  { tuningJobs }: Pick<Cloud, 'tuningJobs'>,
  record: RunRecord,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (kindOf(record) === 'training-job') return record.outcome === 'Completed' ? record.id : undefined;
  if (record.results.winner) return record.results.winner.trial;
  // A search whose objective no trial has printed has no winner: its trials are the very ones to look at.
  const trials = await tuningJobs.trials(record.id, undefined, signal).catch((error: unknown) => {
    if (isNotFound(error)) return { items: [] };
    throw error;
  });
  return trials.items.find(({ state }) => state === 'Completed')?.name;
}
