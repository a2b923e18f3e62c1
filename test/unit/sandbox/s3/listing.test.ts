import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { listPage, type ListingQuery } from '../../../../src/sandbox/services/s3/listing.js';
import { endOfPrefix, inUtf8Order, justAfter } from '../../../../src/sandbox/store/keyRange.js';

/** Keys of few letters, so that prefixes and delimiters meet; some beyond the characters of two bytes. */
const key = fc
  .array(fc.constantFrom('a', 'b', '/', '-', 'ü', '\uffff', '\u{1f600}', '\u{10ffff}'), { minLength: 1, maxLength: 5 })
  .map((letters) => letters.join(''));
const text = fc.oneof(fc.constant(''), key);

/** What S3's documentation says of a list, done the slow way: all of it at once. */
function wholeList(keys: readonly string[], prefix: string, delimiter: string): string[] {
  const rolled = keys
    .filter((each) => each.startsWith(prefix))
    .map((each) => {
      const end = delimiter === '' ? -1 : each.indexOf(delimiter, prefix.length);
      return end < 0 ? each : `${each.slice(0, end + delimiter.length)} (common)`;
    });
  return [...new Set(rolled)];
}

function scanOf(keys: readonly string[], prefix: string) {
  const sorted = keys.toSorted(inUtf8Order);
  return (from: string) =>
    sorted.filter((each) => each.startsWith(prefix) && inUtf8Order(each, from) >= 0).map((each) => ({ key: each }));
}

/** All pages, each asked for with what the one before ended with. */
function* pages(keys: readonly string[], query: Omit<ListingQuery, 'after'>) {
  for (let after = ''; ;) {
    const page = listPage(scanOf(keys, query.prefix), { ...query, after });
    yield page;
    if (!page.truncated) return;
    after = page.last!;
  }
}

describe('a list of keys', () => {
  test('is the same, whatever the size of its pages', () => {
    fc.assert(
      fc.property(fc.uniqueArray(key, { maxLength: 30 }), text, text, fc.integer({ min: 1, max: 5 }), (...given) => {
        const [keys, prefix, delimiter, limit] = given;
        const found = [...pages(keys, { prefix, delimiter, limit })];
        for (const page of found.slice(0, -1)) {
          expect(page.entries.length + page.commonPrefixes.length).toBe(limit);
        }
        const told = found.flatMap(({ entries, commonPrefixes }) => [
          ...entries.map((entry) => entry.key),
          ...commonPrefixes.map((common) => `${common} (common)`),
        ]);
        expect(told.toSorted()).toEqual(wholeList(keys, prefix, delimiter).toSorted());
      }),
    );
  });

  test('reads nothing of what lies below a common prefix', () => {
    const keys = Array.from({ length: 1000 }, (_, n) => `${n % 3}/${n}`);
    let read = 0;
    const scan = scanOf(keys, '');
    const page = listPage(
      function* (from) {
        for (const entry of scan(from)) {
          read++;
          yield entry;
        }
      },
      { prefix: '', delimiter: '/', after: '', limit: 1000 },
    );
    expect(page.commonPrefixes).toEqual(['0/', '1/', '2/']);
    expect(read).toBe(3);
  });

  test('goes on inside a common prefix when it is to start after a key in it', () => {
    const query = { prefix: '', delimiter: '/', limit: 10 };
    const scan = scanOf(['a/1', 'a/2', 'b'], '');
    expect(listPage(scan, { ...query, after: 'a/1' }).commonPrefixes).toEqual(['a/']);
    expect(listPage(scan, { ...query, after: 'a/' }).commonPrefixes).toEqual([]);
  });

  test('of no entries at all is complete', () => {
    expect(listPage(scanOf(['a'], ''), { prefix: '', delimiter: '', after: '', limit: 0 })).toMatchObject({
      entries: [],
      truncated: false,
    });
  });
});

describe('ranges of keys in UTF-8 order', () => {
  test('hold exactly the keys with a prefix', () => {
    fc.assert(
      fc.property(text, key, (prefix, candidate) => {
        const end = endOfPrefix(prefix);
        const inRange = inUtf8Order(candidate, prefix) >= 0 && (end === undefined || inUtf8Order(candidate, end) < 0);
        expect(inRange).toBe(candidate.startsWith(prefix));
      }),
    );
  });

  test('know the key that comes next', () => {
    fc.assert(
      fc.property(key, key, (a, b) => {
        if (inUtf8Order(b, a) > 0) expect(inUtf8Order(b, justAfter(a))).toBeGreaterThanOrEqual(0);
        expect(inUtf8Order(justAfter(a), a)).toBeGreaterThan(0);
      }),
    );
  });

  test('step over the surrogates, which no UTF-8 has', () => {
    expect(endOfPrefix('a\ud7ff')).toBe('a\ue000');
    expect(endOfPrefix('\u{10ffff}')).toBeUndefined();
  });
});
