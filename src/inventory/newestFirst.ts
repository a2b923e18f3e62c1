import { type Page, pageSize } from '../aws/page.js';
import { differs, type KnownResources, type ReadPage, type Reread } from './knownResources.js';
import { isMoving, type Resource } from './resource.js';

/** Resources of a kind that List answers newest first: what is new or changes is in the newest part. */
export class NewestFirst<T extends Resource & { readonly created: Date }> implements KnownResources<T> {
  private known: readonly T[] = [];
  /** Of the oldest page that was read; undefined when there is nothing older. */
  private token: string | undefined;

  /** @param incremental whether only what was created lately can have changed, beside what moves, and List can be asked for it */
  constructor(private readonly incremental: boolean) {}

  get items(): readonly T[] {
    return this.known;
  }

  get nextToken(): string | undefined {
    return this.token;
  }

  clear(): void {
    this.known = [];
    this.token = undefined;
  }

  start({ items, token }: Page<T>): void {
    this.known = items;
    this.token = token;
  }

  append({ items, token }: Page<T>): void {
    const there = new Set(this.known.map(({ arn }) => arn));
    this.known = [...this.known, ...items.filter(({ arn }) => !there.has(arn))];
    this.token = token;
  }

  /**
   * One List call for the newest part. LastModifiedTimeAfter and StatusEquals would not do: the service cuts the page
   * first and filters it then (ListTrainingJobs, API reference).
   */
  async readAgain(read: ReadPage<T>): Promise<Reread> {
    const since = this.incremental ? this.window() : undefined;
    const page = await read(since ? { createdAfter: since } : {});
    if (this.reaches(page)) return { changed: this.merge(page, since), told: arnsOf(page.items) };
    // The token of a page belongs to the call with the same filters.
    this.start(since ? await read({}) : page);
    return { changed: undefined, told: arnsOf(this.known) };
  }

  replace(before: T, now: T): void {
    this.known = this.known.map((known) => (known === before ? now : known));
  }

  remove(arn: string): boolean {
    const left = this.known.filter((item) => item.arn !== arn);
    const removed = left.length < this.known.length;
    this.known = left;
    return removed;
  }

  /** Whether nothing can be missing between this newest part and what is known: false after more new ones than a page holds. */
  private reaches({ items, token }: Page<T>): boolean {
    return token === undefined || items.some(({ arn }) => this.known.some((item) => item.arn === arn));
  }

  /**
   * The newest part, read again: everything created after `since`, or as much of it as one page holds. What is missing in
   * it was deleted.
   */
  private merge({ items, token }: Page<T>, since: Date | undefined): Reread['changed'] {
    const before = new Map(this.known.map((item) => [item.arn, item]));
    const read = arnsOf(items);
    const oldest = token === undefined ? since : items.at(-1)?.created;
    const older = this.known.filter(({ arn, created }) => oldest !== undefined && created <= oldest && !read.has(arn));
    if (older.length === 0 && since === undefined) this.token = token;
    this.known = [...items, ...older];
    const sameOnes = this.known.length === before.size && this.known.every(({ arn }) => before.has(arn));
    return sameOnes ? items.filter((item) => differs(item, before.get(item.arn))).map(({ arn }) => arn) : undefined;
  }

  /** The time from which a reading shows every change that there can be; the cloud's clock counts in whole seconds at times. */
  private window(): Date | undefined {
    const newest = this.known.slice(0, pageSize);
    const from = newest.findLast((item) => isMoving(item)) ?? newest[0];
    return from && new Date(from.created.getTime() - 1000);
  }
}

function arnsOf(items: readonly { readonly arn: string }[]): Set<string> {
  return new Set(items.map(({ arn }) => arn));
}
