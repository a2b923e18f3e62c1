import * as vscode from 'vscode';
import { commands } from '../../contributions.js';
import { UserError } from '../../core/errors.js';
import { describeEstimate, estimateEndpoint } from '../../costs/estimate.js';
import { type ProposalChoice, projectFileText } from '../../launch/proposeProject.js';
import type { WorkspaceScan } from '../../launch/scanWorkspace.js';
import { projectFileName } from '../../project/read.js';
import type { Parts } from '../parts.js';
import { newFunction } from './newFunction.js';
import { newTuningJob } from './newTuningJob.js';
import { ask, type Step } from './wizard.js';

export function registerWizards(parts: Pick<Parts, 'command' | 'projectFiles' | 'extension'>): vscode.Disposable[] {
  return [
    parts.command(commands.newProjectFile, newProjectFile),
    parts.command(commands.newTuningJob, () => newTuningJob(parts)),
    parts.command(commands.newFunction, () => newFunction(parts)),
  ];
}

/** Reads the workspace, asks what is not clear, and opens the proposal as a new file: saving accepts it. */
async function newProjectFile(): Promise<void> {
  const folder = await chosenFolder();
  if (!folder) return;
  const file = vscode.Uri.joinPath(folder.uri, projectFileName);
  if (await exists(file)) {
    await vscode.window.showTextDocument(file);
    throw new UserError(`${folder.name} has a ${projectFileName} already: it is open now.`);
  }
  const scan = await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Window, title: 'Looking at scripts and data folders' },
    async () => {
      // A bundle of its own, with a parser of Python in it.
      const { scanWorkspace } = await import('../../launch/scanWorkspace.js');
      return scanWorkspace(folder.uri.fsPath, AbortSignal.timeout(20_000));
    },
  );
  const nothing: ProposalChoice = { script: undefined, data: undefined, inference: undefined, instance: instances[0] };
  const choice = await ask('New project file', stepsFor(scan), nothing);
  if (!choice) return;
  const document = await vscode.workspace.openTextDocument(file.with({ scheme: 'untitled' }));
  const edit = new vscode.WorkspaceEdit();
  edit.insert(document.uri, new vscode.Position(0, 0), projectFileText(choice));
  await vscode.workspace.applyEdit(edit);
  await vscode.languages.setTextDocumentLanguage(document, 'jsonc');
  await vscode.window.showTextDocument(document);
  const found = scan.scripts.length + scan.inference.length + scan.data.length > 0;
  void vscode.window.showInformationMessage(
    found
      ? 'This is a proposal made from your scripts and folders. Save it to accept it.'
      : 'No training script, inference script or data folder was found, so this is a frame to fill in. Save it to accept it.',
  );
}

const instances = ['ml.m5.xlarge', 'ml.m5.large', 'ml.c5.2xlarge', 'ml.g4dn.xlarge', 'ml.g5.xlarge'] as const;
const none = { label: 'None of them', choice: undefined };

function stepsFor(scan: WorkspaceScan): Step<ProposalChoice>[] {
  const scripts = scan.scripts.map((script) => ({
    label: script.path,
    description: `${count(script.hyperparameters.length, 'hyperparameter')}, ${count(script.metrics.length, 'metric')}`,
    choice: script,
  }));
  const data = scan.data.map((folder) => ({ label: folder, choice: folder }));
  const inference = scan.inference.map((script) => ({ label: script, choice: script }));
  return [
    step('training script', 'Which script trains the model?', optional(scripts), (answers, script) => ({
      ...answers,
      script,
    })),
    step('data folder', 'Which folder does it train on?', optional(data), (answers, folder) => ({
      ...answers,
      data: folder,
    })),
    step('inference script', 'Which script answers requests (model_fn)?', optional(inference), (answers, script) => ({
      ...answers,
      inference: script,
    })),
    step(
      'instance type',
      'On what is it trained? The sandbox runs it here in any case.',
      instances.map((type) => ({
        label: type,
        description: describeEstimate(estimateEndpoint({ type, count: 1 })),
        choice: type,
      })),
      (answers, instance) => ({ ...answers, instance }),
    ),
  ];
}

/** One candidate needs no question; of several none may be right. */
function optional<T>(found: readonly { label: string; description?: string; choice: T }[]) {
  return found.length > 1 ? [...found, none] : found;
}

function step<T>(
  title: string,
  placeholder: string,
  items: readonly { readonly label: string; readonly description?: string; readonly choice: T }[],
  take: (answers: ProposalChoice, choice: T) => ProposalChoice,
): Step<ProposalChoice> {
  return {
    title,
    placeholder,
    items: () => items,
    take: (answers, item) => {
      const chosen = items.find(({ label }) => label === item?.label);
      return chosen ? take(answers, chosen.choice) : answers;
    },
  };
}

async function chosenFolder(): Promise<vscode.WorkspaceFolder | undefined> {
  const folders = vscode.workspace.workspaceFolders ?? [];
  if (folders.length === 0) throw new UserError('Open the folder of your scripts first: the project file lies in it.');
  return folders.length === 1 ? folders[0] : vscode.window.showWorkspaceFolderPick();
}

async function exists(uri: vscode.Uri): Promise<boolean> {
  return vscode.workspace.fs.stat(uri).then(
    () => true,
    () => false,
  );
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
