import { type Edit, modify } from 'jsonc-parser';
import { readProject } from './read.js';

/**
 * Edits that add an entry to a section of a project file, which need not exist yet; comments and formatting stay. A name
 * that is taken gets a number.
 */
export function addEntry(text: string, section: string, name: string, value: unknown): Edit[] {
  const taken = new Set(
    readProject(text)
      .entries.filter((entry) => entry.section === section)
      .map((entry) => entry.name),
  );
  let free = name;
  for (let number = 2; taken.has(free); number++) free = `${name}-${number}`;
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  return modify(text, [section, free], value, { formattingOptions: { insertSpaces: true, tabSize: 2, eol } });
}
