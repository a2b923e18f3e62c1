/** What is known of a request, by condition key in lower case (`aws:principalarn`); keys are case-insensitive. */
export type Context = ReadonlyMap<string, string | readonly string[]>;

export function contextOf(values: Readonly<Record<string, string | readonly string[]>>): Context {
  return new Map(Object.entries(values).map(([key, value]) => [key.toLowerCase(), value]));
}

/** A string of a policy: text, with variables that a request's context fills in. */
export type Pattern = string | readonly (string | Variable)[];

interface Variable {
  readonly key: string;
  readonly fallback: string | undefined;
}

/**
 * `*` and `?` of a policy, as lone surrogates: requests arrive as UTF-8, which cannot carry them. So a value that fills in
 * a variable never acts as a wildcard, nor does `${*}`.
 */
const anyText = '\uDC00';
const anyCharacter = '\uDC01';
const anyTextCode = anyText.charCodeAt(0);
const anyCharacterCode = anyCharacter.charCodeAt(0);

/** @param variables policies of version 2008-10-17 have none: there, `${…}` is plain text. */
export function compilePattern(text: string, { variables, wildcards }: { variables: boolean; wildcards: boolean }) {
  const plain = (part: string): string =>
    wildcards ? part.replaceAll('*', anyText).replaceAll('?', anyCharacter) : part;
  if (!variables || !text.includes('${')) return plain(text);
  const parts: (string | Variable)[] = [];
  let end = 0;
  for (const { index, 0: whole, groups } of text.matchAll(variable)) {
    parts.push(plain(text.slice(end, index)));
    const key = groups?.['key']?.trim() ?? '';
    parts.push(['*', '?', '$'].includes(key) ? key : { key, fallback: groups?.['fallback'] });
    end = index + whole.length;
  }
  parts.push(plain(text.slice(end)));
  return parts.every((part) => typeof part === 'string') ? parts.join('') : parts;
}

/** `${aws:username}`, `${aws:PrincipalTag/team, 'none'}`, `${*}`. */
const variable = /\$\{(?<key>[^},]+)(?:,\s*'(?<fallback>[^']*)')?\s*\}/g;

/** The pattern with its variables filled in; undefined when one has no value: then it matches nothing. */
export function resolve(pattern: Pattern, context: Context): string | undefined {
  if (typeof pattern === 'string') return pattern;
  let text = '';
  for (const part of pattern) {
    if (typeof part === 'string') {
      text += part;
      continue;
    }
    const value = context.get(part.key.toLowerCase()) ?? part.fallback;
    if (typeof value !== 'string') return undefined;
    text += value;
  }
  return text;
}

/** The condition keys that the pattern's variables name. */
export function variablesOf(pattern: Pattern): string[] {
  return typeof pattern === 'string' ? [] : pattern.flatMap((part) => (typeof part === 'string' ? [] : part.key));
}

/** Whether `text` is what a resolved pattern describes. Greedy with one point of return: at worst length × length. */
export function matches(pattern: string, text: string): boolean {
  let p = 0;
  let t = 0;
  let star = -1;
  let resume = 0;
  while (t < text.length) {
    const code = p < pattern.length ? pattern.charCodeAt(p) : -1;
    if (code === anyTextCode) {
      star = p++;
      resume = t;
    } else if (code === anyCharacterCode || code === text.charCodeAt(t)) {
      p++;
      t++;
    } else if (star >= 0) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (pattern.charCodeAt(p) === anyTextCode) p++;
  return p === pattern.length;
}
