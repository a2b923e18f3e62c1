/** Time, as whoever waits for it sees it: a test hands in one that it drives itself. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Runs `work` once, in so many milliseconds, without keeping the process alive for it. Calling the answer ends the wait. */
  after(milliseconds: number, work: () => void): () => void;
}

export const systemClock: Clock = {
  now: Date.now,
  after: (milliseconds, work) => {
    const timer = setTimeout(work, milliseconds);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
