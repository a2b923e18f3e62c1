/** Lets at most `perSecond` callers through each second, in the order in which they asked. */
export class TokenBucket {
  private next = 0;

  constructor(
    private readonly perSecond: number,
    private readonly now: () => number = Date.now,
  ) {}

  /** Resolves when the caller may go on; rejects with the signal's reason when aborted while waiting. */
  async take(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const start = Math.max(this.now(), this.next);
    this.next = start + 1000 / this.perSecond;
    if (start <= this.now()) return;
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        signal.removeEventListener('abort', aborted);
        resolve();
      }, start - this.now());
      const aborted = (): void => {
        clearTimeout(timer);
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', aborted, { once: true });
    });
  }
}
