import * as vscode from 'vscode';
import { addEntry } from '../../project/edit.js';
import type { Section } from './projectFiles.js';

/** Adds an entry to a project file and shows it, unsaved: saving it accepts it. A name that is taken gets a number. */
export async function proposeEntry(uri: vscode.Uri, section: Section, name: string, value: unknown): Promise<void> {
  const document = await vscode.workspace.openTextDocument(uri);
  const edit = new vscode.WorkspaceEdit();
  const edits = addEntry(document.getText(), section, name, value);
  for (const { offset, length, content } of edits) {
    edit.replace(uri, new vscode.Range(document.positionAt(offset), document.positionAt(offset + length)), content);
  }
  await vscode.workspace.applyEdit(edit);
  const editor = await vscode.window.showTextDocument(document);
  for (const { offset, content } of edits) {
    const added = new vscode.Range(document.positionAt(offset), document.positionAt(offset + content.length));
    editor.revealRange(added, vscode.TextEditorRevealType.InCenterIfOutsideViewport);
  }
}
