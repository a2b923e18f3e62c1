import { setMaxListeners } from 'node:events';

/**
 * Runs `work` for every item, `limit` at a time, in the order of the items. The first failure aborts the signal that the
 * others got, and is thrown; so is an abort from outside. Nothing runs any more when the promise has settled.
 */
export async function forEachConcurrent<T>(
  items: Iterable<T>,
  limit: number,
  signal: AbortSignal,
  work: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const queue = items[Symbol.iterator]();
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  // Each call under way listens.
  setMaxListeners(0, either);
  const lane = async () => {
    while (!either.aborted) {
      const next = queue.next();
      if (next.done) return;
      try {
        await work(next.value, either);
      } catch (error) {
        failed.abort(error);
      }
    }
  };
  await Promise.all(Array.from({ length: limit }, lane));
  either.throwIfAborted();
}
