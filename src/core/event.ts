export interface Disposable {
  dispose(): void;
}

/** Subscribes a listener; disposing the answer ends that. Has the shape of VS Code's own events, without importing them. */
export type Event<T> = (listener: (value: T) => void) => Disposable;

/** The side of an event that fires it. A listener that throws does not keep the others from hearing. */
export class Emitter<T> implements Disposable {
  private readonly listeners = new Set<(value: T) => void>();

  readonly event: Event<T> = (listener) => {
    // A wrapper of its own: the same function may listen twice.
    const own = (value: T) => listener(value);
    this.listeners.add(own);
    return { dispose: () => void this.listeners.delete(own) };
  };

  fire(value: T): void {
    const failures: unknown[] = [];
    for (const listener of [...this.listeners]) {
      try {
        listener(value);
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, 'Listeners failed.');
  }

  dispose(): void {
    this.listeners.clear();
  }
}
