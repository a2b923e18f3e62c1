import type * as vscode from 'vscode';
import type { Connections } from '../aws/connections.js';
import type { LocalSandbox } from '../aws/localSandbox.js';
import type { Command, PanelType } from '../contributions.js';
import type { Inventory } from '../inventory/inventory.js';
import type { JobWatches } from '../jobs/jobWatch.js';
import type { RunHistory } from '../launch/runHistory.js';
import type { LogDocuments } from './logs/logDocuments.js';
import type { ProjectFiles } from './projectFile/projectFiles.js';

/** What the parts of the window work with. Made once, in extension.ts; each part names those that it needs. */
export interface Parts {
  readonly extension: vscode.Uri;
  readonly log: vscode.LogOutputChannel;
  /** A folder of the extension's own, for what belongs to no workspace. */
  readonly storage: vscode.Uri;
  /** Of the workspace. */
  readonly memento: vscode.Memento;
  readonly connections: Connections;
  readonly sandbox: LocalSandbox;
  readonly inventory: Inventory;
  readonly projectFiles: ProjectFiles;
  readonly runs: RunHistory;
  readonly watches: JobWatches;
  readonly logs: LogDocuments;
  /** Registers a command whose errors are shown (commands/command.ts). */
  command<Args extends unknown[]>(id: Command, run: (...args: Args) => unknown): vscode.Disposable;
}

/** What the actions work with (actions.ts). */
export interface ActionParts extends Parts {
  /** Says who takes a panel over that was open when the window was closed or reloaded. */
  restored(type: PanelType, adopt: (view: vscode.WebviewPanel) => void): vscode.Disposable;
}
