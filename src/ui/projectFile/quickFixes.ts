import * as vscode from 'vscode';
import { rangeOf } from './diagnostics.js';
import { findingsOf } from './findings.js';
import type { ProjectFiles } from './projectFiles.js';
import type { Scripts } from './scripts.js';

/** Offers what was probably meant, for what our own diagnostics say. */
export class QuickFixes implements vscode.CodeActionProvider {
  constructor(
    private readonly projectFiles: ProjectFiles,
    private readonly scripts: Scripts,
  ) {}

  async provideCodeActions(
    document: vscode.TextDocument,
    wanted: vscode.Range,
    { diagnostics }: vscode.CodeActionContext,
  ): Promise<vscode.CodeAction[]> {
    const project = await this.projectFiles.of(document);
    if (!project) return [];
    return (await findingsOf(project, this.scripts)).flatMap(({ message, range, fixes }) => {
      const where = rangeOf(range);
      if (!where.intersection(wanted)) return [];
      return fixes.map(({ title, replacement }) => {
        const action = new vscode.CodeAction(title, vscode.CodeActionKind.QuickFix);
        action.edit = new vscode.WorkspaceEdit();
        action.edit.replace(document.uri, where, replacement);
        action.diagnostics = diagnostics.filter((one) => one.message === message && one.range.isEqual(where));
        // Of several ways the person chooses.
        action.isPreferred = fixes.length === 1;
        return action;
      });
    });
  }
}
