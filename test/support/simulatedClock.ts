import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../src/core/clock.js';

/** Time that a test drives. What is due runs in its order, each after all that the one before it set going has settled. */
export class SimulatedClock implements Clock {
  private waiting: { readonly at: number; readonly work: () => void }[] = [];

  /** @param settle resolves when nothing is under way but what waits for this clock */
  constructor(
    private time: number,
    private readonly settle: () => Promise<void> = setImmediate,
  ) {}

  now(): number {
    return this.time;
  }

  after(milliseconds: number, work: () => void): () => void {
    const one = { at: this.time + milliseconds, work };
    this.waiting.push(one);
    return () => (this.waiting = this.waiting.filter((other) => other !== one));
  }

  async advance(milliseconds: number): Promise<void> {
    const end = this.time + milliseconds;
    for (;;) {
      await this.settle();
      const [next] = this.waiting.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (!next) break;
      this.waiting = this.waiting.filter((other) => other !== next);
      this.time = Math.max(this.time, next.at);
      next.work();
    }
    this.time = end;
  }
}
