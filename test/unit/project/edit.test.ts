import fc from 'fast-check';
import { applyEdits, parse, type ParseError } from 'jsonc-parser';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../../src/core/errors.js';
import { addEntry } from '../../../src/project/edit.js';

const value = { model: { from: 'jobs.train' }, inference: 'inference.py' };

function edited(text: string, section = 'endpoints', name = 'classifier'): string {
  return applyEdits(text, addEntry(text, section, name, value));
}

function read(text: string): unknown {
  const errors: ParseError[] = [];
  const read: unknown = parse(text.replace(/^\uFEFF/, ''), errors, { allowTrailingComma: true });
  expect(errors, text).toEqual([]);
  return read;
}

/** Each comment, and what it stands behind, in its line or above; commas aside, which an edit may add. */
function comments(text: string): { comment: string; after: string; sameLine: boolean }[] {
  const found = [];
  let after = '';
  let sameLine = false;
  for (const [token] of text.matchAll(/\/\/.*|\/\*[\s\S]*?\*\/|"(?:\\.|[^"\\])*"|\n|[^\s,\uFEFF]/g)) {
    if (token === '\n') sameLine = false;
    else if (/^\/[/*]/.test(token)) found.push({ comment: token, after, sameLine });
    else {
      after = token;
      sameLine = true;
    }
  }
  return found;
}

describe('addEntry', () => {
  test('puts the entry after the last one and its comments', () => {
    const text = `{
  "endpoints": {
    // The first.
    "classifier": { "model": {} } // in use
    // "old": {}
  } /* all of them */
}
`;
    expect(edited(text)).toBe(`{
  "endpoints": {
    // The first.
    "classifier": { "model": {} }, // in use
    // "old": {}
    "classifier-2": {
      "model": {
        "from": "jobs.train"
      },
      "inference": "inference.py"
    }
  } /* all of them */
}
`);
  });

  test('keeps tabs, CRLF, trailing commas and a missing end of line', () => {
    expect(edited('{\r\n\t"jobs": {},\r\n}')).toBe(
      [
        '{',
        '\t"jobs": {},',
        '\t"endpoints": {',
        '\t\t"classifier": {',
        '\t\t\t"model": {',
        '\t\t\t\t"from": "jobs.train"',
        '\t\t\t},',
        '\t\t\t"inference": "inference.py"',
        '\t\t}',
        '\t},',
        '}',
      ].join('\r\n'),
    );
  });

  test.each(['', '\n', '\uFEFF', '// mine\n', '// mine', '{}', '\uFEFF{}', '{ /* nothing */ }', '{"endpoints":{}}'])(
    'begins in an empty file or object: %j',
    (text) => {
      expect(read(edited(text))).toEqual({ endpoints: { classifier: value } });
      expect(comments(edited(text))).toEqual(comments(text));
    },
  );

  test.each([
    ['{ "endpoints": [] }', /"endpoints" in sagemaker\.jsonc is not an object.*write "endpoints": {} there first/],
    ['{ "endpoints": null }', /"endpoints" in sagemaker\.jsonc is not an object/],
    ['[]', /sagemaker\.jsonc is not an object/],
    ['"text"', /sagemaker\.jsonc is not an object/],
    ['{ "endpoints": {', /sagemaker\.jsonc has errors/],
  ])('says what is in the way: %s', (text, sentence) => {
    expect(() => edited(text)).toThrow(UserError);
    expect(() => edited(text)).toThrow(sentence);
  });

  test('leaves every comment and every value where it was', () => {
    const comment = fc.constantFrom('', '', '/* a, b */', '// c, "d": {}\n', '/* two\n lines */', '\n', ' ', '\n  ');
    const gap = fc.array(comment, { maxLength: 3 }).map((parts) => parts.join(''));
    const key = fc.constantFrom('jobs', 'endpoints', 'classifier', 'data', 'a // b');
    const { object } = fc.letrec<{ object: string; value: string }>((tie) => ({
      object: fc
        .tuple(fc.uniqueArray(fc.tuple(key, gap, tie('value'), gap), { selector: ([k]) => k, maxLength: 3 }), gap)
        .chain(([properties, end]) =>
          fc.boolean().map((trailing) => {
            const text = properties.map(([k, before, v, after]) => `${before}"${k}":${before}${v}${after}`).join(',');
            return `{${text}${trailing && properties.length > 0 ? ',' : ''}${end}}`;
          }),
        ),
      value: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        fc.constantFrom('1', '"x, y"', '[1, 2]'),
        tie('object'),
      ),
    }));
    fc.assert(
      fc.property(gap, object, gap, fc.constantFrom('', '\uFEFF'), fc.boolean(), (head, body, tail, mark, windows) => {
        const text = mark + `${head}${body}${tail}`.replaceAll('\n', windows ? '\r\n' : '\n');
        const before = read(text) as { endpoints?: unknown };
        const section = before.endpoints ?? {};
        fc.pre(typeof section === 'object' && !Array.isArray(section));
        const name = 'classifier' in section ? 'classifier-2' : 'classifier';

        const after = edited(text);

        expect(read(after)).toEqual({ ...before, endpoints: { ...section, [name]: value } });
        expect(comments(after)).toEqual(comments(text));
        if (text.includes('\r\n')) expect(after.replaceAll('\r\n', '')).not.toMatch('\n');
      }),
      { numRuns: 300 },
    );
  });
});
