import { type ParseError, printParseErrorCode } from 'jsonc-parser';

/** By the parser's own names, since its enumeration has no values at run time. */
const sentences: Readonly<Record<string, string>> = {
  InvalidSymbol: 'This is no JSON: a text stands in double quotes.',
  InvalidNumberFormat: 'This is no number: write it as 0.001 or 1e-3.',
  PropertyNameExpected: 'A key in double quotes belongs here.',
  ValueExpected: 'A value is missing here.',
  ColonExpected: 'A colon is missing before this.',
  CommaExpected: 'A comma is missing before this.',
  CloseBraceExpected: 'A closing } is missing here.',
  CloseBracketExpected: 'A closing ] is missing here.',
  EndOfFileExpected:
    'The file is complete before this: there is a closing brace too many above, or this is to be removed.',
  UnexpectedEndOfComment: 'This comment has no end: close it with */.',
  UnexpectedEndOfString: 'This text has no end: close it with a double quote.',
  UnexpectedEndOfNumber: 'This number is not complete.',
  InvalidUnicode: 'After \\u four hexadecimal digits are needed.',
  InvalidEscapeCharacter: 'In a text a backslash is written as two: \\\\d.',
  InvalidCharacter: 'A control character cannot stand in a text: write a tab as \\t.',
};

/** What is wrong with the text as JSON, and what to do. */
export function syntaxMessage({ error }: ParseError): string {
  const name = printParseErrorCode(error);
  return sentences[name] ?? `This is no JSON (${name}).`;
}
