import { messageOf } from '../aws/errors.js';
import { UserError } from '../core/errors.js';
import type { RunRecord } from './runRecord.js';
import type { Session } from './session.js';

/** How long what is stopped may take to save what it has: SageMaker's own 120 s for a job, and the upload of it. */
const stopMilliseconds = 180_000;

/** What a run has made, and what is to be done about it. */
export interface Attended<Job> {
  /** `Training job breeds-train-…` */
  readonly title: string;
  /** Resolves when it has ended, well or badly. */
  watch(): Promise<Job>;
  /** Stops it for good: resolves when it has ended, in whatever state. */
  stop(patience: AbortSignal): Promise<Job>;
  /** Writes down how it ended. */
  complete(job: Job, outcome?: 'Cancelled'): Promise<unknown>;
}

/**
 * Stays with what a run has made to its end, and completes its record. An abort stops it in the cloud.
 * @throws {UserError} when the watching fails: it runs on then, and its record stays without an outcome
 */
export async function attend<Job>(
  { runs }: Pick<Session, 'runs'>,
  record: RunRecord,
  { title, watch, stop, complete }: Attended<Job>,
  signal: AbortSignal,
): Promise<Job> {
  const job = await watch().catch(async (error: unknown) => {
    if (signal.aborted) {
      await complete(await stop(AbortSignal.timeout(stopMilliseconds)), 'Cancelled');
      throw error;
    }
    await runs.save({ ...record, failure: messageOf(error) });
    throw new UserError(`${title} was lost sight of, and may still be running: ${messageOf(error)}`, { cause: error });
  });
  await complete(job);
  return job;
}
