import type { Page } from '../aws/page.js';
import { differs, type KnownResources, type ReadPage, type Reread } from './knownResources.js';
import type { Resource } from './resource.js';

interface KnownPage<T extends Resource> {
  /** What it is asked for with; undefined for the first page. */
  token: string | undefined;
  items: readonly T[];
}

/**
 * Resources of a kind that List answers in no order: a new one may be on any page. The pages that were read are read
 * again in turn, and all that follow one of which something has come or gone, since it has moved what they hold.
 */
export class InAnyOrder<T extends Resource> implements KnownResources<T> {
  private pages: KnownPage<T>[] = [];
  private token: string | undefined;
  private turn = 0;

  get items(): readonly T[] {
    // While pages are read again, what has moved may stand on two of them.
    const all = new Map(this.pages.flatMap(({ items }) => items.map((item) => [item.arn, item])));
    return [...all.values()].sort((a, b) => a.name.localeCompare(b.name));
  }

  get nextToken(): string | undefined {
    return this.token;
  }

  clear(): void {
    this.pages = [];
    this.token = undefined;
    this.turn = 0;
  }

  start(page: Page<T>): void {
    this.clear();
    this.append(page);
  }

  append({ items, token }: Page<T>): void {
    this.pages.push({ token: this.token, items });
    this.token = token;
  }

  async readAgain(read: ReadPage<T>): Promise<Reread> {
    const before = new Map(this.items.map((item) => [item.arn, item]));
    let at = this.turn % Math.max(1, this.pages.length);
    this.turn = at + 1;
    while (!(await this.readPage(at, read)) && at + 1 < this.pages.length) at++;
    const { items } = this;
    const sameOnes = items.length === before.size && items.every(({ arn }) => before.has(arn));
    return {
      changed: sameOnes ? items.filter((item) => differs(item, before.get(item.arn))).map(({ arn }) => arn) : undefined,
      told: new Set(),
    };
  }

  replace(before: T, now: T): void {
    for (const page of this.pages) page.items = page.items.map((known) => (known === before ? now : known));
  }

  remove(arn: string): boolean {
    const there = this.pages.some(({ items }) => items.some((item) => item.arn === arn));
    for (const page of this.pages) page.items = page.items.filter((item) => item.arn !== arn);
    return there;
  }

  /** Whether it holds the same ones as before. */
  private async readPage(at: number, read: ReadPage<T>): Promise<boolean> {
    const known = this.pages[at] ?? { token: undefined, items: [] };
    const { items, token } = await read(known.token === undefined ? {} : { token: known.token });
    const before = new Set(known.items.map(({ arn }) => arn));
    this.pages[at] = { ...known, items };
    const next = this.pages[at + 1];
    if (next && token !== undefined) next.token = token;
    else {
      this.pages.length = at + 1;
      this.token = token;
    }
    return items.length === before.size && items.every(({ arn }) => before.has(arn));
  }
}
