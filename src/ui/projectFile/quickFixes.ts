import * as vscode from 'vscode';
import { nearest, nearestKey, quickFixesFor } from '../../project/quickFixes.js';
import { readProject } from '../../project/read.js';
import { diagnosticSource } from './diagnostics.js';

/** Offers what was probably meant, for what our own diagnostics say. */
export class QuickFixes implements vscode.CodeActionProvider {
  provideCodeActions(document: vscode.TextDocument, _range: vscode.Range, { diagnostics }: vscode.CodeActionContext) {
    return diagnostics
      .filter(({ source }) => source === diagnosticSource)
      .flatMap((diagnostic) => {
        const { message, range } = diagnostic;
        const replace = (title: string, where: vscode.Range, text: string) => {
          const action = new vscode.CodeAction(title, vscode.CodeActionKind.QuickFix);
          action.edit = new vscode.WorkspaceEdit();
          action.edit.replace(document.uri, where, text);
          action.diagnostics = [diagnostic];
          action.isPreferred = true;
          return action;
        };
        const unknownKey = /^Unknown key "(.+)"\.$/.exec(message)?.[1];
        if (unknownKey !== undefined) {
          const meant = nearestKey(unknownKey);
          const key = keyBefore(document, range, unknownKey);
          return meant !== undefined && key ? [replace(`Change to "${meant}"`, key, `"${meant}"`)] : [];
        }
        const missing = /^There is no "((data|jobs)\..+)" in this file\.$/.exec(message);
        if (missing) {
          const names = readProject(document.getText())
            .entries.filter(({ section }) => section === missing[2])
            .map(({ section, name }) => `${section}.${name}`);
          const meant = nearest(missing[1] ?? '', names) ?? (names.length === 1 ? names[0] : undefined);
          return meant === undefined ? [] : [replace(`Change to "${meant}"`, range, `"${meant}"`)];
        }
        return quickFixesFor(message, document.getText(range)).map(({ title, replacement }) =>
          replace(title, range, replacement),
        );
      });
  }
}

/** An unknown key is marked at its value: the key stands before it. */
function keyBefore(document: vscode.TextDocument, { start }: vscode.Range, key: string): vscode.Range | undefined {
  const before = document.getText(new vscode.Range(new vscode.Position(0, 0), start));
  const offset = before.lastIndexOf(`"${key}"`);
  if (offset < 0) return undefined;
  return new vscode.Range(document.positionAt(offset), document.positionAt(offset + key.length + 2));
}
