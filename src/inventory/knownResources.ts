import type { Page, PageRequest } from '../aws/page.js';
import type { Resource } from './resource.js';

/** What a list is read with. */
export type ReadPage<T extends Resource> = (request: PageRequest) => Promise<Page<T>>;

/** What reading again has shown. */
export interface Reread {
  /** The ARNs that changed, or undefined when some have come or gone. */
  readonly changed: readonly string[] | undefined;
  /** The ARNs whose state was told. */
  readonly told: ReadonlySet<string>;
}

/** The resources of one kind that are known, and how they are read again. */
export interface KnownResources<T extends Resource> {
  readonly items: readonly T[];
  /** Of the first page that was not read; undefined when there is nothing more. */
  readonly nextToken: string | undefined;
  clear(): void;
  /** The first page: what was known before is forgotten. */
  start(page: Page<T>): void;
  /** The next page. */
  append(page: Page<T>): void;
  /** Nothing where `before` is not what is known any more. */
  replace(before: T, now: T): void;
  /** Whether it was there. */
  remove(arn: string): boolean;
  /** Reads what may have changed, by one List call unless that shows that more has. */
  readAgain(read: ReadPage<T>): Promise<Reread>;
}

export function differs<T extends Resource>(a: T, b: T | undefined): boolean {
  return b === undefined || JSON.stringify(a) !== JSON.stringify(b);
}
