import type { Disposable } from '../core/event.js';

/** The watches of a window: one for each job that is looked at, by however many. */
export class Watches<W extends Disposable> {
  private readonly watches = new Map<string, { readonly watch: W; users: number }>();

  constructor(private readonly start: (name: string) => W) {}

  /** Ends when all who asked have let go. */
  use(name: string): { readonly watch: W; dispose(): void } {
    const entry = this.watches.get(name) ?? { watch: this.start(name), users: 0 };
    this.watches.set(name, entry);
    entry.users += 1;
    let over = false;
    return {
      watch: entry.watch,
      dispose: () => {
        if (over) return;
        over = true;
        entry.users -= 1;
        if (entry.users > 0) return;
        entry.watch.dispose();
        this.watches.delete(name);
      },
    };
  }
}
