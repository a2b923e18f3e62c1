/** A change of the text that a diagnostic is about. */
export interface QuickFix {
  readonly title: string;
  /** In the place of the text that the diagnostic marks. */
  readonly replacement: string;
}

const keys = {
  top: ['name', 'bucket', 'role', 'data', 'jobs', 'endpoints', 'functions', 'machines'],
  job: [
    'kind',
    'source',
    'script',
    'channels',
    'instance',
    'image',
    'frameworkVersion',
    'environment',
    'role',
    'hyperparameters',
    'metrics',
    'distribution',
    'maxRuntime',
    'volumeSizeInGB',
  ],
  endpoint: ['model', 'source', 'inference', 'instance', 'image', 'frameworkVersion', 'environment', 'role', 'scaling'],
} as const;
const known: readonly string[] = [
  ...new Set([...keys.top, ...keys.job, ...keys.endpoint, 'path', 'type', 'count', 'from']),
];

/**
 * What may be meant, for those of our own messages (read.ts) that have an obvious cure.
 * @param marked the text that the diagnostic marks: a value, as JSON
 */
export function quickFixesFor(message: string, marked: string): QuickFix[] {
  const noGroup = /has no group/.test(message) && /^"(.*)"$/s.exec(marked);
  if (noGroup) {
    const [, regex = ''] = noGroup;
    const numbers = /(\[0-9[^\]]*\][+*]?|\\\\d[+*]?(?:\\\\\.\\\\d[+*]?)?|\.[+*])/.exec(regex);
    const grouped = numbers ? regex.replace(numbers[0], `(${numbers[0]})`) : `${regex}([0-9.eE+-]+)`;
    return [{ title: `Put the number in a group: ${grouped}`, replacement: `"${grouped}"` }];
  }
  if (/^An instance type looks like/.test(message)) {
    const type = /^"(?!ml\.)([a-z0-9-]+\.[a-z0-9]+)"$/.exec(marked)?.[1];
    return type === undefined ? [] : [{ title: `Use ml.${type}`, replacement: `"ml.${type}"` }];
  }
  return [];
}

/** The key that a misspelt one is nearest to; undefined when none is near. */
export function nearestKey(unknown: string): string | undefined {
  return nearest(unknown, known);
}

/** The nearest by edit distance, when it is no more than a third away. */
export function nearest(word: string, words: readonly string[]): string | undefined {
  const [best] = words
    .map((candidate) => ({ candidate, distance: distance(word.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  return best && best.distance <= Math.max(1, Math.floor(word.length / 3)) ? best.candidate : undefined;
}

/** Levenshtein's. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swapped = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swapped, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
