import { type ParseError, parse, printParseErrorCode } from 'jsonc-parser';

/** Where a text stops being JSON. Line and column count from 1, the column in UTF-16 units. */
export interface JsonFault {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** Undefined for a text that is JSON: without comments and trailing commas, as a service reads it. */
export function jsonFault(text: string): JsonFault | undefined {
  const errors: ParseError[] = [];
  parse(text, errors, { disallowComments: true, allowTrailingComma: false, allowEmptyContent: false });
  const [first] = errors;
  if (!first) return undefined;
  const before = text.slice(0, first.offset).split('\n');
  return {
    line: before.length,
    column: (before.at(-1) ?? '').length + 1,
    message: sentences[printParseErrorCode(first.error)] ?? 'This is not JSON.',
  };
}

const sentences: Readonly<Record<string, string>> = {
  InvalidSymbol: 'This is no value of JSON: texts stand in double quotes, and words are true, false and null.',
  InvalidNumberFormat: 'This is no number of JSON.',
  PropertyNameExpected: 'A key in double quotes belongs here.',
  ValueExpected: 'A value belongs here.',
  ColonExpected: 'A colon belongs here, between the key and its value.',
  CommaExpected: 'A comma belongs here, between two values.',
  CloseBraceExpected: 'The object is not closed: } is missing.',
  CloseBracketExpected: 'The list is not closed: ] is missing.',
  EndOfFileExpected: 'Nothing may follow after the value.',
  InvalidCommentToken: 'JSON has no comments.',
  UnexpectedEndOfComment: 'JSON has no comments.',
  UnexpectedEndOfString: 'The text is not closed: a double quote is missing.',
  UnexpectedEndOfNumber: 'The number ends too early.',
  InvalidUnicode: 'After \\u there are four hexadecimal digits.',
  InvalidEscapeCharacter: 'This may not follow a backslash in JSON.',
  InvalidCharacter: 'This character is written with a backslash in JSON.',
};
