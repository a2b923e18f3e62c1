/**
 * The ways to put one number of a metric's regex, which has no group yet, into a group: each finds the same text as before.
 * A regex that ends before the number is lengthened by it. None where a group could not be the number of every match (alternatives), or would change what a `\1` means.
 */
export function withNumberInGroup(regex: string): string[] {
  const atoms = atomsOf(regex);
  const kinds = atoms.map(kindOf).join('');
  if (kinds.includes('|') || /\\[1-9]/.test(regex)) return [];
  const numbers = [...kinds.matchAll(number)];
  // A regex that ends before the number: what follows the separator is meant.
  if (numbers.length === 0 && /[=:](?: |\\s[*+]?)*$/.test(regex)) return [`${regex}([0-9.eE+-]+)`];
  return (numbers.length > 0 ? numbers : [...kinds.matchAll(/a/g)]).map(({ index, 0: { length } }) => {
    const part = (from: number, to?: number) =>
      atoms
        .slice(from, to)
        .map(({ bare, quantifier }) => bare + quantifier)
        .join('');
    return `${part(0, index)}(${part(index, index + length)})${part(index + length)}`;
  });
}

/**
 * A number in letters of `kindOf`: a sign, digits with points between them, an exponent. A sign, point or digit right
 * behind a word belongs to that (`top1`, `loss-`), and so does a point at the end.
 */
const number = /(?:(?<![we])s)?(?:(?<![we])[1p]+)?[dg](?:[d1gp.]*[d1g])?(?:es?[d1g]+)?/g;

const quantifierAt = /(?:[*+?]|\{\d+(?:,\d*)?\})\??/y;

interface Atom {
  readonly bare: string;
  readonly quantifier: string;
}

/** The parts of a regex at its top level; a group is one part. */
function atomsOf(regex: string): Atom[] {
  const atoms: Atom[] = [];
  for (let at = 0; at < regex.length;) {
    const end = endOfAtom(regex, at);
    quantifierAt.lastIndex = end;
    const quantified = quantifierAt.exec(regex)?.[0] ?? '';
    atoms.push({ bare: regex.slice(at, end), quantifier: quantified });
    at = end + quantified.length;
  }
  return atoms;
}

function endOfAtom(regex: string, start: number): number {
  const token = /\\(?:u[\da-fA-F]{4}|x[\da-fA-F]{2}|c[a-zA-Z]|[^])|\[(?:\\[^]|[^\]\\])*\]|[^]/y;
  let depth = 0;
  for (token.lastIndex = start; ;) {
    const text = token.exec(regex)?.[0];
    if (text === undefined) return regex.length;
    if (text === '(') depth++;
    if (text === ')') depth--;
    if (depth === 0) return token.lastIndex;
  }
}

/** One letter for what an atom finds. */
function kindOf({ bare, quantifier }: Atom): string {
  const group = /^\(\?:([^]*)\)$/.exec(bare)?.[1];
  if (group !== undefined) {
    const inside = atomsOf(group).map(kindOf).join('');
    if (/^[s|]+$/.test(inside)) return 's';
    return /^[sd1pge|]*[d1g][sd1pge|]*$/.test(inside) ? 'g' : 'o';
  }
  if (bare === '\\d') return 'd';
  const members = /^\[([^^][^]*)\]$/.exec(bare)?.[1];
  if (members !== undefined) {
    if (/^[-+\\]+$/.test(members)) return 's';
    if (/^(?:\\?\.|,)+$/.test(members)) return 'p';
    if (/^[eE]+$/.test(members)) return 'e';
    return /^(?:0-9|\\d|\\?[.,+-]|[eE]|[0-9])+$/.test(members) && /0-9|\\d/.test(members) ? 'd' : 'o';
  }
  if (/^\\?[-]$|^\\\+$/.test(bare)) return 's';
  if (bare === '\\.') return 'p';
  if (bare === '.' && quantifier === '') return '.';
  if (/^[0-9]$/.test(bare)) return '1';
  if (/^[eE]$/.test(bare)) return 'e';
  if (bare === '|') return '|';
  if (quantifier !== '' && /^(?:\.|\\[Sw]|\[\^[^]*\])$/.test(bare)) return 'a';
  return /^\w$/.test(bare) ? 'w' : 'o';
}

/** Letters that mean something to Python behind a backslash; to JavaScript any other one is itself, to Python a mistake. */
const pythonEscapes = { outside: 'AabBdDsSwWZfnrtvxuU', inside: 'abdDsSwWfnrtvxuU' };

/** What of a regex Python does not take, or takes for something else; undefined where there is no such thing. */
export function notInPython(regex: string): string | undefined {
  for (const [part] of regex.matchAll(/\\[^]|\[\^?\]|\[(?:\\[^]|[^\]\\])*\]|\(\?<(?![=!])/g)) {
    if (part === '(?<') return '(?<name>…) is written (?P<name>…) in Python';
    if (/^\[\^?\]$/.test(part)) return `${part} is not closed in Python: there the first ] is one of the characters`;
    const known = part.startsWith('[') ? pythonEscapes.inside : pythonEscapes.outside;
    for (const [, letter = ''] of part.matchAll(/\\([^])/g))
      if (/[a-zA-Z]/.test(letter) && !known.includes(letter)) return `\\${letter} means nothing in Python`;
  }
  return undefined;
}
