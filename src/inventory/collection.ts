import type { Cloud } from '../aws/cloud.js';
import { isAccessDenied, isConnectionLoss } from '../aws/errors.js';
import { type Page, type PageRequest, pageSize } from '../aws/page.js';
import type { TokenBucket } from '../core/tokenBucket.js';
import { isMoving, type Kind, type Resource, type ResourceOf } from './resource.js';
import { ResourceList } from './resourceList.js';

/** The cloud that is connected, and everything that ends with it. */
export interface Link {
  readonly cloud: Cloud;
  readonly signal: AbortSignal;
  readonly lists: TokenBucket;
  readonly describes: TokenBucket;
}

/** Hidden, a thing that moves is looked at so many times less often; resting, what is seen so many times. */
const hiddenFactor = 4;
const restingFactor = 10;
const longestBackoff = 16;

/** What is known of one kind, kept fresh while it is watched. */
export class PolledCollection<K extends Kind> {
  status: 'unread' | 'reading' | 'read' | 'failed' = 'unread';
  error: unknown;
  private readonly list = new ResourceList<K>();
  private link: Link | undefined;
  private watchers = 0;
  private visible = true;
  private timer: NodeJS.Timeout | undefined;
  private reading: Promise<void> | undefined;
  private readAt = 0;
  private touchedUntil = 0;
  private backoff = 1;

  constructor(
    readonly kind: K,
    private readonly changed: (arns: readonly string[] | undefined) => void,
    private readonly lost: (link: Link, error: unknown) => void,
  ) {}

  get items(): readonly ResourceOf<K>[] {
    return this.list.items;
  }

  get more(): boolean {
    return this.list.nextToken !== undefined;
  }

  get isWatched(): boolean {
    return this.watchers > 0;
  }

  watch(): () => void {
    this.watchers += 1;
    if (this.watchers === 1) this.lookAgain();
    return () => {
      this.watchers -= 1;
      if (this.watchers === 0) clearTimeout(this.timer);
    };
  }

  connect(link: Link): void {
    this.drop();
    this.link = link;
    if (this.isWatched) void this.refresh();
  }

  /** Nothing of the old account stays, and what is under way says nothing any more. */
  drop(error?: unknown): void {
    clearTimeout(this.timer);
    this.link = undefined;
    this.reading = undefined;
    this.list.clear();
    this.backoff = 1;
    this.error = error;
    this.status = error === undefined ? 'unread' : 'failed';
    this.changed(undefined);
  }

  setVisible(visible: boolean): void {
    if (this.visible === visible) return;
    this.visible = visible;
    if (visible) this.lookAgain();
    else this.plan();
  }

  touch(): void {
    const { link } = this;
    if (!link) return;
    // Long enough for what was made to be seen moving; from then on it moves by itself.
    this.touchedUntil = Date.now() + 2 * link.cloud.connection.intervals.describe + 5000;
    if (this.isWatched) void this.poll();
  }

  /** Reads the first page anew. */
  refresh(): Promise<void> {
    return this.read(async (link) => {
      this.list.start(await this.page(link, {}));
      this.changed(undefined);
    });
  }

  async loadMore(): Promise<void> {
    // Whatever is read now changes what "more" means; a second click finds it under way.
    await this.reading;
    const token = this.list.nextToken;
    if (token === undefined) return;
    await this.read(async (link) => {
      this.list.append(await this.page(link, { token }));
      this.changed(undefined);
    });
  }

  remove(arn: string): void {
    if (this.list.remove(arn)) this.changed(undefined);
  }

  /** What is shown may be old: read it when it is, else wait for its time. */
  private lookAgain(): void {
    const { link } = this;
    if (!link) return;
    if (this.status === 'unread') void this.refresh();
    else if (Date.now() - this.readAt >= link.cloud.connection.intervals.describe) void this.poll();
    else this.plan();
  }

  /**
   * One List call for the newest part. LastModifiedTimeAfter and StatusEquals would not do: the service cuts the page
   * first and filters it then (ListTrainingJobs, API reference). An endpoint may change at any age, so its page has no
   * lower end.
   */
  private poll(): Promise<void> {
    if (this.status === 'unread') return this.refresh();
    return this.read(async (link) => {
      const since = this.kind === 'endpoint' ? undefined : this.list.window(pageSize);
      const page = await this.page(link, since ? { createdAfter: since } : {});
      const inPage = new Set(page.items.map(({ arn }) => arn));
      const changed = this.list.merge(page, since);
      if (changed === undefined || changed.length > 0) this.changed(changed);
      await this.describeOld(link, inPage);
    });
  }

  /** Jobs that run since so long that a hundred younger ones hide them: one Describe each. */
  private async describeOld(link: Link, inPage: ReadonlySet<string>): Promise<void> {
    const items: readonly Resource[] = this.items;
    for (const item of items) {
      if (item.kind !== 'training-job' || !isMoving(item) || inPage.has(item.arn)) continue;
      await link.describes.take(link.signal);
      const { state, ended, phases } = await link.cloud.trainingJobs.describe(item.name, link.signal);
      const phase = phases.at(-1)?.status;
      if (state === item.state && phase === item.phase) continue;
      this.list.replace({ ...item, state, ended, phase } as ResourceOf<K>);
      this.changed([item.arn]);
    }
  }

  private read(work: (link: Link) => Promise<void>): Promise<void> {
    const { link } = this;
    if (!link) return Promise.resolve();
    clearTimeout(this.timer);
    const reading = (this.reading ?? Promise.resolve()).then(() =>
      link.signal.aborted ? undefined : this.attempt(link, work),
    );
    this.reading = reading;
    void reading.finally(() => {
      if (this.reading === reading) {
        this.reading = undefined;
        this.plan();
      }
    });
    return reading;
  }

  private async attempt(link: Link, work: (link: Link) => Promise<void>): Promise<void> {
    if (this.status !== 'read') {
      this.status = 'reading';
      this.changed(undefined);
    }
    try {
      await work(link);
      if (link.signal.aborted) return;
      const recovered = this.error !== undefined || this.status !== 'read';
      this.status = 'read';
      this.error = undefined;
      this.backoff = 1;
      this.readAt = Date.now();
      if (recovered) this.changed(undefined);
    } catch (error) {
      if (link.signal.aborted) return;
      if (isConnectionLoss(error)) return this.lost(link, error);
      this.error = error;
      this.status = this.items.length > 0 ? 'read' : 'failed';
      this.backoff = Math.min(this.backoff * 2, longestBackoff);
      this.changed(undefined);
    }
  }

  private async page(link: Link, request: PageRequest): Promise<Page<ResourceOf<K>>> {
    await link.lists.take(link.signal);
    const { trainingJobs, models, endpoints } = link.cloud;
    const gateway = { 'training-job': trainingJobs, model: models, endpoint: endpoints }[this.kind];
    const { items, token } = await gateway.list(request, link.signal);
    link.signal.throwIfAborted();
    return { items: items.map((item) => ({ kind: this.kind, ...item }) as ResourceOf<K>), token };
  }

  private plan(): void {
    clearTimeout(this.timer);
    const { link } = this;
    // What was not allowed is not asked again until the person does.
    if (!link || !this.isWatched || this.reading || (this.error !== undefined && isAccessDenied(this.error))) return;
    const moving = Date.now() < this.touchedUntil || this.items.some((item) => isMoving(item));
    if (!moving && !this.visible) return;
    const factor = (this.visible ? 1 : hiddenFactor) * (moving ? 1 : restingFactor) * this.backoff;
    // Several windows must not ask in step after an error.
    const jitter = this.backoff > 1 ? 0.75 + Math.random() / 2 : 1;
    this.timer = setTimeout(() => void this.poll(), link.cloud.connection.intervals.describe * factor * jitter);
    this.timer.unref?.();
  }
}
