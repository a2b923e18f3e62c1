import { setMaxListeners } from 'node:events';
import type { Cloud } from '../aws/cloud.js';
import type { Connections, ConnectionState } from '../aws/connections.js';
import { isConnectionLoss, isNotFound } from '../aws/errors.js';
import { type Clock, systemClock } from '../core/clock.js';
import { type Disposable, Emitter, type Event } from '../core/event.js';
import { TokenBucket } from '../core/tokenBucket.js';
import { type Link, PolledCollection, type Source, type Watch } from './collection.js';
import { asDescribed, type DetailOf, type Described, isMoving, type Kind, kinds, type ResourceOf } from './resource.js';
import { describers, sources, trialsOf } from './sources.js';

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

/** The training jobs of one tuning job. They are read apart from all others, and while somebody watches them alone. */
export interface Trials extends Collection<'training-job'> {
  watch(visible: boolean): Watch;
  /** The next 100. */
  loadMore(): Promise<void>;
}

/** What trials are asked for by. */
export type TuningJobName = Pick<ResourceOf<'tuning-job'>, 'name' | 'arn'>;

/** A kind has changed: these resources, or undefined for the collection as a whole (come, gone, read, failed). */
export interface InventoryChange {
  readonly kind: Kind;
  readonly arns: readonly string[] | undefined;
  /** ARN of the tuning job of whose trials this tells; undefined for all there are of the kind. */
  readonly trialsOf?: string;
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
  /** By the ARNs of their tuning jobs. */
  private readonly trialLists = new Map<string, PolledCollection<'training-job'>>();
  private readonly details = new Map<string, KnownDetail>();
  private link: (Link & { readonly end: AbortController }) | undefined;
  private readonly following: Disposable;

  constructor(
    private readonly connections: Connections,
    private readonly clock: Clock = systemClock,
  ) {
    const collection = <K extends Kind>(kind: K) => this.polled(kind, sources[kind]);
    this.collections = {
      'tuning-job': collection('tuning-job'),
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

  /** Read while they are watched; asked again only while their tuning job moves. */
  trials(job: TuningJobName): Trials {
    const known = this.trialLists.get(job.arn);
    if (known) return known;
    const source = trialsOf(job, {
      isLive: () => this.of('tuning-job').items.some((one) => one.arn === job.arn && isMoving(one)),
      gone: () => this.of('tuning-job').remove(job.arn),
    });
    const made = this.polled('training-job', source, job.arn);
    this.trialLists.set(job.arn, made);
    if (this.link) made.connect(this.link);
    return made;
  }

  /** The next 100. */
  async more(kind: Kind): Promise<void> {
    await this.of(kind).loadMore();
  }

  /** Reads the first page anew: also what was deleted elsewhere shows. */
  async refresh(...only: readonly Kind[]): Promise<void> {
    await this.connections.cloud();
    this.details.clear();
    const wanted = only.length > 0 ? only : kinds.filter((kind) => this.of(kind).isWatched);
    const trials = wanted.includes('tuning-job') ? [...this.trialLists.values()] : [];
    await Promise.all([
      ...wanted.map((kind) => this.of(kind).refresh()),
      ...trials.filter((list) => list.isWatched).map((list) => list.refresh()),
    ]);
  }

  /** Something was just changed by us: looked at at once, and as often as a moving thing, until it rests. */
  touch(kind: Kind): void {
    this.of(kind).touch();
    // What ends a trial or its tuning job shows in both.
    if (kind === 'training-job' || kind === 'tuning-job') this.trialLists.forEach((list) => list.touch());
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
    this.dropTrials();
    this.changed.dispose();
  }

  private polled<K extends Kind>(kind: K, source: Source<K>, trialsOf?: string): PolledCollection<K> {
    const list: PolledCollection<K> = new PolledCollection(source, this.clock, {
      changed: (arns) => this.changed.fire({ kind, arns, ...(trialsOf !== undefined && { trialsOf }) }),
      lost: ({ cloud }, error) => this.connections.lost(cloud, error),
      outOfSight: (link, resources) =>
        this.askAfter(link, resources, (before, now) => list.replace(before as ResourceOf<K>, now as ResourceOf<K>)),
    });
    return list;
  }

  private of<K extends Kind>(kind: K): PolledCollection<K> {
    return this.collections[kind];
  }

  private follow(state: ConnectionState): void {
    if (state.status === 'connecting') return;
    this.link?.end.abort();
    this.link = undefined;
    this.details.clear();
    this.dropTrials();
    if (state.status === 'connected') {
      this.link = this.linkTo(state.cloud);
      for (const kind of kinds) this.of(kind).connect(this.link);
      return;
    }
    for (const kind of kinds) this.of(kind).drop(state.status === 'failed' ? state.error : undefined);
    if (state.status === 'idle' && kinds.some((kind) => this.of(kind).isWatched)) this.connect();
  }

  /** Who watches them asks anew: the same name is another tuning job in another account. */
  private dropTrials(): void {
    const lists = [...this.trialLists.values()];
    this.trialLists.clear();
    for (const list of lists) list.drop();
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
  private askAfter(
    link: Link,
    resources: readonly ResourceOf<Kind>[],
    replace: (before: ResourceOf<Described>, now: ResourceOf<Described>) => void,
  ): void {
    const { describe, listsPerSecond } = link.cloud.connection.intervals;
    const askedAt = ({ arn }: ResourceOf<Kind>) => this.details.get(arn)?.askedAt ?? 0;
    const due = resources
      .filter((resource) => resource.kind !== 'model')
      .filter((resource) => this.clock.now() - askedAt(resource) >= describe)
      .sort((a, b) => askedAt(a) - askedAt(b));
    const most = Math.ceil(((describe / 1000) * listsPerSecond) / 2);
    for (const resource of due.slice(0, most)) {
      void this.describe(link, resource, (now) => replace(resource, now));
    }
  }

  /** @param unlisted takes its state, where no List call tells it */
  private async describe(
    link: Link,
    resource: ResourceOf<Described>,
    unlisted?: (now: ResourceOf<Described>) => void,
  ): Promise<void> {
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
      value = await describers[kind](cloud, name, signal);
      signal.throwIfAborted();
    } catch (error) {
      if (signal.aborted) return;
      this.details.delete(arn);
      if (isNotFound(error)) [this.of(kind), ...this.trialLists.values()].forEach((list) => list.remove(arn));
      else if (isConnectionLoss(error, cloud.connection)) this.connections.lost(cloud, error);
      // The row goes without it, or with what it had.
      else this.details.set(arn, { version, value: before, askedAt, failed: true });
      return;
    }
    const now = unlisted ? asDescribed(resource, value) : resource;
    this.details.set(arn, { version: versionOf(now), value, askedAt, failed: false });
    unlisted?.(now);
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

/** What Describe may say anew of: of a tuning job also when a trial has ended. */
function versionOf(resource: ResourceOf<Described>): string {
  const { state, modified } = resource;
  const trials = resource.kind === 'tuning-job' ? JSON.stringify(resource.trials) : '';
  return `${state} ${modified.getTime()} ${trials}`;
}
