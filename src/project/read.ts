import { getNodeValue, type ParseError, parseTree } from 'jsonc-parser';
import * as v from 'valibot';
import { entriesIn, entriesMoved, type Entry, shownEntries, type ShownEntries } from './entries.js';
import { functionFaults } from './functionFaults.js';
import { winnerFrom } from './jobs.js';
import { missingKeys } from './keys.js';
import { type Project, ProjectFile } from './project.js';
import { fixesOfValue, fixesOfWord, type QuickFix, replaceBy } from './quickFixes.js';
import { type Range, Ranges } from './ranges.js';
import { syntaxMessage } from './syntax.js';
import { type Fault, tuningFaults } from './tuningFaults.js';

export const projectFileName = 'sagemaker.jsonc';

/** Something to say about the project file, and where. */
export interface Diagnostic {
  readonly severity: 'error' | 'warning' | 'information';
  readonly message: string;
  /** Keys from the root: `['jobs', 'best', 'metrics']`. */
  readonly path: Path;
  readonly range: Range;
  readonly fixes: readonly QuickFix[];
  /** Whether it is about JSON itself: an editor that knows JSON says that, too. */
  readonly isSyntax: boolean;
}

type Path = readonly (string | number)[];

export interface Reading {
  readonly text: string;
  /** Undefined when there is an error: half a project is never acted on. */
  readonly project: Project | undefined;
  /** Each entry as it is, and one that is wrong as it was when it was right last. To be shown, never acted on. */
  readonly shown: ShownEntries;
  readonly diagnostics: readonly Diagnostic[];
  /** Where things stand; undefined while the text is no JSON. */
  readonly places: Places | undefined;
  /** The entries in the order of the text, also when some of them are wrong. */
  readonly entries: readonly Entry[];
}

export interface Places {
  value(path: Path): Range;
  /** Of the last key of the path. */
  key(path: Path): Range;
}

/** Characters: a hundred times what a large project needs. What is larger is something else by the same name. */
const largest = 1_000_000;

/**
 * Reads `sagemaker.jsonc`. Never throws: whatever is wrong with the text is a diagnostic with its place.
 * @param before the last reading of the same file: entries that are being typed are shown as they were
 */
export function readProject(content: string, before?: Reading): Reading {
  if (content.length > largest)
    return unreadableProject(`A project file has at most ${largest.toLocaleString('en')} characters.`);
  // Some editors begin a file with a byte order mark, which is no JSON; a space keeps every place where it was.
  const text = content.replace(/^\uFEFF/, ' ');
  const ranges = new Ranges(text);
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { allowTrailingComma: true });
  const value: unknown = root && getNodeValue(root);
  const [error] = errors;
  if (!root || error) {
    const moved = before ? entriesMoved(before.entries, before.text, text, ranges) : [];
    const entries = moved.length > 0 || !root ? moved : entriesIn(root, ranges);
    const diagnostic =
      !error || text.trim() === ''
        ? problem('The project file is empty.', ranges.at({ offset: 0, length: 0 }))
        : // What follows the first is its consequence more often than not.
          { ...problem(syntaxMessage(error), ranges.at(error)), isSyntax: true };
    const shown = shownEntries(entries, [before?.shown, value]);
    return { text, project: undefined, shown, diagnostics: [diagnostic], places: undefined, entries };
  }

  const places = { value: (path: Path) => ranges.of(root, path), key: (path: Path) => ranges.ofKey(root, path) };
  const entries = entriesIn(root, ranges);
  const reading = (project: Project | undefined, ...diagnostics: Diagnostic[]): Reading => {
    const shown = project ?? shownEntries(entries, [value, before?.shown]);
    return { text, project, shown, diagnostics, places, entries };
  };
  // U+FFFD stands for what a decoder could not read.
  const lost = text.indexOf('\uFFFD');
  if (lost >= 0) {
    const message = 'The file is not UTF-8: save it with that encoding, and write this character again.';
    return reading(undefined, problem(message, ranges.at({ offset: lost, length: 1 })));
  }
  if (root.type !== 'object') return reading(undefined, problem('A project file is an object.', ranges.at(root)));
  const result = v.safeParse(ProjectFile, value);
  if (!result.success) return reading(undefined, ...result.issues.map((issue) => said(issue, places)));
  const file = result.output;
  const diagnostics = [
    ...brokenReferences(file, places),
    ...faultsOfEntries(file, places),
    ...notBuiltYet(file, places),
  ];
  const failed = diagnostics.some(({ severity }) => severity === 'error');
  return reading(failed ? undefined : projectOf(file), ...diagnostics);
}

/** A project file that is there, and of which nothing can be read. */
export function unreadableProject(message: string): Reading {
  const diagnostic = problem(message, new Ranges('').at({ offset: 0, length: 0 }));
  const shown = shownEntries([], []);
  return { text: '', project: undefined, shown, diagnostics: [diagnostic], places: undefined, entries: [] };
}

function problem(message: string, range: Range, path: Path = [], fixes: readonly QuickFix[] = []): Diagnostic {
  return { severity: 'error', message, path, range, fixes, isSyntax: false };
}

function said(issue: v.BaseIssue<unknown>, places: Places): Diagnostic {
  const path = (issue.path ?? []).map(({ key }) => (typeof key === 'number' ? key : String(key)));
  const key = path.at(-1);
  if (issue.type === 'strict_object') {
    const above = path.slice(0, -1);
    if (issue.expected !== 'never') return problem(`The key "${key}" is missing.`, places.value(above), above);
    const object = issue.path?.at(-1)?.input as Readonly<Record<string, unknown>>;
    const fixes = fixesOfWord(String(key), missingKeys(ProjectFile, above, object));
    return problem(`Unknown key "${key}".`, places.key(path), path, fixes);
  }
  const message = messageOf(issue);
  return problem(message, places.value(path), path, fixesOfValue(message, issue.input));
}

function messageOf(issue: v.BaseIssue<unknown>): string {
  if (issue.type === 'variant') return 'A job needs "kind": "training" or "tuning".';
  if (issue.kind === 'schema' && /^Invalid (type|key):/.test(issue.message))
    return `Expected ${words[issue.expected ?? ''] ?? issue.expected} here, found ${issue.received}.`;
  return issue.message;
}

const words: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  boolean: 'true or false',
  Object: 'an object',
  Array: 'a list',
};

function* brokenReferences(file: ProjectFile, places: Places): Generator<Diagnostic> {
  const at = (path: Path, message: string, fixes: readonly QuickFix[] = []) =>
    problem(message, places.value(path), path, fixes);
  const missing = (path: Path, reference: string, entries: object, section: 'data' | 'jobs' | 'endpoints') => {
    const names = Object.keys(entries).map((name) => `${section}.${name}`);
    const fixes = fixesOfWord(reference, names);
    const [only] = names;
    return at(
      path,
      `There is no "${reference}" in this file.`,
      fixes.length === 0 && only !== undefined && names.length === 1 ? [replaceBy(only)] : fixes,
    );
  };
  const tuningJobs = Object.fromEntries(Object.entries(file.jobs).filter(([, { kind }]) => kind === 'tuning'));
  for (const [name, job] of Object.entries(file.jobs)) {
    for (const [channel, source] of Object.entries(job.channels)) {
      if (source.startsWith('data.') && !(source.slice('data.'.length) in file.data)) {
        yield missing(['jobs', name, 'channels', channel], source, file.data, 'data');
      }
    }
    const from = winnerFrom(job);
    if (from === undefined) continue;
    const path = ['jobs', name, 'hyperparameters', 'from'];
    const tuning = file.jobs[from.slice('jobs.'.length)];
    if (job.kind === 'tuning') yield at(path, 'A tuning job cannot take its hyperparameters from another one.');
    else if (!tuning) yield missing(path, from, tuningJobs, 'jobs');
    else if (tuning.kind !== 'tuning') yield at(path, `"${from}" is no tuning job, so it has no best trial.`);
  }
  for (const [name, { model }] of Object.entries(file.endpoints)) {
    if ('from' in model && !(model.from.slice('jobs.'.length) in file.jobs)) {
      yield missing(['endpoints', name, 'model', 'from'], model.from, file.jobs, 'jobs');
    }
  }
  for (const [name, { endpoint }] of Object.entries(file.functions)) {
    if (endpoint !== undefined && !(endpoint.slice('endpoints.'.length) in file.endpoints)) {
      yield missing(['functions', name, 'endpoint'], endpoint, file.endpoints, 'endpoints');
    }
  }
}

function* faultsOfEntries(file: ProjectFile, places: Places): Generator<Diagnostic> {
  const said = (entry: Path, { path: within, message, fixes }: Fault): Diagnostic => {
    const path = [...entry, ...within];
    return problem(message, places.value(path), path, fixes);
  };
  for (const [name, job] of Object.entries(file.jobs)) {
    if (job.kind === 'tuning') for (const fault of tuningFaults(job)) yield said(['jobs', name], fault);
  }
  for (const [name, wanted] of Object.entries(file.functions)) {
    for (const fault of functionFaults(wanted)) yield said(['functions', name], fault);
  }
}

/** What the file may say already, and nothing acts on: told, not swallowed. */
function* notBuiltYet(file: ProjectFile, places: Places): Generator<Diagnostic> {
  const told = (path: Path, what: string): Diagnostic => ({
    ...problem(`${what} not built yet: this is kept, and nothing acts on it.`, places.value(path), path),
    severity: 'information',
  });
  for (const [name, { scaling }] of Object.entries(file.endpoints)) {
    if (scaling !== undefined) yield told(['endpoints', name, 'scaling'], 'Automatic scaling is');
  }
  for (const name of Object.keys(file.machines)) yield told(['machines', name], 'Machines are');
}

function projectOf({ name, bucket, role, data, jobs, endpoints, functions }: ProjectFile): Project {
  return { name, bucket, role, data, jobs, endpoints, functions };
}
