import { type Edit, findNodeAtLocation, type Node, type ParseError, parseTree } from 'jsonc-parser';
import { UserError } from '../core/errors.js';
import { projectFileName } from './read.js';

/**
 * Edits that add an entry to a section of a project file, which need not exist yet. A name that is taken gets a number.
 * Comments stay where they are, which jsonc-parser's own `modify` does not do: it moves those that follow the last value
 * behind the new one.
 *
 * @throws {UserError} for a text that is no object, or whose section is none
 */
export function addEntry(content: string, section: string, name: string, value: unknown): Edit[] {
  // A byte order mark is no JSON; a space keeps every place where it was.
  const text = content.replace(/^\uFEFF/, ' ');
  const style = styleOf(text);
  const root = rootOf(text);
  if (!root) {
    const begun = text.trim() === '' || text.endsWith('\n');
    const file = withLineEnds(JSON.stringify({ [section]: { [name]: value } }, null, style.unit), style, '');
    return [{ offset: content.length, length: 0, content: `${begun ? '' : style.eol}${file}${style.eol}` }];
  }
  const entries = findNodeAtLocation(root, [section]);
  if (!entries) return [addProperty(text, root, section, { [name]: value }, style)];
  if (entries.type !== 'object') {
    throw new UserError(
      `"${section}" in ${projectFileName} is not an object, so no entry can be added: write "${section}": {} there first.`,
    );
  }
  const taken = new Set(entries.children?.map(({ children: [key] = [] }) => key?.value as string));
  let free = name;
  for (let number = 2; taken.has(free); number++) free = `${name}-${number}`;
  return [addProperty(text, entries, free, value, style)];
}

/** Undefined for a text that has nothing but white space and comments. */
function rootOf(text: string): Node | undefined {
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { allowTrailingComma: true, allowEmptyContent: true });
  if (errors.length > 0)
    throw new UserError(`${projectFileName} has errors, so no entry can be added: mend them first.`);
  if (root && root.type !== 'object')
    throw new UserError(`${projectFileName} is not an object, so no entry can be added: its text has to be in { }.`);
  return root;
}

interface Style {
  readonly eol: string;
  /** One step of indentation. */
  readonly unit: string;
}

function styleOf(text: string): Style {
  return {
    eol: text.includes('\r\n') ? '\r\n' : '\n',
    // The first key that begins a line is one of the root's.
    unit: /^([ \t]+)"/m.exec(text)?.[1] ?? '  ',
  };
}

/** Adds a property as the last one of an object, after the comments there. */
function addProperty(text: string, object: Node, name: string, value: unknown, style: Style): Edit {
  const last = object.children?.at(-1);
  const brace = object.offset + object.length - 1;
  const start = last ? last.offset + last.length : object.offset + 1;
  // White space and comments, and a comma perhaps.
  const between = text.slice(start, brace);
  const hasComma = last === undefined || withoutComments(between).includes(',');
  const trailing = last !== undefined && hasComma ? ',' : '';

  const outer = indentation(text, object.offset);
  const inner = last && beginsLine(text, last.offset) ? indentation(text, last.offset) : outer + style.unit;
  const property = `${JSON.stringify(name)}: ${JSON.stringify(value, null, style.unit)}`;
  return {
    offset: start,
    length: between.length,
    content: [
      `${hasComma ? '' : ','}${between.trimEnd()}`,
      `${inner}${withLineEnds(property, style, inner)}${trailing}`,
      outer,
    ].join(style.eol),
  };
}

function withoutComments(text: string): string {
  return text.replace(/\/\/.*|\/\*[\s\S]*?\*\//g, '');
}

function withLineEnds(json: string, { eol }: Style, indent: string): string {
  return json.replaceAll('\n', `${eol}${indent}`);
}

/** Of the line that `offset` is on. */
function indentation(text: string, offset: number): string {
  const line = text.slice(text.lastIndexOf('\n', offset - 1) + 1, offset);
  return /^[ \t]*/.exec(line)?.[0] ?? '';
}

function beginsLine(text: string, offset: number): boolean {
  return indentation(text, offset).length === offset - (text.lastIndexOf('\n', offset - 1) + 1);
}
