import { type Location, parse } from 'jsonc-parser';
import * as vscode from 'vscode';
import { rangeProposals } from '../../launch/proposeRanges.js';
import type { TrainingScript } from '../../launch/scanWorkspace.js';
import type { ScriptArgument } from '../../python/argparse.js';
import type { OpenProject } from './projectFiles.js';
import type { Scripts } from './scripts.js';

/** A word to complete, and what is said about it. */
export interface Proposal {
  readonly value: string;
  readonly detail?: string | undefined;
  readonly documentation?: string | undefined;
  readonly kind: vscode.CompletionItemKind;
  /** For a key: the value that it begins with. */
  readonly given?: unknown;
}

/**
 * Keys that the script of a job knows: its arguments, the metrics that it prints, the channels that it reads.
 * @param text without the key that is being typed, which may make it no JSON
 */
export async function scriptKeys(
  { folder, reading }: OpenProject,
  scripts: Scripts,
  text: string,
  { path: [section, job, object, , ...deeper] }: Location,
): Promise<Proposal[]> {
  if (section !== 'jobs' || typeof job !== 'string' || deeper.length > 0) return [];
  // A new job is not shown yet, and has its script all the same.
  const written = (parse(text) as Written | undefined)?.jobs?.[job];
  const named = reading.shown.jobs[job] ?? written;
  if (typeof named?.script !== 'string') return [];
  const script = await scripts.of(folder, { source: named.source ?? '.', script: named.script });
  // A hyperparameter has one value or is searched.
  const objects = object === 'hyperparameters' || object === 'ranges' ? ['hyperparameters', 'ranges'] : [object];
  const taken = objects.flatMap((one) => Object.keys(written?.[one as 'channels'] ?? {}));
  return script ? proposals(script, object).filter(({ value }) => !taken.includes(value)) : [];
}

/** What the text may say of jobs; nothing of it is sure. */
interface Written {
  readonly jobs?: Readonly<
    Record<string, { readonly source?: string; readonly script?: string; readonly channels?: object } | undefined>
  >;
}

function proposals(script: TrainingScript, object: string | number | undefined): Proposal[] {
  const kind = vscode.CompletionItemKind.Property;
  if (object === 'hyperparameters') {
    return script.hyperparameters.map((argument) => ({
      value: argument.name,
      detail: describe(argument),
      // argparse's own placeholder means nothing here.
      documentation: argument.help?.replace(/\s*\(?%\(default\)s\)?/g, ''),
      given: argument.default,
      kind,
    }));
  }
  if (object === 'ranges') {
    return rangeProposals(script.hyperparameters).map(({ name, range, argument }) => ({
      value: name,
      detail: describe(argument),
      given: range,
      kind,
    }));
  }
  if (object === 'metrics')
    return script.metrics.map(({ name, regex }) => ({ value: name, detail: regex, given: regex, kind }));
  if (object === 'channels') {
    return script.channels.map((value) => ({ value, detail: `SM_CHANNEL_${value.toUpperCase()}`, kind }));
  }
  return [];
}

function describe({ type, default: value, choices, required }: ScriptArgument): string {
  return [
    type,
    required ? 'required' : undefined,
    value === undefined ? undefined : `default ${JSON.stringify(value)}`,
    choices && `one of ${choices.map((choice) => JSON.stringify(choice)).join(', ')}`,
  ]
    .filter((part) => part !== undefined)
    .join(', ');
}
