/**
 * Runs `work` for every item, `limit` at a time, in order of the items. The first failure stops new work, waits for
 * what is under way and is thrown; so does an abort. Nothing runs any more when the promise has settled.
 */
export async function forEachConcurrent<T>(
  items: Iterable<T>,
  limit: number,
  signal: AbortSignal,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = items[Symbol.iterator]();
  const failures: unknown[] = [];
  const lane = async () => {
    while (failures.length === 0 && !signal.aborted) {
      const next = queue.next();
      if (next.done) return;
      try {
        await work(next.value);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: limit }, lane));
  signal.throwIfAborted();
  if (failures.length > 0) throw failures[0];
}
