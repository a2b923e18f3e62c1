import * as vscode from 'vscode';
import { decodeHyperparameters } from '../../container/hyperparameters.js';
import type { TrainingScript } from '../../launch/scanWorkspace.js';
import { handlerPlace } from '../../project/functions.js';
import { type Job, winnerFrom } from '../../project/jobs.js';
import type { Project } from '../../project/project.js';
import { fixesOfWord } from '../../project/quickFixes.js';
import type { Places } from '../../project/read.js';
import { flagOf, isTaken } from '../../python/argparse.js';
import { type Finding, warning } from './finding.js';
import { functionFindings } from './functionFindings.js';
import type { OpenProject } from './projectFiles.js';
import type { Scripts } from './scripts.js';

export async function findingsOf(project: OpenProject, scripts: Scripts): Promise<Finding[]> {
  const said = project.reading.diagnostics.filter(({ isSyntax }) => !isSyntax || !isCheckedByVSCode(project.uri));
  return [
    ...said,
    ...(await missingFiles(project)),
    ...(await refusedArguments(project, scripts)),
    ...(await functionFindings(project, scripts)),
  ];
}

/** VS Code checks the syntax of JSON that is open, in words of its own; saying it twice would help nobody. */
function isCheckedByVSCode(uri: vscode.Uri): boolean {
  const open = vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());
  const isJson = open?.languageId === 'jsonc' || open?.languageId === 'json';
  return isJson && vscode.workspace.getConfiguration('json', uri).get<boolean>('validate.enable', true);
}

/** Paths that lead nowhere: a warning, since the file may be about to be written. */
async function missingFiles({ folder, reading }: OpenProject): Promise<Finding[]> {
  const { project, places } = reading;
  if (!project || !places) return [];
  const found = await Promise.all(
    pathsOf(project).map(async ({ path, keys }): Promise<Finding[]> => {
      const there = await vscode.workspace.fs.stat(vscode.Uri.joinPath(folder.uri, ...path)).then(
        () => true,
        () => false,
      );
      const shown = path.filter((part) => part !== '.').join('/');
      return there ? [] : [warning(`There is no ${shown} in this folder.`, places.value(keys))];
    }),
  );
  return found.flat();
}

function pathsOf({ data, jobs, endpoints, functions }: Project): { path: string[]; keys: string[] }[] {
  return [
    ...Object.entries(data).map(([name, { path }]) => ({ path: [path], keys: ['data', name, 'path'] })),
    ...Object.entries(jobs).map(([name, job]) => ({
      path: [job.source, job.script],
      keys: ['jobs', name, 'script'],
    })),
    ...Object.entries(endpoints).map(([name, endpoint]) => ({
      path: [endpoint.source ?? '.', endpoint.inference],
      keys: ['endpoints', name, 'inference'],
    })),
    ...Object.entries(functions).flatMap(([name, wanted]) => [
      { path: [wanted.source ?? '.', handlerPlace(wanted).file], keys: ['functions', name, 'handler'] },
      ...(wanted.policy === undefined ? [] : [{ path: [wanted.policy], keys: ['functions', name, 'policy'] }]),
    ]),
  ];
}

/** Hyperparameters that end the script before it has begun. */
async function refusedArguments({ folder, reading }: OpenProject, scripts: Scripts): Promise<Finding[]> {
  const { project, places } = reading;
  if (!project || !places) return [];
  const found = await Promise.all(
    Object.entries(project.jobs).map(async ([name, job]): Promise<Finding[]> => {
      const script = await scripts.of(folder, job);
      if (!script) return [];
      return [...unknownArguments(name, job, script, places), ...brokenIntegers(name, job, script, places)];
    }),
  );
  return found.flat();
}

function unknownArguments(name: string, job: Job, script: TrainingScript, places: Places): Finding[] {
  const flags = script.onlyFlags;
  if (!flags) return [];
  const reaching = passed(job);
  return reaching.flatMap(([object, key]): Finding[] => {
    const place = places.key(['jobs', name, object, key]);
    const flag = flagOf(key);
    if (!isTaken(flag, flags)) {
      const taken = reaching.map(([, one]) => one);
      const unused = script.hyperparameters.map((one) => one.name).filter((one) => !taken.includes(one));
      const message = `${job.script} has no ${flag}: it would stop with "unrecognized arguments".`;
      return [warning(message, place, fixesOfWord(key, unused))];
    }
    if (!script.switches.some((one) => one.name === key)) return [];
    return [
      warning(
        `${flag} of ${job.script} takes no value, and SageMaker gives every argument one: make it type=int or str there.`,
        place,
      ),
    ];
  });
}

/** `type=int` of argparse ends the script at 3.7. */
function brokenIntegers(name: string, job: Job, script: TrainingScript, places: Places): Finding[] {
  if (job.kind !== 'tuning') return [];
  return Object.entries(job.ranges).flatMap(([key, range]): Finding[] => {
    const argument = script.hyperparameters.find((one) => one.name === key);
    if (Array.isArray(range) || range.type === 'integer' || argument?.type !== 'int') return [];
    const message = `--${key} of ${job.script} is an int, and stops at a fraction: add "type": "integer".`;
    return [warning(message, places.key(['jobs', name, 'ranges', key]))];
  });
}

/** The hyperparameters that reach the script, and where they stand: some are for the training toolkit. */
function passed(job: Job): [object: 'hyperparameters' | 'ranges', name: string][] {
  const reaching = (object: 'hyperparameters' | 'ranges', all: object) => {
    const values = Object.fromEntries(Object.keys(all).map((key) => [key, '']));
    return [...decodeHyperparameters(values).user.keys()].map((key): [typeof object, string] => [object, String(key)]);
  };
  const { from: _, ...own } = job.hyperparameters;
  return [
    ...reaching('hyperparameters', winnerFrom(job) === undefined ? job.hyperparameters : own),
    ...reaching('ranges', job.kind === 'tuning' ? job.ranges : {}),
  ];
}
