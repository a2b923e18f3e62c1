/** Negative when `a` comes before `b`. JavaScript's own order is of UTF-16 units, another one beyond U+D7FF. */
export function inUtf8Order(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** The smallest string that is greater than `key`, in UTF-8 order. */
export function justAfter(key: string): string {
  return `${key}\0`;
}

/**
 * The smallest string that is greater than every string beginning with `prefix`, in UTF-8 order (which is the order of
 * code points); undefined when there is none.
 */
export function endOfPrefix(prefix: string): string | undefined {
  const points = Array.from(prefix, (character) => character.codePointAt(0)!);
  for (;;) {
    const last = points.pop();
    if (last === undefined) return undefined;
    if (last === 0x10ffff) continue;
    // Surrogates are no characters of their own: UTF-8 has none.
    return String.fromCodePoint(...points, last === 0xd7ff ? 0xe000 : last + 1);
  }
}
