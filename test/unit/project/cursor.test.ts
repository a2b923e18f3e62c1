import fc from 'fast-check';
import { expect, test } from 'vitest';
import { replacedAt } from '../../../src/project/cursor.js';

/** `|` is the cursor; what is replaced comes back in ⟦ ⟧. */
function marked(sketch: string): string {
  const cursor = sketch.indexOf('|');
  const text = sketch.replace('|', '');
  const { offset, length } = replacedAt(text, cursor);
  expect(offset).toBeLessThanOrEqual(cursor);
  expect(offset + length).toBeGreaterThanOrEqual(cursor);
  return `${text.slice(0, offset)}⟦${text.slice(offset, offset + length)}⟧${text.slice(offset + length)}`;
}

test.each([
  ['{ "type": "ml.m|5" }', '{ "type": ⟦"ml.m5"⟧ }'],
  ['{ "type": "|", "count": 1 }', '{ "type": ⟦""⟧, "count": 1 }'],
  ['{ "type": "ml.|, "count": 1 }', '{ "type": ⟦"ml.⟧, "count": 1 }'],
  ['{ "type": "ml.|m5 , "count": 1 }', '{ "type": ⟦"ml.m5⟧ , "count": 1 }'],
  ['{ "type": "ml.| }, "script": "a" }', '{ "type": ⟦"ml.⟧ }, "script": "a" }'],
  ['"type": "ml.| // the "small" one', '"type": ⟦"ml.⟧ // the "small" one'],
  ['"type": "ml.| // as in "docs"', '"type": ⟦"ml.⟧ // as in "docs"'],
  ['"type": "ml.|// small', '"type": ⟦"ml.⟧// small'],
  ['"type": "ml.|\n"count": 1', '"type": ⟦"ml.⟧\n"count": 1'],
  ['"type": |', '"type": ⟦⟧'],
  ['"type": ml.|m5, "count"', '"type": ⟦ml.m5⟧, "count"'],
  ['"type": "ml.m5"|, "count"', '"type": ⟦"ml.m5"⟧, "count"'],
  ['{ "|" "epochs": 2 }', '{ ⟦""⟧ "epochs": 2 }'],
  ['{ "ep|: 2, "lr": 1 }', '{ ⟦"ep⟧: 2, "lr": 1 }'],
  ['"a": "\\"b|"', '"a": ⟦"\\"b"⟧'],
  ['"channels": "s3:|//bucket/x"', '"channels": ⟦"s3://bucket/x"⟧'],
])('%s', (sketch, expected) => {
  expect(marked(sketch)).toBe(expected);
});

test('whatever follows an unclosed string stays: keys, braces, comments', () => {
  const follows = fc.constantFrom(
    ', "count": 1 }',
    ' }, "jobs": {',
    ' // "x"',
    ' /* "x" */ }',
    '\n"x": 1',
    ' }',
    '',
    ',',
  );
  fc.assert(
    fc.property(
      fc.stringMatching(/^[\w.-]{0,8}$/),
      fc.stringMatching(/^[\w.-]{0,4}$/),
      follows,
      (typed, rest, after) => {
        const before = '{ "instance": { "type": ';
        expect(marked(`${before}"${typed}|${rest}${after}`)).toBe(`${before}⟦"${typed}${rest}⟧${after}`);
      },
    ),
  );
});
