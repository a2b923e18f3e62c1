import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { jsonLoads } from '../../../src/container/pythonJson.js';
import { jsonDumps, type PythonValue, repr, str } from '../../../src/container/pythonText.js';

interface Forms {
  readonly str: string;
  readonly repr: string;
  readonly plain: string;
  readonly indented: string;
  readonly compact: string;
}

/** What a real Python makes of each text, in one run; null for what it refuses. */
function python(texts: readonly string[]): (Forms | null)[] {
  const script = `
import json, sys
def forms(text):
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return {'str': str(value), 'repr': repr(value), 'plain': json.dumps(value), 'indented': json.dumps(value, indent=4),
            'compact': json.dumps(value, sort_keys=True, separators=(',', ':'))}
print(json.dumps([forms(text) for text in json.load(sys.stdin)]))
`;
  const answer = execFileSync('python3', ['-c', script], { input: JSON.stringify(texts), maxBuffer: 2 ** 28 });
  return JSON.parse(answer.toString()) as (Forms | null)[];
}

/** JSON texts with everything that tells the two languages apart: number forms, big integers, quotes, Unicode. */
const number = fc.oneof(
  fc.bigInt().map(String),
  fc
    .double()
    .map((value) =>
      Number.isFinite(value)
        ? JSON.stringify(value)
        : Number.isNaN(value)
          ? 'NaN'
          : value < 0
            ? '-Infinity'
            : 'Infinity',
    ),
  fc
    .tuple(fc.integer({ min: -9999, max: 9999 }), fc.integer({ min: -330, max: 330 }))
    .map(([digits, power]) => `${digits}e${power}`),
  fc.tuple(fc.integer(), fc.nat()).map(([whole, fraction]) => `${whole}.${fraction}`),
  fc.constantFrom(
    '-0',
    '-0.0',
    '1e22',
    '1E5',
    '0.0001',
    '0.00001',
    '123456789012345680.0',
    '1e16',
    '9999999999999998.0',
  ),
);
// Which later characters are printable depends on the Unicode version of each: those of 2.0 do not.
const text = fc
  .oneof(
    fc.string({ unit: 'grapheme-ascii' }),
    fc.string({
      unit: fc.constantFrom(
        'a',
        "'",
        '"',
        '\\',
        '\n',
        '\r',
        '\t',
        '\b',
        '\f',
        '\0',
        '\x7f',
        '\x85',
        '\xa0',
        '\xad',
        'é',
        'ß',
        '€',
        '\u2028',
        '\u200b',
        '中',
        '\ue000',
        '🐕',
        '\u{10ffff}',
        ' ',
      ),
    }),
  )
  .map((value) => JSON.stringify(value));
const { value: json } = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom('null', 'true', 'false'),
    number,
    text,
    fc.array(tie('value'), { maxLength: 4 }).map((items) => `[${items.join(' , ')}]`),
    fc
      .array(fc.tuple(text, tie('value')), { maxLength: 4 })
      .map((entries) => `{${entries.map(([key, value]) => `${key}:${value}`).join(',')}}`),
  ),
}));

describe('Python’s texts', () => {
  test('are those of a real Python, whatever the JSON', () => {
    const texts = fc.sample(json, { numRuns: 2000, seed: 20261122 });
    const ours = texts.map(jsonLoads).map((value) => ({
      ...{ str: str(value), repr: repr(value), plain: jsonDumps(value), indented: jsonDumps(value, { indent: 4 }) },
      compact: jsonDumps(value, { sortKeys: true, separators: [',', ':'] }),
    }));
    const theirs = python(texts);
    for (const [index, source] of texts.entries()) expect(ours[index], source).toEqual(theirs[index]);
  });

  test.each<[PythonValue, string]>([
    [1e-5, '1e-05'],
    [1e16, '1e+16'],
    [0.0055, '0.0055'],
    [5, '5.0'],
    [12345678901234567890n, '12345678901234567890'],
    [NaN, 'nan'],
    [-Infinity, '-inf'],
    [true, 'True'],
    [null, 'None'],
    [[1n, 2n], '[1, 2]'],
    [new Map([["it's", 'a "b"']]), '{"it\'s": \'a "b"\'}'],
  ])('str(%s) is %s', (value, expected) => {
    expect(str(value)).toBe(expected);
  });
});

describe('jsonLoads', () => {
  test('refuses what Python refuses', () => {
    const refused = [
      '',
      'a b',
      '01',
      '1.',
      '.5',
      '+1',
      "'a'",
      '[1,]',
      '[1',
      '{"a":1,}',
      '{1:2}',
      '{"a" 1}',
      '"\n"',
      '"\\x"',
    ];
    const more = ['1 2', 'nan', 'True', '\ufeff1', '\u00a01', '1_000', '"open', '-', 'nul'];
    for (const text of [...refused, ...more]) expect(() => jsonLoads(text), text).toThrow(SyntaxError);
    expect(python([...refused, ...more]).every((forms) => forms === null)).toBe(true);
  });

  test('takes the last of equal keys', () => {
    expect(jsonDumps(jsonLoads('{"a": 1, "b": 2, "a": 3}'))).toBe('{"a": 3, "b": 2}');
  });
});
