/**
 * A regular expression as users of SageMaker write it, Python's and Java's spelling included: `(?P<name>…)`, `(?i)` at the
 * beginning, `\A`, `\Z`, comments.
 * @throws {SyntaxError} for what is none
 */
export function readRegex(source: string): RegExp {
  const flags = /^\(\?([ims]+)\)/.exec(source);
  const pattern = source
    .slice(flags?.[0].length ?? 0)
    .replaceAll(
      /\\[\s\S]|\[(?:\\[\s\S]|[^\]\\])*\]|\(\?P<|\(\?P=(\w+)\)|\(\?#[^)]*\)/g,
      (part: string, reference: string | undefined) => {
        if (reference !== undefined) return `\\k<${reference}>`;
        if (part === '(?P<') return '(?<';
        if (part.startsWith('(?#')) return '';
        if (part === '\\A') return '^';
        return part === '\\Z' || part === '\\z' ? '$' : part;
      },
    );
  return new RegExp(pattern, [...new Set(flags?.[1])].join(''));
}

/** How many groups it captures; those of an alternative that is not taken count as well. */
export function countGroups(pattern: RegExp): number {
  // With an empty alternative it matches anything, and the match is as long as there are groups.
  return new RegExp(`${pattern.source}|`, pattern.flags).exec('')!.length - 1;
}
