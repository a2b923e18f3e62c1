import {
  findNodeAtLocation,
  type Node,
  type ParseError,
  parseTree,
  printParseErrorCode,
  getNodeValue,
} from 'jsonc-parser';
import * as v from 'valibot';
import { findRange, type Range, rangeAt } from './ranges.js';
import { type Project, ProjectFile, type TrainingJob } from './project.js';

export const projectFileName = 'sagemaker.jsonc';

/** Something to say about the project file, and where. */
interface Diagnostic {
  readonly severity: 'error' | 'warning' | 'information';
  readonly message: string;
  /** Keys from the root: `['jobs', 'best', 'metrics']`. */
  readonly path: readonly (string | number)[];
  readonly range: Range;
}

export interface Reading {
  /** Undefined when there is an error: half a project is never acted on. */
  readonly project: Project | undefined;
  readonly diagnostics: readonly Diagnostic[];
  /** Where the value at these keys stands; undefined while the text is no JSON. */
  readonly place: ((keys: readonly (string | number)[]) => Range) | undefined;
  /** The entries in the order of the text, also when some of them are wrong; each with the place of its name. */
  readonly entries: readonly { readonly section: string; readonly name: string; readonly range: Range }[];
}

/** Reads `sagemaker.jsonc`. Never throws: whatever is wrong with the text is a diagnostic with its place. */
export function readProject(content: string): Reading {
  // Some editors begin a file with a byte order mark, which is no JSON; a space keeps every place where it was.
  const text = content.replace(/^\uFEFF/, ' ');
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { allowTrailingComma: true });
  const entries = root ? entriesIn(text, root) : [];
  if (!root || errors.length > 0) {
    return { project: undefined, diagnostics: syntaxDiagnostics(text, errors), place: undefined, entries };
  }
  const place = (keys: readonly (string | number)[]) => findRange(text, root, keys);

  if (root.type !== 'object') {
    const range = rangeAt(text, root.offset, root.length);
    return {
      project: undefined,
      diagnostics: [{ severity: 'error', message: 'A project file is an object.', path: [], range }],
      place,
      entries,
    };
  }
  const result = v.safeParse(ProjectFile, getNodeValue(root));
  const at = diagnosticAt(text, root);
  if (!result.success) {
    return {
      project: undefined,
      diagnostics: result.issues.map((issue) => at('error', ...said(issue))),
      place,
      entries,
    };
  }
  const file = result.output;
  const diagnostics = [...brokenReferences(file, at), ...notBuiltYet(file, at)];
  const failed = diagnostics.some(({ severity }) => severity === 'error');
  return { project: failed ? undefined : projectOf(file), diagnostics, place, entries };
}

function entriesIn(text: string, root: Node): Reading['entries'] {
  return ['data', 'jobs', 'endpoints'].flatMap((section) =>
    (findNodeAtLocation(root, [section])?.children ?? []).flatMap(({ children: [key] = [] }) =>
      key === undefined ? [] : [{ section, name: String(key.value), range: rangeAt(text, key.offset, key.length) }],
    ),
  );
}

type At = (severity: Diagnostic['severity'], path: readonly (string | number)[], message: string) => Diagnostic;

function diagnosticAt(text: string, root: Node): At {
  return (severity, path, message) => ({ severity, message, path, range: findRange(text, root, path) });
}

function syntaxDiagnostics(text: string, errors: readonly ParseError[]): Diagnostic[] {
  if (text.trim() === '') {
    return [{ severity: 'error', message: 'The project file is empty.', path: [], range: rangeAt(text, 0, 0) }];
  }
  return errors.map(({ error, offset, length }) => ({
    severity: 'error',
    // The parser's codes are words in one: "CommaExpected".
    message: `This is not JSON: ${printParseErrorCode(error)
      .replace(/([a-z])([A-Z])/g, '$1 $2')
      .toLowerCase()}.`,
    path: [],
    range: rangeAt(text, offset, length),
  }));
}

function said(issue: v.BaseIssue<unknown>): [(string | number)[], string] {
  const path = (issue.path ?? []).map(({ key }) => (typeof key === 'number' ? key : String(key)));
  const key = path.at(-1);
  if (issue.type === 'strict_object') {
    return issue.expected === 'never'
      ? [path, `Unknown key "${key}".`]
      : [path.slice(0, -1), `The key "${key}" is missing.`];
  }
  if (issue.type === 'variant') {
    return [path, 'A job needs "kind": "training" or "tuning".'];
  }
  if (issue.kind === 'schema' && /^Invalid (type|key):/.test(issue.message)) {
    return [path, `Expected ${words[issue.expected ?? ''] ?? issue.expected} here, found ${issue.received}.`];
  }
  return [path, issue.message];
}

const words: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  boolean: 'true or false',
  Object: 'an object',
  Array: 'a list',
};

function* brokenReferences(file: ProjectFile, at: At): Generator<Diagnostic> {
  for (const [name, job] of Object.entries(file.jobs)) {
    if (!isTraining(job)) continue;
    for (const [channel, source] of Object.entries(job.channels)) {
      if (source.startsWith('data.') && !(source.slice('data.'.length) in file.data)) {
        yield at('error', ['jobs', name, 'channels', channel], `There is no "${source}" in this file.`);
      }
    }
    const from = job.hyperparameters['from'];
    if (typeof from === 'string' && from.startsWith('jobs.')) {
      yield at(
        'error',
        ['jobs', name, 'hyperparameters', 'from'],
        'Taking hyperparameters from a tuning job is not built yet: write them here.',
      );
    }
  }
  for (const [name, { model }] of Object.entries(file.endpoints)) {
    if (!('from' in model)) continue;
    const job = file.jobs[model.from.slice('jobs.'.length)];
    const path = ['endpoints', name, 'model', 'from'];
    if (!job) yield at('error', path, `There is no "${model.from}" in this file.`);
    else if (!isTraining(job)) yield at('error', path, 'A model from a tuning job is not built yet.');
  }
}

/** What the file may say already, and nothing acts on: told, not swallowed. */
function* notBuiltYet(file: ProjectFile, at: At): Generator<Diagnostic> {
  const told = (path: string[], what: string) =>
    at('information', path, `${what} not built yet: this is kept, and nothing acts on it.`);
  for (const [name, job] of Object.entries(file.jobs)) {
    if (!isTraining(job)) yield told(['jobs', name], 'Tuning jobs are');
  }
  for (const [name, { scaling }] of Object.entries(file.endpoints)) {
    if (scaling !== undefined) yield told(['endpoints', name, 'scaling'], 'Automatic scaling is');
  }
  for (const name of Object.keys(file.functions)) yield told(['functions', name], 'Functions are');
  for (const name of Object.keys(file.machines)) yield told(['machines', name], 'Machines are');
}

function projectOf(file: ProjectFile): Project {
  const { name, bucket, role, data, endpoints } = file;
  const jobs = Object.fromEntries(
    Object.entries(file.jobs).filter((entry): entry is [string, TrainingJob] => isTraining(entry[1])),
  );
  return { name, bucket, role, data, jobs, endpoints };
}

function isTraining(job: ProjectFile['jobs'][string]): job is TrainingJob {
  return job.kind === 'training';
}
