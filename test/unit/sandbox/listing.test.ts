import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ListInput, listPage } from '../../../src/sandbox/services/sagemaker/listing.js';

interface Thing {
  readonly name: string;
  readonly size: number;
}

const listing = {
  name: ({ name }: Thing) => name,
  sortKeys: { Size: ({ size }: Thing) => size, Name: ({ name }: Thing) => name },
  within: () => true,
};

const things = fc.uniqueArray(fc.record({ name: fc.string(), size: fc.nat({ max: 5 }) }), {
  selector: ({ name }) => name,
  maxLength: 40,
});

function pages(all: readonly Thing[], input: ListInput, more: object = {}): Thing[][] {
  const found: Thing[][] = [];
  let NextToken: string | undefined;
  do {
    const page = listPage(all, { ...listing, ...more }, { ...input, NextToken });
    found.push([...page.items]);
    ({ NextToken } = page);
  } while (NextToken !== undefined);
  return found;
}

describe('listPage', () => {
  test('pages together are the whole list in order, whatever the page size', () => {
    const order = fc.record({
      SortBy: fc.constantFrom('Size', 'Name', undefined),
      SortOrder: fc.constantFrom('Ascending' as const, 'Descending' as const, undefined),
      MaxResults: fc.integer({ min: 1, max: 45 }),
    });
    fc.assert(
      fc.property(things, order, (all, input) => {
        const sign = input.SortOrder === 'Ascending' ? 1 : -1;
        const byName = (a: Thing, b: Thing) => (a.name < b.name ? -1 : 1);
        const expected = [...all].sort((a, b) =>
          input.SortBy === 'Name' || a.size === b.size ? sign * byName(a, b) : sign * (a.size - b.size),
        );
        const found = pages(all, input);
        expect(found.flat()).toEqual(expected);
        expect(found.slice(0, -1).every((page) => page.length === input.MaxResults)).toBe(true);
      }),
    );
  });

  test('what is not shown still takes its place in a page', () => {
    fc.assert(
      fc.property(things, fc.integer({ min: 1, max: 10 }), (all, MaxResults) => {
        const all3 = pages(all, { MaxResults });
        const shown = pages(all, { MaxResults }, { shown: ({ size }: Thing) => size === 3 });
        expect(shown).toEqual(all3.map((page) => page.filter(({ size }) => size === 3)));
      }),
    );
  });

  test('what is out of range takes none', () => {
    fc.assert(
      fc.property(things, fc.integer({ min: 1, max: 10 }), (all, MaxResults) => {
        const within = ({ size }: Thing) => size > 2;
        expect(pages(all, { MaxResults }, { within })).toEqual(pages(all.filter(within), { MaxResults }));
      }),
    );
  });

  test('a page goes on where the last one ended, though something new came in between', () => {
    const old = ['b', 'd', 'f'].map((name) => ({ name, size: 0 }));
    const input = { SortBy: 'Name', SortOrder: 'Ascending' as const, MaxResults: 2 };
    const { NextToken } = listPage(old, listing, input);
    const now = [...old, { name: 'a', size: 0 }, { name: 'e', size: 0 }];
    expect(listPage(now, listing, { ...input, NextToken }).items.map(({ name }) => name)).toEqual(['e', 'f']);
  });
});
