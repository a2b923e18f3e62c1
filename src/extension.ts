import * as vscode from 'vscode';
import { commands } from './contributions.js';
import { registerCommand } from './ui/commands/command.js';
import { startSandbox } from './ui/commands/startSandbox.js';

/** Makes the parts and hands them to each other. Synchronous and without I/O: everything else waits for its first use. */
export function activate(context: vscode.ExtensionContext): void {
  const log = vscode.window.createOutputChannel('SageMaker Workbench', { log: true });
  context.subscriptions.push(
    log,
    registerCommand(log, commands.startSandbox, () => startSandbox(context.extensionUri)),
    registerCommand(log, commands.showLog, () => log.show()),
  );
}
