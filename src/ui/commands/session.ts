import * as vscode from 'vscode';
import { UserError } from '../../core/errors.js';
import { openSession, type Session } from '../../launch/session.js';
import type { Parts } from '../parts.js';
import { type EntryTarget, projectOf } from './targets.js';

/**
 * The workspace of an entry and the connected cloud, for an action on it. What is acted on is what is saved.
 * @throws {UserError} in a workspace that is not trusted, and for a project file with errors
 */
export async function sessionFor(
  { projectFiles, connections, log }: Pick<Parts, 'projectFiles' | 'connections' | 'log'>,
  target: EntryTarget,
): Promise<{ readonly session: Session; readonly folder: vscode.Uri }> {
  if (!vscode.workspace.isTrusted) {
    throw new UserError('Launching runs code of this workspace, which you have not trusted yet.', {
      remedy: { label: 'Manage Trust', run: () => vscode.commands.executeCommand('workbench.trust.manage') },
    });
  }
  const uri = vscode.Uri.parse(target.entry.file);
  const open = vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());
  if (open?.isDirty && !(await open.save()))
    throw new UserError('sagemaker.jsonc could not be saved, so nothing was launched.');
  const { folder, reading } = await projectOf(projectFiles, target);
  const cloud = await connections.cloud();
  const now = () => new Date();
  const session = await openSession(folder.uri.fsPath, folder.name, reading.project!, cloud, now, (line) =>
    log.info(line),
  );
  return { session, folder: folder.uri };
}
