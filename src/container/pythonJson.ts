import type { PythonValue } from './pythonText.js';

const number = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y;
const space = /[ \t\n\r]*/y;
// eslint-disable-next-line no-control-regex -- JSON's strings may not contain them.
const string = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const words: readonly (readonly [string, PythonValue])[] = [
  ['null', null],
  ['true', true],
  ['false', false],
  // Not JSON, but Python reads them.
  ['NaN', NaN],
  ['Infinity', Infinity],
  ['-Infinity', -Infinity],
];

/**
 * `json.loads(text)` of Python: a number without fraction and exponent is an `int` of any size, everything else a
 * `float`, which JSON.parse cannot tell apart; and NaN and Infinity are read.
 *
 * @throws {SyntaxError} where Python raises ValueError.
 */
export function jsonLoads(text: string): PythonValue {
  let at = 0;
  const value = read();
  skip();
  if (at < text.length) throw unexpected();
  return value;

  function read(): PythonValue {
    skip();
    if (text[at] === '{') return readDict();
    if (text[at] === '[') return readList();
    if (text[at] === '"') return readString();
    for (const [word, meaning] of words) {
      if (text.startsWith(word, at)) {
        at += word.length;
        return meaning;
      }
    }
    const found = match(number);
    if (!found) throw unexpected();
    return found[1] !== undefined || found[2] !== undefined ? Number(found[0]) : BigInt(found[0]);
  }

  function readDict(): PythonValue {
    const entries = new Map<string, PythonValue>();
    at++;
    skip();
    if (take('}')) return entries;
    do {
      skip();
      const key = readString();
      skip();
      if (!take(':')) throw unexpected();
      entries.set(key, read());
      skip();
    } while (take(','));
    if (!take('}')) throw unexpected();
    return entries;
  }

  function readList(): PythonValue {
    const items: PythonValue[] = [];
    at++;
    skip();
    if (take(']')) return items;
    do {
      items.push(read());
      skip();
    } while (take(','));
    if (!take(']')) throw unexpected();
    return items;
  }

  function readString(): string {
    const found = match(string);
    if (!found) throw unexpected();
    return JSON.parse(found[0]) as string;
  }

  function skip(): void {
    match(space);
  }

  function take(character: string): boolean {
    if (text[at] !== character) return false;
    at++;
    return true;
  }

  function match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found) at += found[0].length;
    return found;
  }

  function unexpected(): SyntaxError {
    return new SyntaxError(at < text.length ? `Unexpected character at ${at}` : 'Unexpected end');
  }
}
