import { validation } from './errors.js';

type SortKey = string | number;

/** What the List operations have in common. */
export interface ListInput {
  readonly SortBy?: string | undefined;
  readonly SortOrder?: 'Ascending' | 'Descending' | undefined;
  readonly MaxResults?: number | undefined;
  readonly NextToken?: string | undefined;
}

export interface Listing<T> {
  readonly name: (item: T) => string;
  /** By the values of SortBy. The first one is the default. */
  readonly sortKeys: Readonly<Record<string, (item: T) => SortKey>>;
  /** The range of the list: what is outside is not counted into pages. */
  readonly within: (item: T) => boolean;
  /** What of a page is shown. A page may come back short, or empty with a token. */
  readonly shown?: (item: T) => boolean;
}

export interface ListPage<T> {
  readonly items: readonly T[];
  readonly NextToken?: string;
}

/** Without MaxResults (List operations, API reference). */
const defaultPage = 10;

/** One page, newest first unless asked otherwise. A token is the place of the last item, so it outlives new items. */
export function listPage<T>(all: Iterable<T>, listing: Listing<T>, input: ListInput): ListPage<T> {
  const { MaxResults = defaultPage, NextToken } = input;
  const [defaultSort = ''] = Object.keys(listing.sortKeys);
  const sortBy = input.SortBy ?? defaultSort;
  const direction = input.SortOrder === 'Ascending' ? 1 : -1;
  const keyOf = listing.sortKeys[sortBy];
  if (!keyOf) throw validation(`SortBy '${sortBy}' is not one of ${Object.keys(listing.sortKeys).join(', ')}.`);

  const after = NextToken === undefined ? undefined : placeOf(NextToken, sortBy);
  const order = (a: PlaceKey, b: PlaceKey) => direction * compare(a, b);
  // The page and one more, in order: of ten thousand jobs nine thousand nine hundred need not be sorted.
  const places: Place<T>[] = [];
  for (const item of all) {
    const place = { key: keyOf(item), name: listing.name(item), item };
    const last = places[MaxResults];
    if ((last && order(place, last) > 0) || (after && order(place, after) <= 0) || !listing.within(item)) continue;
    places.splice(insertionPoint(places, place, order), 0, place);
    if (places.length > MaxResults + 1) places.pop();
  }

  const page = places.slice(0, MaxResults);
  const last = page.at(-1);
  const items = page.map(({ item }) => item).filter((item) => listing.shown?.(item) ?? true);
  return { items, ...(last && places.length > page.length && { NextToken: tokenOf(last, sortBy) }) };
}

/** Where `place` belongs among places that are in order. */
function insertionPoint(places: readonly PlaceKey[], place: PlaceKey, order: (a: PlaceKey, b: PlaceKey) => number) {
  let [low, high] = [0, places.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const there = places[middle];
    if (there && order(there, place) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

interface PlaceKey {
  readonly key: SortKey;
  readonly name: string;
}

interface Place<T> extends PlaceKey {
  readonly item: T;
}

function compare(a: PlaceKey, b: PlaceKey): number {
  if (a.key !== b.key) return a.key < b.key ? -1 : 1;
  return a.name === b.name ? 0 : a.name < b.name ? -1 : 1;
}

function tokenOf({ key, name }: PlaceKey, sortBy: string): string {
  return Buffer.from(JSON.stringify([sortBy, key, name])).toString('base64url');
}

function placeOf(token: string, sortBy: string): PlaceKey {
  const [sortedBy, key, name] = parsed(token);
  if (sortedBy === sortBy && (typeof key === 'string' || typeof key === 'number') && typeof name === 'string') {
    return { key, name };
  }
  throw validation('Invalid NextToken: it must come from a call with the same SortBy.');
}

function parsed(token: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(Buffer.from(token, 'base64url').toString());
    return Array.isArray(value) ? value : [];
  } catch {
    return []; // No JSON: no token of ours, which placeOf says.
  }
}

/** True for a time that is after the one and before the other, where they are given. */
export function inTime(time: Date | undefined, after: Date | undefined, before: Date | undefined): boolean {
  if (!time) return !after && !before;
  return (!after || time > after) && (!before || time < before);
}

/** NameContains: names are compared without case, as on AWS (boto/boto3#2838 shows capitals only). */
export function nameContains(name: string, part: string | undefined): boolean {
  return part === undefined || name.toLowerCase().includes(part.toLowerCase());
}
