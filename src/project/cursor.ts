/**
 * What a completion at `offset` replaces: the string that is being typed there, or a word or number without quotes. While a
 * quote is not closed JSON takes all up to the next one for the string; here a comma, brace or comment ends it.
 */
export function replacedAt(text: string, offset: number): { readonly offset: number; readonly length: number } {
  const from = text.lastIndexOf('\n', offset - 1) + 1;
  const line = /^[^\r\n]*/.exec(text.slice(from))?.[0] ?? '';
  const cursor = offset - from;
  const span = (start: number, end: number) => ({ offset: from + start, length: end - start });

  const opened = openedAt(line, cursor);
  if (opened === undefined) {
    const before = /"(?:\\.|[^"\\])*"$|[\w.+-]*$/.exec(line.slice(0, cursor))?.[0] ?? '';
    const behind = before.startsWith('"') ? '' : (/^[\w.+-]*/.exec(line.slice(cursor))?.[0] ?? '');
    return span(cursor - before.length, cursor + behind.length);
  }
  const rest = /^((?:\\.|[^"\\])*)"([\w$-]?)/.exec(line.slice(cursor));
  // What begins right behind the next quote is a key or value of its own: that quote opens it.
  if (rest && rest[2] === '' && !/[,{}]|\s\/[/*]/.test(rest[1] ?? '')) return span(opened, cursor + rest[0].length);
  const typed = /^(?:(?!\/[/*])[\w./@+-])*/.exec(line.slice(cursor))?.[0] ?? '';
  return span(opened, cursor + typed.length);
}

/** Where the string begins that the column is in. */
function openedAt(line: string, column: number): number | undefined {
  const token = /"(?:\\.|[^"\\])*(?:"|$)|\/\/.*|[^]/g;
  for (const { 0: found, index } of line.slice(0, column).matchAll(token)) {
    const isClosed = /^"(?:\\.|[^"\\])*"$/.test(found);
    if (found.startsWith('"') && !isClosed) return index;
  }
  return undefined;
}
