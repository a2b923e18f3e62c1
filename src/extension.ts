import * as vscode from 'vscode';
import { type ConnectionChoice, Connections } from './aws/connections.js';
import { connect } from './aws/load.js';
import { LocalSandbox } from './aws/localSandbox.js';
import { commands, settings } from './contributions.js';
import { UserError } from './core/errors.js';
import { Inventory } from './inventory/inventory.js';
import { RunHistory } from './launch/runHistory.js';
import { registerCommand } from './ui/commands/command.js';
import { registerFunctions } from './ui/commands/functions.js';
import { registerLaunching } from './ui/commands/launching.js';
import { registerSample } from './ui/commands/sample.js';
import { registerConnection } from './ui/connection/connection.js';
import { registerWatching } from './ui/logs/logs.js';
import { registerTestBench } from './ui/panels/testBench.js';
import type { Parts } from './ui/parts.js';
import { registerProjectFile } from './ui/projectFile/projectFile.js';
import { ProjectFiles } from './ui/projectFile/projectFiles.js';
import { registerTree } from './ui/tree/tree.js';
import { registerWizards } from './ui/wizards/newProjectFile.js';

/** Makes the parts and hands them to each other. Synchronous and without I/O: everything else waits for its first use. */
export function activate(context: vscode.ExtensionContext): void {
  const log = vscode.window.createOutputChannel('SageMaker Workbench', { log: true });
  const setting = <T>(id: string) => vscode.workspace.getConfiguration().get<T>(id);
  const sandbox = new LocalSandbox(
    () => ({
      program: vscode.Uri.joinPath(context.extensionUri, 'dist', 'sandbox.js').fsPath,
      dataFolder: setting<string>(settings.sandboxDataFolder) || undefined,
      python: setting<string>(settings.sandboxPython) || undefined,
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
    command: (id, run) => registerCommand(log, id, run),
  };
  const registered = [
    registerConnection,
    registerTree,
    registerProjectFile,
    registerLaunching,
    registerFunctions,
    registerWatching,
    registerTestBench,
    registerSample,
    registerWizards,
  ].flatMap((register) => register(parts));
  context.subscriptions.push(
    log,
    sandbox,
    connections,
    inventory,
    projectFiles,
    runs,
    ...registered,
    parts.command(commands.showLog, () => log.show()),
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
