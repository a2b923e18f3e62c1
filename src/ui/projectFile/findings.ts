import * as vscode from 'vscode';
import { decodeHyperparameters } from '../../container/hyperparameters.js';
import type { Project, TrainingJob } from '../../project/project.js';
import { fixesOfWord } from '../../project/quickFixes.js';
import type { Diagnostic } from '../../project/read.js';
import { flagOf, isTaken } from '../../python/argparse.js';
import type { OpenProject } from './projectFiles.js';
import type { Scripts } from './scripts.js';

/** What an editor says about a project file: what its text says, and what its folder does. */
export type Finding = Pick<Diagnostic, 'severity' | 'message' | 'range' | 'fixes'>;

export async function findingsOf(project: OpenProject, scripts: Scripts): Promise<Finding[]> {
  const said = project.reading.diagnostics.filter(({ isSyntax }) => !isSyntax || !isCheckedByVSCode(project.uri));
  return [...said, ...(await missingFiles(project)), ...(await refusedArguments(project, scripts))];
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

function pathsOf({ data, jobs, endpoints }: Project): { path: string[]; keys: string[] }[] {
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
  ];
}

/** Hyperparameters that end the script before it has begun. */
async function refusedArguments({ folder, reading }: OpenProject, scripts: Scripts): Promise<Finding[]> {
  const { project, places } = reading;
  if (!project || !places) return [];
  const found = await Promise.all(
    Object.entries(project.jobs).map(async ([name, job]): Promise<Finding[]> => {
      const script = await scripts.of(folder, job);
      const flags = script?.onlyFlags;
      if (!script || !flags) return [];
      return passed(job).flatMap((key): Finding[] => {
        const place = places.key(['jobs', name, 'hyperparameters', key]);
        const flag = flagOf(key);
        if (!isTaken(flag, flags)) {
          const unused = script.hyperparameters.map((one) => one.name).filter((one) => !(one in job.hyperparameters));
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
    }),
  );
  return found.flat();
}

/** Hyperparameters that reach the script: some are for the training toolkit. */
function passed({ hyperparameters }: TrainingJob): string[] {
  const values = Object.fromEntries(Object.keys(hyperparameters).map((key) => [key, '']));
  return [...decodeHyperparameters(values).user.keys()].map(String);
}

function warning(message: string, range: Finding['range'], fixes: Finding['fixes'] = []): Finding {
  return { severity: 'warning', message, range, fixes };
}
