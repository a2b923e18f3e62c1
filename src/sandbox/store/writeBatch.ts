/**
 * Collects what comes in bursts (log lines, measurements) and writes it in one transaction per turn of the event loop:
 * a commit costs as much as a thousand rows. What waits is bounded, so a flood is slowed down at its source, by a pipe
 * that is not read, instead of filling the memory. Whoever reads flushes first.
 */
export class WriteBatch<T> {
  private waiting: T[] = [];
  private scheduled: NodeJS.Immediate | undefined;

  constructor(
    private readonly write: (items: readonly T[]) => void,
    private readonly limit = 2000,
  ) {}

  add(item: T): void {
    this.waiting.push(item);
    if (this.waiting.length >= this.limit) this.flush();
    else this.scheduled ??= setImmediate(() => this.flush());
  }

  /** Writes what waits; all of it survives the end of the process from then on. */
  flush(): void {
    clearImmediate(this.scheduled);
    this.scheduled = undefined;
    if (this.waiting.length === 0) return;
    const items = this.waiting;
    this.waiting = [];
    this.write(items);
  }
}
