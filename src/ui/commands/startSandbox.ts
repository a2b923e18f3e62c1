import * as vscode from 'vscode';
import { settings } from '../../contributions.js';

const name = 'SageMaker sandbox';

/** The sandbox in a terminal of the window: there to be seen, ended with Ctrl+C or by closing it. */
export function startSandbox(extension: vscode.Uri): vscode.Terminal {
  const program = vscode.Uri.joinPath(extension, 'dist', 'sandbox.js').fsPath;
  const dataFolder = vscode.workspace.getConfiguration().get<string>(settings.sandboxDataFolder);
  const running = vscode.window.terminals.find((terminal) => terminal.name === name && !terminal.exitStatus);
  const terminal =
    running ??
    vscode.window.createTerminal({
      name,
      // VS Code's own Node: a person's may be too old for it, or missing.
      shellPath: process.execPath,
      shellArgs: [program, ...(dataFolder ? ['--data', dataFolder] : [])],
      env: { ELECTRON_RUN_AS_NODE: '1' },
      iconPath: new vscode.ThemeIcon('server-process'),
      isTransient: true,
    });
  terminal.show(true);
  return terminal;
}
