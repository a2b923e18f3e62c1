import type { Cloud } from '../../aws/cloud.js';
import type { Connections } from '../../aws/connections.js';
import { isNotFound, messageOf } from '../../aws/errors.js';
import type { Trial, TuningJobDetail } from '../../aws/gateways/tuningJobs.js';
import { type Clock, systemClock } from '../../core/clock.js';
import { isCancellation } from '../../core/errors.js';
import { Emitter, type Event } from '../../core/event.js';
import { TokenBucket } from '../../core/tokenBucket.js';
import { persist } from '../../logs/persist.js';
import { Watches } from '../watches.js';

/** One tuning job as it goes: what Describe says, and all of its trials. Shared by all who look at it. */
export class TuningWatch {
  private readonly changed = new Emitter<void>();
  readonly onDidChange: Event<void> = this.changed.event;
  detail: TuningJobDetail | undefined;
  /** Why nothing new comes at the moment, or ever. */
  problem: string | undefined;
  isOver = false;
  private readonly known = new Map<string, Trial>();
  /** The names of those that may still change. */
  private readonly open = new Set<string>();
  /** Whether all pages were read since the last doubt. */
  private isComplete = false;
  private readonly end = new AbortController();

  constructor(
    private readonly connections: Connections,
    readonly name: string,
    private readonly clock: Clock = systemClock,
  ) {
    void this.run();
  }

  get trials(): readonly Trial[] {
    return [...this.known.values()];
  }

  dispose(): void {
    this.end.abort();
    this.changed.dispose();
  }

  private async run(): Promise<void> {
    const { signal } = this.end;
    try {
      await persist(
        this.connections,
        (cloud) => this.follow(cloud, signal),
        (problem) => {
          this.problem = problem;
          this.changed.fire();
        },
        signal,
      );
    } catch (error) {
      if (isCancellation(error) && signal.aborted) return;
      this.problem = isNotFound(error) ? `Tuning job ${this.name} is not there any more.` : messageOf(error);
    }
    this.isOver = true;
    this.changed.fire();
  }

  private async follow(cloud: Cloud, signal: AbortSignal): Promise<void> {
    const { describe, listsPerSecond } = cloud.connection.intervals;
    const looks = new TokenBucket(1000 / describe, this.clock);
    const lists = new TokenBucket(listsPerSecond, this.clock);
    for (;;) {
      await looks.take(signal);
      const detail = await cloud.tuningJobs.describe(this.name, signal);
      const isLast = !isMoving(detail);
      // What was looked at too early, or for the last time, is read from the first page to the last.
      if (isLast) this.isComplete = false;
      this.detail = detail;
      await this.readTrials(cloud, lists, signal);
      this.changed.fire();
      if (isLast) return;
    }
  }

  /** Newest first, and only as far as there is something that is not known or may have changed. */
  private async readTrials({ tuningJobs }: Cloud, lists: TokenBucket, signal: AbortSignal): Promise<void> {
    const wanted = new Set(this.open);
    for (let token: string | undefined; ;) {
      await lists.take(signal);
      const page = await tuningJobs.trials(this.name, token, signal);
      let meetsKnown = false;
      for (const trial of page.items) {
        meetsKnown ||= this.known.has(trial.name);
        this.learn(trial);
        wanted.delete(trial.name);
      }
      token = page.token;
      if (token === undefined) break;
      if (this.isComplete && meetsKnown && wanted.size === 0) return;
      if (!this.isComplete) this.changed.fire();
    }
    this.isComplete = true;
  }

  private learn(trial: Trial): void {
    const before = this.known.get(trial.name);
    this.known.set(trial.name, trial);
    // A value may come a moment after the end: one that has ended without is looked at once more.
    const isSettled = isEnded(trial) && (trial.objective !== undefined || (before !== undefined && isEnded(before)));
    if (isSettled) this.open.delete(trial.name);
    else this.open.add(trial.name);
  }
}

/** Whether a tuning job is still going to change by itself. */
export function isMoving({ state }: Pick<TuningJobDetail, 'state'>): boolean {
  return state === 'InProgress' || state === 'Stopping' || state === 'Deleting';
}

function isEnded({ state }: Trial): boolean {
  return state !== 'InProgress' && state !== 'Stopping';
}

/** The watches of a window over its tuning jobs. */
export class TuningWatches extends Watches<TuningWatch> {
  constructor(connections: Connections) {
    super((name) => new TuningWatch(connections, name));
  }
}
