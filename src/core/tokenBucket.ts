import type { Clock } from './clock.js';

/** Lets at most `perSecond` callers through each second, in the order in which they asked. */
export class TokenBucket {
  private next = 0;

  constructor(
    private readonly perSecond: number,
    private readonly clock: Clock,
  ) {}

  /** Resolves when the caller may go on; rejects with the signal's reason when aborted while waiting. */
  async take(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const now = this.clock.now();
    const start = Math.max(now, this.next);
    this.next = start + 1000 / this.perSecond;
    if (start <= now) return;
    await new Promise<void>((resolve, reject) => {
      const aborted = (): void => {
        endWait();
        reject(signal.reason as Error);
      };
      const endWait = this.clock.after(start - now, () => {
        signal.removeEventListener('abort', aborted);
        resolve();
      });
      signal.addEventListener('abort', aborted, { once: true });
    });
  }
}
