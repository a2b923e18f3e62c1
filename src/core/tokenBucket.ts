import { setTimeout as delay } from 'node:timers/promises';

/** Lets at most `perSecond` callers through each second, in the order in which they asked. */
export class TokenBucket {
  private next = 0;

  constructor(
    private readonly perSecond: number,
    private readonly now: () => number = performance.now.bind(performance),
  ) {}

  /** Resolves when the caller may go on; rejects with the signal's reason when aborted while waiting. */
  async take(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const now = this.now();
    const start = Math.max(now, this.next);
    this.next = start + 1000 / this.perSecond;
    if (start > now) await delay(start - now, undefined, { signal });
  }
}
