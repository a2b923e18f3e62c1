import { invalidParameter } from './errors.js';

export interface ListInput {
  readonly Marker?: string | undefined;
  readonly MaxItems?: number | undefined;
}

/** "Lambda returns up to 50 items", however many a caller asks for (ListFunctions, API reference). */
const longestPage = 50;

/**
 * One page of items that are in the order of their keys. A marker is the place of the last item, so it outlives new ones.
 * @throws {ServiceError} InvalidParameterValueException for a marker that is none of ours
 */
export function listPage<T>(
  items: readonly T[],
  keyOf: (item: T) => string,
  { Marker, MaxItems = longestPage }: ListInput,
): { readonly page: readonly T[]; readonly NextMarker: string | undefined } {
  const start = Marker === undefined ? 0 : after(items.map(keyOf), decode(Marker));
  const page = items.slice(start, start + Math.min(MaxItems, longestPage));
  const last = page.at(-1);
  const more = last !== undefined && start + page.length < items.length;
  return { page, NextMarker: more ? Buffer.from(JSON.stringify([keyOf(last)])).toString('base64') : undefined };
}

function after(keys: readonly string[], key: string): number {
  const found = keys.findIndex((other) => other > key);
  return found < 0 ? keys.length : found;
}

function decode(marker: string): string {
  try {
    const [key] = JSON.parse(Buffer.from(marker, 'base64').toString()) as unknown[];
    if (typeof key === 'string') return key;
  } catch {
    // No JSON: no marker of ours, which is said below.
  }
  throw invalidParameter('Invalid Marker: it must come from a call of the same operation.');
}

/** A version's number as a key: `$LATEST` first, then in their order. */
export function versionKey(version: string): string {
  return version === '$LATEST' ? '' : version.padStart(12, '0');
}
