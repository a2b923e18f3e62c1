/**
 * Values as Python has them after `json.loads`, and their texts as Python writes them. The training toolkit is a Python
 * program: what a script gets as argument or variable is Python's text of a value, not JavaScript's.
 */

/** `int` is bigint (any size), `float` is number, `dict` keeps the order of its keys. */
export type PythonValue = null | boolean | bigint | number | string | readonly PythonValue[] | PythonDict;
export type PythonDict = ReadonlyMap<string, PythonValue>;

export function dict(entries: Readonly<Record<string, PythonValue>>): PythonDict {
  return new Map(Object.entries(entries));
}

export function isDict(value: PythonValue): value is PythonDict {
  return value instanceof Map;
}

/** `str(value)` */
export function str(value: PythonValue): string {
  return typeof value === 'string' ? value : repr(value);
}

/** `repr(value)` */
export function repr(value: PythonValue): string {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'number') return float(value, { nan: 'nan', infinity: 'inf' });
  if (typeof value === 'string') return quoted(value);
  if (isDict(value)) return `{${[...value].map(([key, item]) => `${quoted(key)}: ${repr(item)}`).join(', ')}}`;
  return `[${value.map(repr).join(', ')}]`;
}

export interface JsonStyle {
  readonly sortKeys?: boolean;
  /** Spaces a level; undefined: one line. */
  readonly indent?: number;
  /** Between items and after keys; Python's own default depends on `indent`. */
  readonly separators?: readonly [string, string];
}

/** `json.dumps(value, …)` with Python's default `ensure_ascii=True`. */
export function jsonDumps(value: PythonValue, style: JsonStyle = {}): string {
  const [comma, colon] = style.separators ?? (style.indent === undefined ? [', ', ': '] : [',', ': ']);
  return dump(value, '\n');

  function dump(item: PythonValue, line: string): string {
    if (item === null) return 'null';
    if (typeof item === 'boolean' || typeof item === 'bigint') return String(item);
    if (typeof item === 'number') return float(item, { nan: 'NaN', infinity: 'Infinity' });
    if (typeof item === 'string') return jsonString(item);
    const inner = line + ' '.repeat(style.indent ?? 0);
    if (isDict(item)) {
      const entries = style.sortKeys ? [...item].sort(([a], [b]) => compareText(a, b)) : [...item];
      return block(
        '{}',
        entries.map(([key, member]) => jsonString(key) + colon + dump(member, inner)),
        line,
        inner,
      );
    }
    return block(
      '[]',
      item.map((member) => dump(member, inner)),
      line,
      inner,
    );
  }

  function block(brackets: '{}' | '[]', items: readonly string[], line: string, inner: string): string {
    const [open, close] = [brackets[0]!, brackets[1]!];
    if (items.length === 0) return brackets;
    if (style.indent === undefined) return open + items.join(comma) + close;
    return open + inner + items.join(comma + inner) + line + close;
  }
}

/** Strings in Python's order: by code points, where JavaScript compares UTF-16 units. */
export function compareText(left: string, right: string): number {
  const [a, b] = [[...left], [...right]];
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const difference = a[index]!.codePointAt(0)! - b[index]!.codePointAt(0)!;
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/**
 * `float.__repr__`: the shortest digits that read back as the same number, which JavaScript finds too; but exponents from
 * 1e16 on and below 1e-4, of two digits at least, and always a point or an exponent.
 */
function float(value: number, words: { readonly nan: string; readonly infinity: string }): string {
  if (Number.isNaN(value)) return words.nan;
  if (!Number.isFinite(value)) return value < 0 ? `-${words.infinity}` : words.infinity;
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  const [mantissa, power] = Math.abs(value).toExponential().split('e') as [string, string];
  const digits = mantissa.replace('.', '');
  const exponent = Number(power);
  if (exponent < -4 || exponent >= 16) {
    const fraction = digits.length > 1 ? `.${digits.slice(1)}` : '';
    const padded = String(Math.abs(exponent)).padStart(2, '0');
    return `${sign}${digits[0]}${fraction}e${exponent < 0 ? '-' : '+'}${padded}`;
  }
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  return `${sign}${whole}.${digits.slice(exponent + 1) || '0'}`;
}

const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };
const notPrintable = /[\p{C}\p{Z}]/u;

/** `repr` of a string: single quotes, unless only they occur in it; what is not printable is escaped. */
function quoted(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const characters = Array.from(text, (character) => {
    if (character === quote) return `\\${character}`;
    if (character === ' ' || !(character in escapes || notPrintable.test(character))) return character;
    return escapes[character] ?? codeEscape(character.codePointAt(0)!);
  });
  return quote + characters.join('') + quote;
}

function codeEscape(code: number): string {
  if (code <= 0xff) return `\\x${hex(code, 2)}`;
  return code <= 0xffff ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`;
}

const jsonEscapes: Readonly<Record<string, string>> = {
  ...{ '"': '\\"', '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' },
  ...{ '\b': '\\b', '\f': '\\f' },
};

/** Everything but printable ASCII is escaped, DEL and each half of a surrogate pair too. */
function jsonString(text: string): string {
  const escaped = text.replaceAll(/["\\]|[^ -~]/g, (unit) => jsonEscapes[unit] ?? `\\u${hex(unit.charCodeAt(0), 4)}`);
  return `"${escaped}"`;
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}
