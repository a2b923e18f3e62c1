import { setTimeout as delay } from 'node:timers/promises';
import type { Cloud } from '../../aws/cloud.js';
import type { TuningJobDetail } from '../../aws/gateways/tuningJobs.js';

/** Waits for the end of a tuning job, good or bad, and tells it whenever a trial begins or ends. An abort ends the wait alone. */
export async function untilSearched(
  cloud: Pick<Cloud, 'connection' | 'tuningJobs'>,
  name: string,
  tell: (job: TuningJobDetail) => void,
  signal: AbortSignal,
): Promise<TuningJobDetail> {
  let told = '';
  for (;;) {
    const job = await cloud.tuningJobs.describe(name, signal);
    const news = JSON.stringify([job.trials, job.best?.objective]);
    if (news !== told) tell(job);
    told = news;
    if (job.state !== 'InProgress' && job.state !== 'Stopping') return job;
    await delay(cloud.connection.intervals.describe, undefined, { signal });
  }
}
