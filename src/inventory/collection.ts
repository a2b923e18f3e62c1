import type { Cloud } from '../aws/cloud.js';
import { isAccessDenied, isConnectionLoss } from '../aws/errors.js';
import type { Page, PageRequest } from '../aws/page.js';
import type { Clock } from '../core/clock.js';
import type { Disposable } from '../core/event.js';
import type { TokenBucket } from '../core/tokenBucket.js';
import type { KnownResources } from './knownResources.js';
import { isMoving, type Kind, type ResourceOf } from './resource.js';

/** The cloud that is connected, and everything that ends with it. */
export interface Link {
  readonly cloud: Cloud;
  readonly signal: AbortSignal;
  readonly lists: TokenBucket;
  readonly describes: TokenBucket;
}

/** Where a collection reads from. */
export interface Source<K extends Kind> {
  list(link: Link, request: PageRequest): Promise<Page<ResourceOf<K>>>;
  /** Nothing known yet; it says how the kind is read again. */
  known(): KnownResources<ResourceOf<K>>;
  /** Whether one is on its way to another state, where List does not say so. */
  isMoving?(resource: ResourceOf<K>): boolean;
  /** For a list that is of something: whether that still moves. Once it rests, so does all that is in the list. */
  isLive?(): boolean;
}

/** Who is told what a collection finds. */
export interface Listener<K extends Kind> {
  /** These resources; undefined: come, gone, read, failed. */
  changed(arns: readonly string[] | undefined): void;
  /** The error of a call that any other would have as well. */
  lost(link: Link, error: unknown): void;
  /** Resources on their way to another state, of which the pages that were just read do not tell. */
  outOfSight(link: Link, resources: readonly ResourceOf<K>[]): void;
}

interface Watcher {
  visible: boolean;
}

/** Somebody's interest in a kind; it ends when it is disposed of. */
export interface Watch extends Disposable {
  /** Whether a person can see what is watched: hidden, it is asked after less often. */
  setVisible(visible: boolean): void;
}

/** Hidden, a thing that moves is looked at so many times less often; resting, what is seen so many times. */
const hiddenFactor = 4;
export const restingFactor = 10;
const longestBackoff = 16;

/** What is known of one kind, kept fresh while it is watched. */
export class PolledCollection<K extends Kind> {
  status: 'unread' | 'reading' | 'read' | 'failed' = 'unread';
  error: unknown;
  private readonly list: KnownResources<ResourceOf<K>>;
  private link: Link | undefined;
  private readonly watchers = new Set<Watcher>();
  private endWait = (): void => undefined;
  private reading: Promise<void> | undefined;
  private loading: Promise<void> | undefined;
  /** When the last reading ended, well or badly. */
  private readAt = -Infinity;
  private touchedUntil = -Infinity;
  private backoff = 1;

  constructor(
    private readonly source: Source<K>,
    private readonly clock: Clock,
    private readonly listener: Listener<K>,
  ) {
    this.list = source.known();
  }

  get items(): readonly ResourceOf<K>[] {
    return this.list.items;
  }

  get more(): boolean {
    return this.list.nextToken !== undefined;
  }

  get isWatched(): boolean {
    return this.watchers.size > 0;
  }

  /** Whether a person can see it, wherever it is shown. */
  private get visible(): boolean {
    return [...this.watchers].some(({ visible }) => visible);
  }

  watch(visible: boolean): Watch {
    const watcher = { visible };
    const changing = (change: () => void): void => {
      const before = { watched: this.isWatched, visible: this.visible };
      change();
      if (!this.isWatched) this.endWait();
      else if (!before.watched || (this.visible && !before.visible)) this.lookAgain();
      else if (!this.visible && before.visible) this.plan();
    };
    changing(() => this.watchers.add(watcher));
    return {
      setVisible: (visible) => changing(() => (watcher.visible = visible)),
      dispose: () => changing(() => this.watchers.delete(watcher)),
    };
  }

  connect(link: Link): void {
    this.drop();
    this.link = link;
    if (this.isWatched) void this.refresh();
  }

  /** Nothing of the old account stays, and what is under way says nothing any more. */
  drop(error?: unknown): void {
    this.endWait();
    this.link = undefined;
    this.reading = undefined;
    this.loading = undefined;
    this.list.clear();
    this.readAt = -Infinity;
    this.touchedUntil = -Infinity;
    this.backoff = 1;
    this.error = error;
    this.status = error === undefined ? 'unread' : 'failed';
    this.listener.changed(undefined);
  }

  touch(): void {
    const { link } = this;
    if (!link) return;
    // Long enough for what was made to be seen moving; from then on it moves by itself.
    this.touchedUntil = this.clock.now() + 2 * link.cloud.connection.intervals.describe + 5000;
    // What was read once is shown, also by a row that is closed.
    if ((this.isWatched || this.status === 'read') && !this.isDenied) void this.poll();
  }

  /** Reads the first page anew. */
  refresh(): Promise<void> {
    // The first reading is under way: there is nothing older that this one could replace.
    if (this.reading && this.status !== 'read') return this.reading;
    return this.read(async (link) => {
      this.list.start(await this.page(link, {}));
      return undefined;
    });
  }

  loadMore(): Promise<void> {
    // A second click finds it under way.
    if (this.loading) return this.loading;
    const loading = this.read(async (link) => {
      const token = this.list.nextToken;
      if (token === undefined) return [];
      this.list.append(await this.page(link, { token }));
      return undefined;
    }).finally(() => {
      if (this.loading === loading) this.loading = undefined;
    });
    this.loading = loading;
    return loading;
  }

  /** Unless a List call has said something newer meanwhile. */
  replace(before: ResourceOf<K>, now: ResourceOf<K>): void {
    this.list.replace(before, now);
  }

  remove(arn: string): void {
    if (this.list.remove(arn)) this.listener.changed(undefined);
  }

  /** What was not allowed is not asked again until the person does. */
  private get isDenied(): boolean {
    return this.error !== undefined && isAccessDenied(this.error);
  }

  /** What is shown may be old: read it when it is, else wait for its time. */
  private lookAgain(): void {
    const { link } = this;
    if (!link || this.reading || this.isDenied) return;
    const due = this.readAt + link.cloud.connection.intervals.describe * this.backoff;
    if (this.clock.now() < due) return this.plan();
    this.endWait();
    // Not before whoever looks has had the time to look away.
    this.endWait = this.clock.after(0, () => void this.poll());
  }

  private poll(): Promise<void> {
    if (this.status === 'unread') return this.refresh();
    return this.read(async (link) => {
      const { changed, told } = await this.list.readAgain((request) => this.page(link, request));
      this.listener.outOfSight(
        link,
        this.items.filter((item) => this.isMoving(item) && !told.has(item.arn)),
      );
      return changed;
    });
  }

  /** One reading after the other. `work` answers which resources it has changed, or undefined when some have come or gone. */
  private read(work: (link: Link) => Promise<readonly string[] | undefined>): Promise<void> {
    const { link } = this;
    if (!link) return Promise.resolve();
    this.endWait();
    const before = this.reading;
    const inTurn = async (): Promise<void> => {
      // Whoever asked for the one before hears of its faults.
      await before?.catch(() => undefined);
      try {
        if (!link.signal.aborted) await this.attempt(link, work);
      } finally {
        if (this.reading === reading) {
          this.reading = undefined;
          this.plan();
        }
      }
    };
    const reading = Promise.resolve().then(inTurn);
    this.reading = reading;
    return reading;
  }

  private async attempt(link: Link, work: (link: Link) => Promise<readonly string[] | undefined>): Promise<void> {
    if (this.status !== 'read') {
      this.status = 'reading';
      this.listener.changed(undefined);
    }
    let changed: readonly string[] | undefined;
    try {
      changed = await work(link);
    } catch (error) {
      if (!link.signal.aborted) this.fail(link, error);
      return;
    }
    if (this.error !== undefined || this.status !== 'read') changed = undefined;
    this.status = 'read';
    this.error = undefined;
    this.backoff = 1;
    this.readAt = this.clock.now();
    if (changed === undefined || changed.length > 0) this.listener.changed(changed);
  }

  /** What was read stays, beside the error. */
  private fail(link: Link, error: unknown): void {
    if (isConnectionLoss(error, link.cloud.connection)) return this.listener.lost(link, error);
    this.error = error;
    this.status = this.items.length > 0 ? 'read' : 'failed';
    this.backoff = Math.min(this.backoff * 2, longestBackoff);
    this.readAt = this.clock.now();
    this.listener.changed(undefined);
  }

  private async page(link: Link, request: PageRequest): Promise<Page<ResourceOf<K>>> {
    await link.lists.take(link.signal);
    const page = await this.source.list(link, request);
    link.signal.throwIfAborted();
    return page;
  }

  private isMoving(item: ResourceOf<K>): boolean {
    return this.source.isMoving?.(item) ?? isMoving(item);
  }

  /** When it is read next, by what moves now. */
  plan(): void {
    this.endWait();
    const { link } = this;
    if (!link || !this.isWatched || this.reading || this.isDenied) return;
    const live = this.source.isLive?.();
    const moving = live || this.clock.now() < this.touchedUntil || this.items.some((item) => this.isMoving(item));
    const isFinal = live === false && this.error === undefined;
    if (!moving && (!this.visible || isFinal)) return;
    const resting = !moving && this.error === undefined;
    const factor = (this.visible ? 1 : hiddenFactor) * (resting ? restingFactor : 1) * this.backoff;
    // Several windows must not ask in step after an error.
    const jitter = this.backoff > 1 ? 0.75 + Math.random() / 2 : 1;
    const due = this.readAt + link.cloud.connection.intervals.describe * factor * jitter;
    this.endWait = this.clock.after(Math.max(0, due - this.clock.now()), () => void this.poll());
  }
}
