import { cp } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { commands } from '../../contributions.js';
import { hasCode, UserError } from '../../core/errors.js';
import { fileError } from '../../core/files.js';
import type { Parts } from '../parts.js';

const folderName = 'dog-breeds';
/** What using the sample leaves in its folder. */
const leavings = new Set(['.sagemaker', '__pycache__', 'out']);

/** "Open Sample": a copy of it in a folder that the person picks. */
export function registerSample({ command, extension }: Pick<Parts, 'command' | 'extension'>): vscode.Disposable[] {
  return [command(commands.openSample, () => openSample(vscode.Uri.joinPath(extension, 'training').fsPath))];
}

async function openSample(sample: string): Promise<void> {
  const [folder] =
    (await vscode.window.showOpenDialog({
      canSelectFolders: true,
      canSelectFiles: false,
      openLabel: 'Copy Sample Here',
      title: `Where should the sample be copied to? It gets a folder "${folderName}" of its own.`,
    })) ?? [];
  if (!folder) return;
  const copy = await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title: 'Copying the sample' },
    () => copySample(sample, folder.fsPath),
  );
  // Beside what is open, not in its place.
  const forceNewWindow = (vscode.workspace.workspaceFolders ?? []).length > 0;
  await vscode.commands.executeCommand('vscode.openFolder', vscode.Uri.file(copy), { forceNewWindow });
}

/** @returns the folder, which was not there before: nothing is ever written over */
async function copySample(sample: string, into: string): Promise<string> {
  for (let number = 1; number < 100; number++) {
    const target = path.join(into, number === 1 ? folderName : `${folderName}-${number}`);
    try {
      await cp(sample, target, {
        recursive: true,
        errorOnExist: true,
        force: false,
        filter: (file) => !leavings.has(path.basename(file)) || !file.startsWith(sample + path.sep),
      });
      return target;
    } catch (error) {
      if (hasCode(error, 'ERR_FS_CP_EEXIST', 'EEXIST')) continue;
      throw fileError('The sample cannot be copied there', error);
    }
  }
  throw new UserError(`${into} holds a hundred samples already: choose another folder.`);
}
