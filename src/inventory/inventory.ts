import type { Cloud } from '../aws/cloud.js';
import type { Connections, ConnectionState } from '../aws/connections.js';
import { isConnectionLoss, isNotFound } from '../aws/errors.js';
import type { EndpointDetail } from '../aws/gateways/endpoints.js';
import type { TrainingJobDetail } from '../aws/gateways/trainingJobs.js';
import { isCancellation } from '../core/errors.js';
import { type Disposable, Emitter, type Event } from '../core/event.js';
import { TokenBucket } from '../core/tokenBucket.js';
import { type Link, PolledCollection } from './collection.js';
import { type Kind, kinds, type ResourceOf } from './resource.js';

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

/** What Describe tells, where that is more than List does. */
export type DetailOf<K extends Kind> = K extends 'training-job'
  ? TrainingJobDetail
  : K extends 'endpoint'
    ? EndpointDetail
    : never;
type Described = 'training-job' | 'endpoint';

interface KnownDetail {
  /** What the resource was like when it was asked. */
  readonly version: string;
  readonly value: DetailOf<Described> | undefined;
}

/** The resources of the cloud that is connected: the one store and the one poller of a window. */
export class Inventory {
  private readonly changed = new Emitter<InventoryChange>();
  readonly onDidChange: Event<InventoryChange> = this.changed.event;
  private readonly collections: { readonly [K in Kind]: PolledCollection<K> };
  private readonly details = new Map<string, KnownDetail>();
  private link: (Link & { readonly end: AbortController }) | undefined;
  private readonly following: Disposable;

  constructor(private readonly connections: Connections) {
    const collection = <K extends Kind>(kind: K) =>
      new PolledCollection(
        kind,
        (arns) => this.changed.fire({ kind, arns }),
        ({ cloud }, error) => connections.lost(cloud, error),
      );
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
  watch(kind: Kind): Disposable {
    const end = this.of(kind).watch();
    if (this.connections.state.status === 'idle') this.connect();
    let over = false;
    return {
      dispose: () => {
        if (!over) end();
        over = true;
      },
    };
  }

  /** Whether a person can see what is watched: hidden, it is asked after less often. */
  setVisible(visible: boolean): void {
    for (const kind of kinds) this.of(kind).setVisible(visible);
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
    const version = `${described.state} ${described.modified.getTime()}`;
    if (ask && known?.version !== version && this.link) {
      this.details.set(described.arn, { version, value: known?.value });
      void this.describe(this.link, described, version);
    }
    return known?.value as DetailOf<K> | undefined;
  }

  find<K extends Kind>(kind: K, name: string): ResourceOf<K> | undefined {
    return this.of(kind).items.find((item) => item.name === name);
  }

  dispose(): void {
    this.following.dispose();
    this.link?.end.abort();
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
      this.link = linkTo(state.cloud);
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

  private async describe(link: Link, resource: ResourceOf<Described>, version: string): Promise<void> {
    const { cloud, signal, describes } = link;
    const { kind, arn, name } = resource;
    try {
      await describes.take(signal);
      const value = await (kind === 'endpoint'
        ? cloud.endpoints.detail(name, signal)
        : cloud.trainingJobs.describe(name, signal));
      if (signal.aborted) return;
      this.details.set(arn, { version, value });
      this.changed.fire({ kind, arns: [arn] });
    } catch (error) {
      if (signal.aborted || isCancellation(error)) return;
      if (isNotFound(error)) this.of(kind).remove(arn);
      else if (isConnectionLoss(error)) this.connections.lost(cloud, error);
      // Else the row goes without it, until the resource changes or the person refreshes.
    }
  }
}

function linkTo(cloud: Cloud): Link & { readonly end: AbortController } {
  const end = new AbortController();
  const { listsPerSecond } = cloud.connection.intervals;
  return {
    cloud,
    end,
    signal: end.signal,
    lists: new TokenBucket(listsPerSecond),
    describes: new TokenBucket(listsPerSecond),
  };
}
