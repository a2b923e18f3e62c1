import type { Page } from '../aws/page.js';
import { isMoving, type Kind, type ResourceOf } from './resource.js';

/** The resources of one kind that are known, newest first, and how a page of a List call changes them. */
export class ResourceList<K extends Kind> {
  private known: readonly ResourceOf<K>[] = [];
  /** Of the oldest page that was read; undefined when there is nothing older. */
  private token: string | undefined;

  get items(): readonly ResourceOf<K>[] {
    return this.known;
  }

  get nextToken(): string | undefined {
    return this.token;
  }

  clear(): void {
    this.known = [];
    this.token = undefined;
  }

  /** The first page: what was known before is forgotten. */
  start({ items, token }: Page<ResourceOf<K>>): void {
    this.known = items;
    this.token = token;
  }

  /** The next page. */
  append({ items, token }: Page<ResourceOf<K>>): void {
    const there = new Set(this.known.map(({ arn }) => arn));
    this.known = [...this.known, ...items.filter(({ arn }) => !there.has(arn))];
    this.token = token;
  }

  /** Whether nothing can be missing between this newest part and what is known: false after more new ones than a page holds. */
  reaches({ items, token }: Page<ResourceOf<K>>): boolean {
    return token === undefined || items.some(({ arn }) => this.known.some((item) => item.arn === arn));
  }

  /**
   * The newest part, read again: everything created after `since`, or as much of it as one page holds. What is missing in
   * it was deleted. Returns the ARNs that changed, or undefined when some have come or gone.
   */
  merge({ items, token }: Page<ResourceOf<K>>, since: Date | undefined): string[] | undefined {
    const before = new Map(this.known.map((item) => [item.arn, item]));
    const read = new Set(items.map(({ arn }) => arn));
    const oldest = token === undefined ? since : items.at(-1)?.created;
    const older = this.known.filter(({ arn, created }) => oldest !== undefined && created <= oldest && !read.has(arn));
    if (older.length === 0 && since === undefined) this.token = token;
    this.known = [...items, ...older];
    const sameOnes = this.known.length === before.size && this.known.every(({ arn }) => before.has(arn));
    return sameOnes ? items.filter((item) => differs(item, before.get(item.arn))).map(({ arn }) => arn) : undefined;
  }

  /** Nothing where `before` is not what is known any more. */
  replace(before: ResourceOf<K>, now: ResourceOf<K>): void {
    this.known = this.known.map((known) => (known === before ? now : known));
  }

  remove(arn: string): boolean {
    const left = this.known.filter((item) => item.arn !== arn);
    const removed = left.length < this.known.length;
    this.known = left;
    return removed;
  }

  /** The time from which a reading shows every change that there can be; the cloud's clock counts in whole seconds at times. */
  window(pageSize: number): Date | undefined {
    const newest = this.known.slice(0, pageSize);
    const from = newest.findLast((item) => isMoving(item)) ?? newest[0];
    return from && new Date(from.created.getTime() - 1000);
  }
}

function differs<K extends Kind>(a: ResourceOf<K>, b: ResourceOf<K> | undefined): boolean {
  return b === undefined || JSON.stringify(a) !== JSON.stringify(b);
}
