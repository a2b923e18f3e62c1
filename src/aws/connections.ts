import { Emitter, type Event } from '../core/event.js';
import type { Cloud } from './cloud.js';

/** What a person has chosen to work with. Remembered per workspace; holds no key. */
export type ConnectionChoice =
  { readonly kind: 'sandbox' } | { readonly kind: 'profile'; readonly profile: string; readonly region?: string };

export type ConnectionState =
  /** Not used yet. */
  | { readonly status: 'idle' }
  | { readonly status: 'connecting' }
  | { readonly status: 'connected'; readonly cloud: Cloud }
  /** The keys were refused or have expired, or nothing answers. */
  | { readonly status: 'failed'; readonly error: unknown };

/**
 * The one active connection of a window. Connects on first use; a switch, a failure and a new try drop the cloud that was
 * there, and whoever holds something of it hears so by `onDidChange`.
 */
export class Connections {
  private current: ConnectionState = { status: 'idle' };
  private connecting: { readonly cloud: Promise<Cloud>; readonly abort: AbortController } | undefined;
  private disposed = false;
  private readonly changed = new Emitter<ConnectionState>();
  readonly onDidChange: Event<ConnectionState> = this.changed.event;
  /** States that nobody has heard of yet. */
  private readonly untold: ConnectionState[] = [];

  constructor(
    private chosen: ConnectionChoice,
    private readonly open: (choice: ConnectionChoice, signal: AbortSignal) => Promise<Cloud>,
  ) {}

  get choice(): ConnectionChoice {
    return this.chosen;
  }

  get state(): ConnectionState {
    return this.current;
  }

  /**
   * The cloud, connecting when it must. Callers that come meanwhile wait for the same. Rejects with an AbortError when the
   * connection is switched or reset meanwhile, and once this is disposed of.
   */
  cloud(): Promise<Cloud> {
    if (this.disposed) return Promise.reject(new DOMException('The connection is closed for good.', 'AbortError'));
    if (this.current.status === 'connected') return Promise.resolve(this.current.cloud);
    return (this.connecting ?? this.connect()).cloud;
  }

  /** Drops what there is and connects to something else on its next use. */
  switchTo(choice: ConnectionChoice): void {
    this.chosen = choice;
    this.drop({ status: 'idle' });
  }

  /** Forgets keys and clients: the next use connects anew, with what the files say then. */
  reset(): void {
    this.drop({ status: 'idle' });
  }

  /** Told by whoever made a call that failed in a way that every other call would: keys, network, a sandbox that ended. */
  lost(cloud: Cloud, error: unknown): void {
    if (this.current.status === 'connected' && this.current.cloud === cloud) this.drop({ status: 'failed', error });
  }

  /** Ended on purpose: nobody connects again until the person does. */
  fail(error: unknown): void {
    this.drop({ status: 'failed', error });
  }

  /** Nothing connects any more: whoever still watches something must not start a sandbox when the window closes. */
  dispose(): void {
    this.disposed = true;
    this.drop({ status: 'idle' });
    this.changed.dispose();
  }

  private connect() {
    const abort = new AbortController();
    this.connecting = { abort, cloud: this.opened(abort.signal) };
    const { connecting } = this;
    this.set({ status: 'connecting' });
    return connecting;
  }

  private async opened(signal: AbortSignal): Promise<Cloud> {
    let cloud: Cloud;
    try {
      cloud = await this.open(this.chosen, signal);
    } catch (error) {
      // Dropped meanwhile: somebody else speaks for the state now, and nobody waits to hear why this one failed.
      signal.throwIfAborted();
      this.connecting = undefined;
      this.set({ status: 'failed', error });
      throw error;
    }
    if (signal.aborted) cloud.close();
    signal.throwIfAborted();
    this.connecting = undefined;
    this.set({ status: 'connected', cloud });
    return cloud;
  }

  private drop(next: ConnectionState): void {
    this.connecting?.abort.abort();
    this.connecting = undefined;
    const before = this.current;
    this.set(next);
    if (before.status === 'connected') before.cloud.close();
  }

  /** A listener may connect at once when it hears that there is nothing: the others must not hear of that first. */
  private set(state: ConnectionState): void {
    this.current = state;
    this.untold.push(state);
    if (this.untold.length === 1) this.tell();
  }

  private tell(): void {
    try {
      this.changed.fire(this.untold[0]!);
    } finally {
      this.untold.shift();
      if (this.untold.length > 0) this.tell();
    }
  }
}
