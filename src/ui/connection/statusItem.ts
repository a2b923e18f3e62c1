import * as vscode from 'vscode';
import type { Connections, ConnectionState } from '../../aws/connections.js';
import { commands, contextKeys } from '../../contributions.js';
import { messageOf } from '../../core/errors.js';
import { connectionLabel } from './labels.js';

/** The one status bar item: which cloud the window works with, and whether that answers. Shown before anything connects. */
export function showStatus(connections: Connections): vscode.Disposable {
  const item = vscode.window.createStatusBarItem('sagemakerWorkbench.connection', vscode.StatusBarAlignment.Left, 50);
  item.name = 'SageMaker Workbench';
  const show = (state: ConnectionState): void => {
    const { choice } = connections;
    const region = state.status === 'connected' ? state.cloud.connection.region : undefined;
    const label = connectionLabel(choice, region);
    const failed = state.status === 'failed';
    const icon =
      state.status === 'connecting'
        ? 'sync~spin'
        : failed
          ? 'warning'
          : choice.kind === 'sandbox'
            ? 'server-process'
            : 'cloud';
    item.text = `$(${icon}) ${label}${failed ? ' · not connected' : ''}`;
    item.tooltip = tooltip(state);
    item.command = commands.switchConnection;
    item.backgroundColor = failed ? new vscode.ThemeColor('statusBarItem.warningBackground') : undefined;
    item.accessibilityInformation = { label: `SageMaker connection: ${label}, ${state.status}` };
    void vscode.commands.executeCommand('setContext', contextKeys.connection, state.status);
  };
  show(connections.state);
  item.show();
  return vscode.Disposable.from(item, connections.onDidChange(show));
}

function tooltip(state: ConnectionState): vscode.MarkdownString {
  const text = new vscode.MarkdownString();
  if (state.status === 'connected') {
    const { account, region, caller, endpoint } = state.cloud.connection;
    text.appendMarkdown(`Account ${account}, ${region}  \n`);
    text.appendText(`${caller}\n${endpoint}\n`);
  } else if (state.status === 'failed') text.appendText(`${messageOf(state.error)}\n`);
  else text.appendText(state.status === 'connecting' ? 'Connecting\n' : 'Connects on first use\n');
  text.appendMarkdown('\nClick to switch the connection.');
  return text;
}
