import { withNumberInGroup } from './metricRegex.js';

/** A change of the text that a diagnostic is about. */
export interface QuickFix {
  readonly title: string;
  /** In the place of the text that the diagnostic marks. */
  readonly replacement: string;
}

/** What may be meant, for those of our own messages (project.ts) about a value that have an obvious cure. */
export function fixesOfValue(message: string, value: unknown): QuickFix[] {
  if (typeof value !== 'string') return [];
  if (/has no group/.test(message)) {
    return withNumberInGroup(value).map((regex) => replaceBy(regex, `Put the number in a group: ${regex}`));
  }
  if (/^An instance type looks like/.test(message) && /^(?!ml\.)[a-z0-9-]+\.[a-z0-9]+$/.test(value)) {
    return [replaceBy(`ml.${value}`, `Use ml.${value}`)];
  }
  if (/^A handler is/.test(message) && value.endsWith('.py')) {
    return [replaceBy(value.replace(/\.py$/, '.lambda_handler').replace(/^\.\//, ''))];
  }
  return [];
}

/** The one of some words that a wrong one is nearest to, if there is one near. */
export function fixesOfWord(wrong: string, words: readonly string[]): QuickFix[] {
  const meant = nearest(wrong, words);
  return meant === undefined ? [] : [replaceBy(meant)];
}

export function replaceBy(text: string, title = `Change to "${text}"`): QuickFix {
  return { title, replacement: JSON.stringify(text) };
}

/** The nearest by edit distance, when it is no more than a third away. */
function nearest(word: string, words: readonly string[]): string | undefined {
  const [best] = words
    .map((candidate) => ({ candidate, distance: distance(word.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  return best && best.distance <= Math.max(1, Math.floor(word.length / 3)) ? best.candidate : undefined;
}

/** Levenshtein's, in which two letters that changed places are one mistake. */
function distance(a: string, b: string): number {
  let [last, row]: [number[], number[]] = [[], Array.from({ length: b.length + 1 }, (_, index) => index)];
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? (last[j - 2] ?? 0) + 1 : Infinity;
      next.push(Math.min(changed, swapped, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    [last, row] = [row, next];
  }
  return row[b.length] ?? 0;
}
