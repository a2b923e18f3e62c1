import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compilePattern, contextOf, matches, resolve } from '../../../src/iam/pattern.js';

const filled = (text: string, context: Record<string, string | string[]> = {}): string | undefined =>
  resolve(compilePattern(text, { variables: true, wildcards: true }), contextOf(context));
const fits = (pattern: string, text: string, context?: Record<string, string>): boolean => {
  const resolved = filled(pattern, context);
  return resolved !== undefined && matches(resolved, text);
};

describe('wildcards', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', ':', '/', '*', '?', '.', '\n', 'é', '😀'), maxLength: 12 });

  test('match what the naive regular expression matches', () => {
    fc.assert(
      fc.property(text, text, (pattern, given) => {
        const regex = pattern.replaceAll(/[.*+?^${}()|[\]\\]/g, (character) =>
          character === '*' ? '.*' : character === '?' ? '.' : `\\${character}`,
        );
        expect(fits(pattern, given)).toBe(new RegExp(`^${regex}$`, 's').test(given));
      }),
      { numRuns: 2000 },
    );
  });

  test('match any text that is made from the pattern', () => {
    fc.assert(
      fc.property(fc.array(text, { minLength: 1 }), fc.array(text, { minLength: 1 }), (literals, fillings) => {
        const pieces = literals.map((literal) => literal.replaceAll(/[*?]/g, ''));
        const pattern = pieces.join('*');
        const made = pieces.map((piece, index) => piece + (index < pieces.length - 1 ? (fillings[index] ?? '') : ''));
        expect(fits(pattern, made.join(''))).toBe(true);
      }),
    );
  });

  test('cost no more than length times length for a pattern of many stars', () => {
    expect(fits(`${'*a'.repeat(2000)}b`, 'a'.repeat(20_000))).toBe(false);
  });
});

describe('variables', () => {
  test('are filled in from the context, whatever the case of their key', () => {
    expect(fits('home/${AWS:UserName}/*', 'home/ana/x', { 'aws:username': 'ana' })).toBe(true);
    expect(fits('home/${aws:username}/*', 'home/bob/x', { 'aws:username': 'ana' })).toBe(false);
  });

  test('without a value match nothing', () => {
    expect(filled('home/${aws:username}')).toBeUndefined();
  });

  test('fall back on their default', () => {
    expect(filled("team/${aws:PrincipalTag/team, 'none'}")).toBe('team/none');
    expect(filled("team/${aws:PrincipalTag/team, 'none'}", { 'aws:PrincipalTag/team': 'red' })).toBe('team/red');
  });

  test('with several values match nothing', () => {
    expect(filled('${aws:TagKeys}', { 'aws:TagKeys': ['a', 'b'] })).toBeUndefined();
  });

  test('cannot bring in wildcards: a user named * is not everyone', () => {
    expect(fits('home/${aws:username}', 'home/ana', { 'aws:username': '*' })).toBe(false);
    expect(fits('home/${aws:username}', 'home/*', { 'aws:username': '*' })).toBe(true);
  });

  test('escape the special characters', () => {
    expect(fits('${*}${?}${$}', '*?$')).toBe(true);
    expect(fits('a${*}', 'ab')).toBe(false);
  });

  test('are plain text in policies of the old version', () => {
    const pattern = compilePattern('${aws:username}', { variables: false, wildcards: true });
    expect(resolve(pattern, contextOf({ 'aws:username': 'ana' }))).toBe('${aws:username}');
  });
});
