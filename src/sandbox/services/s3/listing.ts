import { endOfPrefix, inUtf8Order, justAfter } from '../../store/keyRange.js';

export interface ListingQuery {
  readonly prefix: string;
  /** Keys that have it after the prefix are told as their common prefix, once; empty: no such thing. */
  readonly delimiter: string;
  /** Where the page before ended: a key or a common prefix. */
  readonly after: string;
  /** The page before ended among several entries of the key `after`: the rest of them is still to come. */
  readonly within?: boolean;
  readonly limit: number;
}

export interface Listing<T> {
  readonly entries: readonly T[];
  readonly commonPrefixes: readonly string[];
  readonly truncated: boolean;
  /** What the next page comes after: the last key or common prefix of this one. */
  readonly last: string | undefined;
}

/**
 * A page of a bucket. `scan` gives, lazily, the entries that begin with the prefix, from a key on and in UTF-8 order; it
 * is asked again behind each common prefix, so what lies below that is never read.
 */
export function listPage<T extends { readonly key: string }>(
  scan: (from: string) => Iterable<T>,
  { prefix, delimiter, after, within = false, limit }: ListingQuery,
): Listing<T> {
  const entries: T[] = [];
  const commonPrefixes: string[] = [];
  let last: string | undefined;
  const page = (truncated: boolean) => ({ entries, commonPrefixes, truncated, last });
  if (limit === 0) return page(false);

  const commonPrefix = (key: string) => {
    const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    return end < 0 ? undefined : key.slice(0, end + delimiter.length);
  };
  // A page that ended with a common prefix goes on behind everything that it stands for.
  const rolledUp = after.startsWith(prefix) && commonPrefix(after) === after;
  let from = rolledUp ? endOfPrefix(after) : after === '' || within ? after : justAfter(after);
  if (from !== undefined && inUtf8Order(from, prefix) < 0) from = prefix;

  search: while (from !== undefined) {
    for (const entry of scan(from)) {
      if (entries.length + commonPrefixes.length === limit) return page(true);
      const common = commonPrefix(entry.key);
      if (common !== undefined) {
        commonPrefixes.push(common);
        last = common;
        from = endOfPrefix(common);
        continue search;
      }
      entries.push(entry);
      last = entry.key;
    }
    return page(false);
  }
  return page(false);
}
