import { isFullDisk } from './fullDisk.js';

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

  /** A full disk is no error here: who prints or measures cannot help it. Readers are told, by `flush`. */
  add(item: T): void {
    this.waiting.push(item);
    if (this.waiting.length % this.limit === 0) this.tryFlush();
    else this.scheduled ??= setImmediate(() => this.tryFlush());
  }

  /** Writes what waits; all of it survives the end of the process from then on. @throws what the database throws. */
  flush(): void {
    clearImmediate(this.scheduled);
    this.scheduled = undefined;
    if (this.waiting.length === 0) return;
    const items = this.waiting;
    this.waiting = [];
    try {
      this.write(items);
    } catch (error) {
      this.waiting = items;
      throw error;
    }
  }

  /** What cannot be written waits for the next time; of too much of it the oldest is lost. */
  private tryFlush(): void {
    try {
      this.flush();
    } catch (error) {
      if (!isFullDisk(error)) throw error;
      this.waiting = this.waiting.slice(-20 * this.limit);
    }
  }
}
