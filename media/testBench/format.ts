import { parseTree, type ParseError, printParseErrorCode } from 'jsonc-parser';

/** 0.852 is "85.2 %". @param digits after the point */
export function percent(probability: number, digits = 1): string {
  const least = 10 ** -digits;
  const value = probability * 100;
  if (value > 0 && value < least / 2) return `< ${least} %`;
  if (value < 100 && value > 100 - least / 2) return `> ${(100 - least).toFixed(digits)} %`;
  return `${value.toFixed(digits)} %`;
}

/** Where even the first class is below a tenth, one digit makes them all alike. */
export function digitsFor(top: number): number {
  return top < 0.1 ? 2 : 1;
}

export function size(bytes: number): string {
  if (bytes < 1024) return `${bytes} bytes`;
  if (bytes < 1024 * 1024) return `${Math.round(bytes / 1024)} KB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

/** How much of a limit this is, in words. */
export function share(bytes: number, limit: number): string {
  const part = (bytes / limit) * 100;
  return part < 1 ? 'under 1 %' : `${Math.round(part)} %`;
}

export function count(number: number): string {
  return number.toLocaleString('en');
}

/** JSON with a member a line, and lists of plain values in one: 133 numbers are not 133 lines. */
export function pretty(value: unknown, indent = ''): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    if (value.every((each) => typeof each !== 'object' || each === null)) {
      return `[${value.map((each) => JSON.stringify(each)).join(', ')}]`;
    }
    return `[\n${value.map((each) => inner + pretty(each, inner)).join(',\n')}\n${indent}]`;
  }
  const members = Object.entries(value).map(([key, each]) => `${inner}${JSON.stringify(key)}: ${pretty(each, inner)}`);
  return members.length > 0 ? `{\n${members.join(',\n')}\n${indent}}` : '{}';
}

/** Where a text is no JSON, and why; undefined when it is. */
export function jsonProblem(text: string): { message: string; line: string; column: number } | undefined {
  const errors: ParseError[] = [];
  parseTree(text, errors, { disallowComments: true });
  const [first] = errors;
  if (!first) return undefined;
  const before = text.slice(0, first.offset).split('\n');
  const column = (before.at(-1) ?? '').length;
  const line = text.split('\n')[before.length - 1] ?? '';
  const words = printParseErrorCode(first.error)
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase();
  const message = `Line ${before.length}, column ${column + 1}: ${reasons[words] ?? words}. Nothing was sent.`;
  return { message, line, column };
}

const reasons: Readonly<Record<string, string>> = {
  'invalid symbol': 'a string must be in double quotes',
  'property name expected': 'a name in double quotes belongs here',
  'value expected': 'a value belongs here',
  'colon expected': 'a colon belongs here',
  'comma expected': 'a comma belongs here',
  'close brace expected': 'a closing brace is missing',
  'close bracket expected': 'a closing bracket is missing',
  'end of file expected': 'something follows after the end',
  'unexpected end of string': 'the string does not end on this line',
  'invalid comment token': 'JSON has no comments',
};
