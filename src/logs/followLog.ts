import { setTimeout as delay } from 'node:timers/promises';
import type { LogEvent, LogsGateway } from '../aws/gateways/logs.js';

/** Where SageMaker writes what jobs and endpoints print. */
export const trainingLogGroup = '/aws/sagemaker/TrainingJobs';
/** Where the sandbox writes what a search did, a stream a tuning job. SageMaker has no such log. */
export const tuningLogGroup = '/aws/sagemaker/HyperParameterTuningJobs';
export const endpointLogGroup = (endpoint: string): string => `/aws/sagemaker/Endpoints/${endpoint}`;

export interface LogLine extends LogEvent {
  /** `algo-1`, from the stream's name `<job>/algo-1-<epoch>`; `[3]0123abcd` of an environment of a function. */
  readonly host: string;
}

export interface Follow {
  readonly group: string;
  /** `<job>/`: every host has a stream of its own, which appears when it first prints. */
  readonly streamPrefix: string;
  /** Milliseconds between two reads. */
  readonly interval: number;
  /** How long after the end the last lines may arrive, in milliseconds. */
  readonly delay: number;
  /** Aborted when what writes the log has ended. */
  readonly ended: AbortSignal;
  readonly signal: AbortSignal;
  /** Where each stream was left by an earlier following; kept up to date, so that the next one goes on from there. */
  readonly positions?: Map<string, string | undefined>;
  /** How many streams there will be: once all are known, they are not asked for again. */
  readonly streams?: number;
  /** Told when everything that was there at first has been yielded. */
  readonly caughtUp?: () => void;
}

/**
 * The lines of a log as they come, in batches: of one read and in the order of their times, merged over the hosts. Each
 * stream goes on at its own token, so no line comes twice or is left out. After the end there is one read more: the
 * last lines arrive after the job is over (aws/sagemaker-python-sdk PR#10).
 */
export async function* followLog(
  logs: Pick<LogsGateway, 'streams' | 'read'>,
  follow: Follow,
): AsyncGenerator<readonly LogLine[]> {
  const { group, streamPrefix, ended, signal, positions: tokens = new Map<string, string | undefined>() } = follow;
  for (let last = false; ;) {
    if (tokens.size < (follow.streams ?? Infinity)) {
      for (const stream of await logs.streams(group, streamPrefix, signal)) {
        if (!tokens.has(stream)) tokens.set(stream, undefined);
      }
    }
    // One page of each stream at a time: a gigabyte of log is never in memory.
    for (let open = [...tokens.keys()]; open.length > 0;) {
      const lines: LogLine[] = [];
      const unfinished: string[] = [];
      const moved = new Map<string, string | undefined>();
      for (const stream of open) {
        const { events, next } = await logs.read(group, stream, tokens.get(stream), signal);
        const host = hostOf(stream);
        for (const event of events) lines.push({ ...event, host });
        if (next !== undefined && next !== tokens.get(stream)) unfinished.push(stream);
        moved.set(stream, next);
      }
      // Only now: what one stream has said is not lost when another one cannot be read.
      moved.forEach((next, stream) => tokens.set(stream, next));
      open = unfinished;
      if (lines.length > 0) yield lines.sort((a, b) => a.timestamp.getTime() - b.timestamp.getTime());
    }
    follow.caughtUp?.();
    if (last) return;
    await wait(follow.interval, ended, signal);
    if (ended.aborted) {
      await wait(follow.delay, undefined, signal);
      last = true;
    }
  }
}

/** A function's environment writes `2026/11/28/[<version>]<32 hex digits>`, of which eight tell it from others. */
export function hostOf(stream: string): string {
  const [, environment] = /\/(\[[^\]]+\][0-9a-f]{8})[0-9a-f]{24}$/.exec(stream) ?? [];
  if (environment !== undefined) return environment;
  return stream.replace(/^.*\//, '').replace(/-\d+$/, '');
}

/** Waits, or until `early`; rejects when `signal` is aborted. */
async function wait(milliseconds: number, early: AbortSignal | undefined, signal: AbortSignal): Promise<void> {
  if (early?.aborted || milliseconds === 0) return signal.throwIfAborted();
  try {
    await delay(milliseconds, undefined, { signal: early ? AbortSignal.any([early, signal]) : signal });
  } catch (error) {
    signal.throwIfAborted();
    if (!early?.aborted) throw error;
  }
}
