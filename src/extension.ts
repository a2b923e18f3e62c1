import * as vscode from 'vscode';
import { type ConnectionChoice, Connections } from './aws/connections.js';
import { connect, preload } from './aws/load.js';
import { LocalSandbox } from './aws/localSandbox.js';
import { type Command, commands, settings } from './contributions.js';
import { messageOf, UserError } from './core/errors.js';
import { Inventory } from './inventory/inventory.js';
import { JobWatches } from './jobs/jobWatch.js';
import { RunHistory } from './launch/runHistory.js';
import { registerCommand } from './ui/commands/command.js';
import { registerConnection } from './ui/connection/connection.js';
import { LogDocuments } from './ui/logs/logDocuments.js';
import { registerLogs } from './ui/logs/logs.js';
import { registerOnFirstUse } from './ui/onFirstUse.js';
import type { Parts } from './ui/parts.js';
import { registerProjectFile } from './ui/projectFile/projectFile.js';
import { ProjectFiles } from './ui/projectFile/projectFiles.js';
import { registerRuns } from './ui/runs.js';
import { registerTree } from './ui/tree/tree.js';

/** Milliseconds of a window after which the SDK is loaded: its start is over by then, and most have not used a cloud yet. */
const preloadAfter = 10_000;

/** Makes the parts and hands them to each other. Synchronous and without I/O: everything else waits for its first use. */
export function activate(context: vscode.ExtensionContext): void {
  const log = vscode.window.createOutputChannel('SageMaker Workbench', { log: true });
  const setting = <T>(id: string) => vscode.workspace.getConfiguration().get<T>(id);
  const sandbox = new LocalSandbox(
    () => ({
      program: vscode.Uri.joinPath(context.extensionUri, 'dist', 'sandbox.js').fsPath,
      dataFolder: setting<string>(settings.sandboxDataFolder) || undefined,
      python: setting<string>(settings.sandboxPython) || undefined,
      tunerPython: setting<string>(settings.sandboxTunerPython) || undefined,
    }),
    (line) => log.info(line),
  );
  const chosen = context.workspaceState.get<ConnectionChoice>('connection') ?? { kind: 'sandbox' };
  const connections = new Connections(chosen, async (choice, signal) => {
    const pace = setting<'auto' | 'aws'>(settings.pace) ?? 'auto';
    if (choice.kind === 'profile') return connect({ profile: choice.profile, ...region(choice), pace });
    if (!vscode.workspace.isTrusted) throw untrusted();
    return connect({ ...(await sandbox.source(signal)), pace });
  });
  const inventory = new Inventory(connections);
  const projectFiles = new ProjectFiles();
  const runs = new RunHistory(
    inventory,
    connections,
    () => vscode.workspace.isTrusted,
    (line) => log.warn(line),
  );
  const watches = new JobWatches(connections, () => setting<number>(settings.logLines) ?? 10_000);
  const isTold = (error: unknown) => connections.state.status === 'failed' && connections.state.error === error;
  const inWindow = new Set<Command>();
  const parts: Parts = {
    extension: context.extensionUri,
    log,
    storage: context.globalStorageUri,
    memento: context.workspaceState,
    connections,
    sandbox,
    inventory,
    projectFiles,
    runs,
    watches,
    logs: new LogDocuments(connections, watches),
    command: (id, run) => {
      inWindow.add(id);
      return registerCommand(log, id, run, isTold);
    },
  };
  const registered = [registerConnection, registerTree, registerProjectFile, registerRuns, registerLogs].flatMap(
    (register) => register(parts),
  );
  registered.push(parts.command(commands.showLog, () => log.show()));
  const actions = Object.values(commands).filter((id) => !inWindow.has(id));
  const preloading = setTimeout(() => {
    preload().catch((error: unknown) => log.warn(`The AWS SDK cannot be loaded: ${messageOf(error)}`));
  }, preloadAfter);
  context.subscriptions.push(
    new vscode.Disposable(() => clearTimeout(preloading)),
    log,
    sandbox,
    connections,
    inventory,
    projectFiles,
    runs,
    parts.logs,
    ...registered,
    ...registerOnFirstUse(parts, actions),
  );
}

function region({ region }: { readonly region?: string }): { readonly region?: string } {
  return region === undefined ? {} : { region };
}

function untrusted(): UserError {
  return new UserError('The sandbox runs code of this workspace, which you have not trusted yet.', {
    remedy: { label: 'Manage Trust', run: () => vscode.commands.executeCommand('workbench.trust.manage') },
  });
}
