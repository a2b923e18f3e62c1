import { setMaxListeners } from 'node:events';
import type { Cloud } from '../aws/cloud.js';
import type { Connections, ConnectionState } from '../aws/connections.js';
import { isConnectionLoss, isNotFound } from '../aws/errors.js';
import { type Clock, systemClock } from '../core/clock.js';
import { type Disposable, Emitter, type Event } from '../core/event.js';
import { TokenBucket } from '../core/tokenBucket.js';
import { type Link, PolledCollection, type Watch } from './collection.js';
import { asDescribed, type DetailOf, type Described, type Kind, kinds, type ResourceOf } from './resource.js';

/** What is known of one kind of resource. */
export interface Collection<K extends Kind> {
  /** `unread` until somebody watches the kind; what was read stays while it is read again, or after a failure. */
  readonly status: 'unread' | 'reading' | 'read' | 'failed';
  /** Newest first. */
  readonly items: readonly ResourceOf<K>[];
  /** Whether the cloud has older ones than these. */
  readonly more: boolean;
  /** Why the last reading failed. */
  readonly error: unknown;
}

/** A kind has changed: these resources, or undefined for the collection as a whole (come, gone, read, failed). */
export interface InventoryChange {
  readonly kind: Kind;
  readonly arns: readonly string[] | undefined;
}

interface KnownDetail {
  /** What the resource was like when it was asked. */
  readonly version: string;
  readonly value: DetailOf<Described> | undefined;
  /** When it was asked last; Infinity while it is. */
  readonly askedAt: number;
  readonly failed: boolean;
}

/** The resources of the cloud that is connected: the one store and the one poller of a window. */
export class Inventory {
  private readonly changed = new Emitter<InventoryChange>();
  readonly onDidChange: Event<InventoryChange> = this.changed.event;
  private readonly collections: { readonly [K in Kind]: PolledCollection<K> };
  private readonly details = new Map<string, KnownDetail>();
  private link: (Link & { readonly end: AbortController }) | undefined;
  private readonly following: Disposable;

  constructor(
    private readonly connections: Connections,
    private readonly clock: Clock = systemClock,
  ) {
    const collection = <K extends Kind>(kind: K) =>
      new PolledCollection(kind, clock, {
        changed: (arns) => this.changed.fire({ kind, arns }),
        lost: ({ cloud }, error) => connections.lost(cloud, error),
        outOfSight: (link, resources) => this.askAfter(link, resources),
      });
    this.collections = {
      'training-job': collection('training-job'),
      model: collection('model'),
      endpoint: collection('endpoint'),
    };
    this.following = connections.onDidChange((state) => this.follow(state));
  }

  collection<K extends Kind>(kind: K): Collection<K> {
    return this.of(kind);
  }

  /** Reads the first page of a kind, and keeps it fresh until the answer is disposed of. Connects when nothing is. */
  watch(kind: Kind, { visible = true } = {}): Watch {
    const watch = this.of(kind).watch(visible);
    if (this.connections.state.status === 'idle') this.connect();
    return watch;
  }

  /** The next 100. */
  async more(kind: Kind): Promise<void> {
    await this.of(kind).loadMore();
  }

  /** Reads the first page anew: also what was deleted elsewhere shows. */
  async refresh(...only: readonly Kind[]): Promise<void> {
    await this.connections.cloud();
    this.details.clear();
    await Promise.all(
      (only.length > 0 ? only : kinds.filter((kind) => this.of(kind).isWatched)).map((kind) => this.of(kind).refresh()),
    );
  }

  /** Something was just changed by us: looked at at once, and as often as a moving thing, until it rests. */
  touch(kind: Kind): void {
    this.of(kind).touch();
  }

  /** Describe's answer if it is there; with `ask`, it is asked for in the background and told by `onDidChange`. */
  detail<K extends Described>(resource: ResourceOf<K>, ask: boolean): DetailOf<K> | undefined {
    const described: ResourceOf<Described> = resource;
    const known = this.details.get(described.arn);
    if (ask && this.link && this.isOld(known, described, this.link)) void this.describe(this.link, described);
    return known?.value as DetailOf<K> | undefined;
  }

  find<K extends Kind>(kind: K, name: string): ResourceOf<K> | undefined {
    return this.of(kind).items.find((item) => item.name === name);
  }

  dispose(): void {
    this.following.dispose();
    this.link?.end.abort();
    this.link = undefined;
    for (const kind of kinds) this.of(kind).drop();
    this.changed.dispose();
  }

  private of<K extends Kind>(kind: K): PolledCollection<K> {
    return this.collections[kind];
  }

  private follow(state: ConnectionState): void {
    if (state.status === 'connecting') return;
    this.link?.end.abort();
    this.link = undefined;
    this.details.clear();
    if (state.status === 'connected') {
      this.link = this.linkTo(state.cloud);
      for (const kind of kinds) this.of(kind).connect(this.link);
      return;
    }
    for (const kind of kinds) this.of(kind).drop(state.status === 'failed' ? state.error : undefined);
    if (state.status === 'idle' && kinds.some((kind) => this.of(kind).isWatched)) this.connect();
  }

  private connect(): void {
    // A failure is the connection's state, which everybody hears of.
    this.connections.cloud().catch(() => undefined);
  }

  /** Whether Describe may have something new to say. One that failed is given as long as a poll. */
  private isOld(known: KnownDetail | undefined, resource: ResourceOf<Described>, { cloud }: Link): boolean {
    if (!known) return true;
    if (known.askedAt === Infinity) return false;
    const due = known.askedAt + cloud.connection.intervals.describe;
    return known.version !== versionOf(resource) || (known.failed && this.clock.now() >= due);
  }

  /**
   * What no List call of a poll shows: each by a Describe, those first that were asked the longest time ago. No more than
   * half of what the token bucket lets through until the next poll, so that what somebody waits for does not queue behind.
   */
  private askAfter(link: Link, resources: readonly ResourceOf<Kind>[]): void {
    const { describe, listsPerSecond } = link.cloud.connection.intervals;
    const askedAt = ({ arn }: ResourceOf<Kind>) => this.details.get(arn)?.askedAt ?? 0;
    const due = resources
      .filter((resource) => resource.kind !== 'model')
      .filter((resource) => this.clock.now() - askedAt(resource) >= describe)
      .sort((a, b) => askedAt(a) - askedAt(b));
    const most = Math.ceil(((describe / 1000) * listsPerSecond) / 2);
    for (const resource of due.slice(0, most)) void this.describe(link, resource, false);
  }

  /** @param listed whether List calls tell what state it is in, or only this */
  private async describe(link: Link, resource: ResourceOf<Described>, listed = true): Promise<void> {
    const { cloud, signal, describes } = link;
    const { kind, arn, name } = resource;
    const version = versionOf(resource);
    const before = this.details.get(arn)?.value;
    this.details.set(arn, { version, value: before, askedAt: Infinity, failed: false });
    let askedAt = this.clock.now();
    let value: DetailOf<Described>;
    try {
      await describes.take(signal);
      askedAt = this.clock.now();
      value = await (kind === 'endpoint'
        ? cloud.endpoints.detail(name, signal)
        : cloud.trainingJobs.describe(name, signal));
      signal.throwIfAborted();
    } catch (error) {
      if (signal.aborted) return;
      this.details.delete(arn);
      if (isNotFound(error)) this.of(kind).remove(arn);
      else if (isConnectionLoss(error, cloud.connection)) this.connections.lost(cloud, error);
      // The row goes without it, or with what it had.
      else this.details.set(arn, { version, value: before, askedAt, failed: true });
      return;
    }
    const now = listed ? resource : asDescribed(resource, value);
    this.details.set(arn, { version: versionOf(now), value, askedAt, failed: false });
    // Unless a List call has said something newer meanwhile.
    if (!listed && this.find(kind, name) === resource) this.of(kind).replace(now);
    this.changed.fire({ kind, arns: [arn] });
  }

  private linkTo(cloud: Cloud): Link & { readonly end: AbortController } {
    const end = new AbortController();
    // As many wait for it as there are rows; Node takes more than ten for a leak.
    setMaxListeners(0, end.signal);
    const { listsPerSecond } = cloud.connection.intervals;
    return {
      cloud,
      end,
      signal: end.signal,
      lists: new TokenBucket(listsPerSecond, this.clock),
      describes: new TokenBucket(listsPerSecond, this.clock),
    };
  }
}

function versionOf({ state, modified }: ResourceOf<Described>): string {
  return `${state} ${modified.getTime()}`;
}
