import * as vscode from 'vscode';
import { addEntry } from '../../project/edit.js';
import type { Section } from './projectFiles.js';

/** Adds an entry to a project file and shows it, unsaved: saving it accepts it. A name that is taken gets a number. */
export async function proposeEntry(uri: vscode.Uri, section: Section, name: string, value: unknown): Promise<void> {
  const document = await vscode.workspace.openTextDocument(uri);
  const edit = new vscode.WorkspaceEdit();
  for (const { offset, length, content } of addEntry(document.getText(), section, name, value)) {
    edit.replace(uri, new vscode.Range(document.positionAt(offset), document.positionAt(offset + length)), content);
  }
  await vscode.workspace.applyEdit(edit);
  await vscode.window.showTextDocument(document);
}
