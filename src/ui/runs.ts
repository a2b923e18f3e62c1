import * as vscode from 'vscode';
import { commands } from '../contributions.js';
import type { EndedRun } from '../launch/runHistory.js';
import { kindOf } from '../launch/runRecord.js';
import { panelCommands, type ResourceTarget } from './commands/targets.js';
import type { Parts } from './parts.js';
import { chiefResult, duration } from './words.js';

/** What was launched from here: its records are read again when another window or the terminal writes them, its end is told. */
export function registerRuns(parts: Pick<Parts, 'runs'>): vscode.Disposable[] {
  return [parts.runs.onDidEnd((run) => void tellEnd(run)), watchRecords(parts)];
}

/** A run that was launched from here has ended: said once, whichever window hears of it. */
async function tellEnd({ record }: EndedRun): Promise<void> {
  const { id, entry, outcome, started, ended, failure, results } = record;
  const kind = kindOf(record);
  const name = kind === 'endpoint' ? (results.endpoint ?? '') : id;
  const target: ResourceTarget = { resource: { kind, name, arn: '' } };
  const took = duration(new Date(ended ?? started).getTime() - new Date(started).getTime());
  const offer = async (text: string, actions: Readonly<Record<string, () => PromiseLike<unknown>>>): Promise<void> => {
    const tell = outcome === 'Failed' ? vscode.window.showErrorMessage : vscode.window.showInformationMessage;
    const picked = await tell(text, ...Object.keys(actions));
    if (picked !== undefined) await actions[picked]?.();
  };
  const call = (command: string, argument: ResourceTarget) => () => vscode.commands.executeCommand(command, argument);
  if (outcome === 'Completed') {
    const panel = panelCommands[kind];
    const result = chiefResult(record);
    const model: ResourceTarget = { resource: { kind: 'training-job', name: results.winner?.trial ?? id, arn: '' } };
    await offer(`${entry} completed in ${took}${result === undefined ? '' : `: ${result}`}.`, {
      ...(results.winner && { 'Train Best…': call(commands.trainBest, target) }),
      ...(results.model !== undefined && { 'Deploy…': call(commands.deployEndpoint, model) }),
      ...(panel !== undefined && { Show: call(panel, target) }),
    });
  } else if (outcome === 'InService') {
    await offer(`${name} is in service.`, { Test: call(commands.testEndpoint, target) });
  } else if (outcome === 'Failed') {
    await offer(`${entry} failed after ${took}: ${failure ?? 'no reason was given'}`, {
      'Show Log': call(commands.showResourceLog, target),
    });
  }
}

/** Records that other windows and the terminal write. */
function watchRecords({ runs }: Pick<Parts, 'runs'>): vscode.Disposable {
  const watcher = vscode.workspace.createFileSystemWatcher('**/.sagemaker/runs/*.json');
  const again = (uri: vscode.Uri): void => {
    const folder = vscode.workspace.getWorkspaceFolder(uri);
    if (folder) void runs.read(folder.uri.fsPath);
  };
  return vscode.Disposable.from(
    watcher,
    watcher.onDidCreate(again),
    watcher.onDidChange(again),
    watcher.onDidDelete(again),
  );
}
