import { setMaxListeners } from 'node:events';
import type { Cloud } from '../aws/cloud.js';
import type { Connections, ConnectionState } from '../aws/connections.js';
import { type Clock, systemClock } from '../core/clock.js';
import { type Disposable, Emitter, type Event } from '../core/event.js';
import { TokenBucket } from '../core/tokenBucket.js';
import { type Link, PolledCollection, type Source, type Watch } from './collection.js';
import { Details } from './details.js';
import {
  type DetailOf,
  type Described,
  isFunctionMoving,
  isMoving,
  type Kind,
  kinds,
  type ResourceOf,
} from './resource.js';
import { functions, sources, trialsOf } from './sources.js';

/** What is known of one kind of resource. */
export interface Collection<K extends Kind> {
  /** `unread` until somebody watches the kind; what was read stays while it is read again, or after a failure. */
  readonly status: 'unread' | 'reading' | 'read' | 'failed';
  /** Newest first; functions, of which List does not tell when they were made, by name. */
  readonly items: readonly ResourceOf<K>[];
  /** Whether the cloud has older ones than these. */
  readonly more: boolean;
  /** Why the last reading failed. */
  readonly error: unknown;
}

/** The training jobs of one tuning job. They are read apart from all others, and while somebody watches them alone. */
export interface Trials extends Collection<'training-job'> {
  watch(visible: boolean): Watch;
  /** The next page. */
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

/** The resources of the cloud that is connected: the one store and the one poller of a window. */
export class Inventory {
  private readonly changed = new Emitter<InventoryChange>();
  readonly onDidChange: Event<InventoryChange> = this.changed.event;
  private readonly collections: { readonly [K in Kind]: PolledCollection<K> };
  /** By the ARNs of their tuning jobs. */
  private readonly trialLists = new Map<string, PolledCollection<'training-job'>>();
  private readonly details: Details;
  private link: (Link & { readonly end: AbortController }) | undefined;
  private readonly following: Disposable;

  constructor(
    private readonly connections: Connections,
    private readonly clock: Clock = systemClock,
  ) {
    this.details = new Details(clock, {
      changed: (kind, arn) => {
        // That it moves shows in no List.
        if (kind === 'function') this.of(kind).plan();
        this.changed.fire({ kind, arns: [arn] });
      },
      gone: (kind, arn) => [this.of(kind), ...this.trialLists.values()].forEach((list) => list.remove(arn)),
      lost: ({ cloud }, error) => this.connections.lost(cloud, error),
    });
    const collection = <K extends keyof typeof sources>(kind: K) => this.polled(kind, sources[kind]);
    this.collections = {
      'tuning-job': collection('tuning-job'),
      'training-job': collection('training-job'),
      model: collection('model'),
      endpoint: collection('endpoint'),
      function: this.polled(
        'function',
        functions((resource) => {
          const known = this.details.of(resource);
          return known !== undefined && isFunctionMoving(known);
        }),
      ),
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

  /** The next page. */
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
    if (kind === 'function') {
      // Where an alias points is in no List: who shows it asks anew.
      const { items } = this.of(kind);
      this.details.forget(items);
      this.changed.fire({ kind, arns: items.map(({ arn }) => arn) });
    }
    this.of(kind).touch();
    // What ends a trial or its tuning job shows in both.
    if (kind === 'training-job' || kind === 'tuning-job') this.trialLists.forEach((list) => list.touch());
  }

  /** Describe's answer if it is there; with `ask`, it is asked for in the background and told by `onDidChange`. */
  detail<K extends Described>(resource: ResourceOf<K>, ask: boolean): DetailOf<K> | undefined {
    if (ask && this.link) this.details.ask(this.link, resource);
    return this.details.of(resource);
  }

  /** Why Describe did not answer when it was asked last. */
  detailError(resource: ResourceOf<Described>): unknown {
    return this.details.errorOf(resource);
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
        this.details.askAfter(link, resources, (before, now) =>
          list.replace(before as ResourceOf<K>, now as ResourceOf<K>),
        ),
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
