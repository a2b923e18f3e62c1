import * as vscode from 'vscode';
import { type Project } from '../../project/project.js';
import type { Range } from '../../project/ranges.js';
import type { OpenProject, ProjectFiles } from './projectFiles.js';

const severities = {
  error: vscode.DiagnosticSeverity.Error,
  warning: vscode.DiagnosticSeverity.Warning,
  information: vscode.DiagnosticSeverity.Information,
} as const;
export const diagnosticSource = 'SageMaker Workbench';

/** Says what is wrong with project files, as they are typed, and what of their folder is missing. */
export function showDiagnostics(projectFiles: ProjectFiles): vscode.Disposable {
  const collection = vscode.languages.createDiagnosticCollection('sagemaker-workbench');
  const show = async (): Promise<void> => {
    const projects = projectFiles.known;
    const shown = await Promise.all(
      projects.map(async (project): Promise<[vscode.Uri, vscode.Diagnostic[]]> => [
        project.uri,
        [...said(project), ...(await missingFiles(project))],
      ]),
    );
    // Read again meanwhile: that reading shows itself.
    if (projects !== projectFiles.known) return;
    collection.clear();
    collection.set(shown);
  };
  const refresh = (): void => void show();
  const listening = projectFiles.onDidChange(refresh);
  const saved = vscode.workspace.onDidSaveTextDocument(refresh);
  const files = vscode.workspace.onDidCreateFiles(refresh);
  refresh();
  return vscode.Disposable.from(collection, listening, saved, files);
}

function said({ reading }: OpenProject): vscode.Diagnostic[] {
  return reading.diagnostics.map(({ severity, message, range }) => diagnostic(range, message, severities[severity]));
}

/** Paths that lead nowhere: a warning, since the file may be about to be written. */
async function missingFiles({ folder, reading }: OpenProject): Promise<vscode.Diagnostic[]> {
  const { project, place } = reading;
  if (!project || !place) return [];
  const found = await Promise.all(
    pathsOf(project).map(async ({ path, keys }) => {
      const there = await vscode.workspace.fs.stat(vscode.Uri.joinPath(folder.uri, ...path)).then(
        () => true,
        () => false,
      );
      const shown = path.filter((part) => part !== '.').join('/');
      return there ? [] : [diagnostic(place(keys), `There is no ${shown} in this folder.`, severities.warning)];
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

function diagnostic(range: Range, message: string, severity: vscode.DiagnosticSeverity): vscode.Diagnostic {
  const made = new vscode.Diagnostic(rangeOf(range), message, severity);
  made.source = diagnosticSource;
  return made;
}

export function rangeOf({ line, column, length }: Range): vscode.Range {
  return new vscode.Range(line - 1, column - 1, line - 1, column - 1 + length);
}
