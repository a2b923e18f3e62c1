import { setTimeout as delay } from 'node:timers/promises';
import type { Cloud } from '../aws/cloud.js';
import type { Phase, TrainingJobDetail } from '../aws/gateways/trainingJobs.js';
import { followLog, type LogLine, trainingLogGroup } from '../logs/followLog.js';

export interface TrainingObserver {
  /** Each phase once, when it is first seen, in the order in which they happened. */
  phase(phase: Phase): void;
  log(lines: readonly LogLine[]): void;
}

/**
 * Watches a job to its end: its phases, and its log from the first line to the last. Resolves with the job as it ended,
 * well or badly. An abort ends the watching only; the job runs on (`TrainingJobsGateway.stop`).
 */
export async function watchTraining(
  cloud: Pick<Cloud, 'connection' | 'trainingJobs' | 'logs'>,
  name: string,
  observer: TrainingObserver,
  signal: AbortSignal,
): Promise<TrainingJobDetail> {
  const { logs, logDelay } = cloud.connection.intervals;
  const ended = new AbortController();
  // Whichever side fails takes the other one with it.
  const failed = new AbortController();
  const both = AbortSignal.any([signal, failed.signal]);
  const guard = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      failed.abort(error);
      throw error;
    }
  };
  const following = async () => {
    const follow = { group: trainingLogGroup, streamPrefix: `${name}/`, interval: logs, delay: logDelay };
    for await (const lines of followLog(cloud.logs, { ...follow, ended: ended.signal, signal: both }))
      observer.log(lines);
  };
  const [job] = await Promise.all([
    guard(untilEnded(cloud, name, observer, both).finally(() => ended.abort())),
    guard(following()),
  ]);
  return job;
}

/**
 * Waits for the end of a job, telling its phases after the first `seen`. Stopped ends the wait as Completed and Failed do
 * (aws/sagemaker-python-sdk#184 waited for ever).
 */
export async function untilEnded(
  cloud: Pick<Cloud, 'connection' | 'trainingJobs'>,
  name: string,
  observer: Pick<TrainingObserver, 'phase'>,
  signal: AbortSignal,
  seen = 0,
  described: (job: TrainingJobDetail) => void = () => undefined,
): Promise<TrainingJobDetail> {
  let told = seen;
  for (;;) {
    const job = await cloud.trainingJobs.describe(name, signal);
    described(job);
    job.phases.slice(told).forEach((phase) => observer.phase(phase));
    told = Math.max(told, job.phases.length);
    if (job.state !== 'InProgress' && job.state !== 'Stopping') return job;
    await delay(cloud.connection.intervals.describe, undefined, { signal });
  }
}
