import * as vscode from 'vscode';
import type { Range } from '../../project/ranges.js';
import type { Finding } from './finding.js';
import { findingsOf } from './findings.js';
import type { ProjectFiles } from './projectFiles.js';
import type { Scripts } from './scripts.js';

const severities = {
  error: vscode.DiagnosticSeverity.Error,
  warning: vscode.DiagnosticSeverity.Warning,
  information: vscode.DiagnosticSeverity.Information,
} as const;

/** Milliseconds without a change of a script after which project files are checked against it. */
const pause = 500;

/** Says what is wrong with project files, as they are typed, and what of their folder does not fit them. */
export function showDiagnostics(projectFiles: ProjectFiles, scripts: Scripts): vscode.Disposable {
  const collection = vscode.languages.createDiagnosticCollection('sagemaker-workbench');
  const show = async (): Promise<void> => {
    const projects = projectFiles.known;
    const shown = await Promise.all(
      projects.map(async (project): Promise<[vscode.Uri, vscode.Diagnostic[]]> => [
        project.uri,
        (await findingsOf(project, scripts)).map(diagnosticOf),
      ]),
    );
    // Read again meanwhile: that reading shows itself.
    if (projects !== projectFiles.known) return;
    collection.clear();
    collection.set(shown);
  };
  const refresh = (): void => void show();
  let timer: NodeJS.Timeout | undefined;
  const later = (): void => {
    clearTimeout(timer);
    timer = setTimeout(refresh, pause);
  };
  const scriptFiles = vscode.workspace.createFileSystemWatcher('**/*.py');
  refresh();
  return vscode.Disposable.from(
    collection,
    projectFiles.onDidChange(refresh),
    vscode.workspace.onDidSaveTextDocument(refresh),
    vscode.workspace.onDidCreateFiles(refresh),
    vscode.workspace.onDidChangeTextDocument(({ document }) => document.languageId === 'python' && later()),
    scriptFiles,
    scriptFiles.onDidChange(later),
    scriptFiles.onDidCreate(later),
    scriptFiles.onDidDelete(later),
    { dispose: () => clearTimeout(timer) },
  );
}

function diagnosticOf({ range, message, severity }: Finding): vscode.Diagnostic {
  const made = new vscode.Diagnostic(rangeOf(range), message, severities[severity]);
  made.source = 'SageMaker Workbench';
  return made;
}

export function rangeOf({ line, column, length }: Range): vscode.Range {
  return new vscode.Range(line - 1, column - 1, line - 1, column - 1 + length);
}
