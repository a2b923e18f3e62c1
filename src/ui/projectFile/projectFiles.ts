import * as vscode from 'vscode';
import { Emitter, type Event } from '../../core/event.js';
import { projectFileName, type Reading, readProject } from '../../project/read.js';

/** A `sagemaker.jsonc` at the root of a workspace folder, as it reads now: unsaved changes of an open document count. */
export interface OpenProject {
  readonly uri: vscode.Uri;
  readonly folder: vscode.WorkspaceFolder;
  readonly reading: Reading;
}

export type Section = 'data' | 'jobs' | 'endpoints';

/** Milliseconds without a keystroke after which an edited file is read again. */
const pause = 150;

/** The project files of the window. */
export class ProjectFiles {
  private readonly changed = new Emitter<void>();
  readonly onDidChange: Event<void> = this.changed.event;
  private current: readonly OpenProject[] = [];
  private reading: Promise<readonly OpenProject[]> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private readonly listening: vscode.Disposable;

  constructor() {
    const watcher = vscode.workspace.createFileSystemWatcher(`**/${projectFileName}`);
    const again = (uri: vscode.Uri, milliseconds = 0): void => {
      if (this.isProjectFile(uri)) this.readAgain(milliseconds);
    };
    this.listening = vscode.Disposable.from(
      watcher,
      watcher.onDidChange((uri) => again(uri)),
      watcher.onDidCreate((uri) => again(uri)),
      watcher.onDidDelete((uri) => again(uri)),
      vscode.workspace.onDidChangeWorkspaceFolders(() => this.readAgain(0)),
      vscode.workspace.onDidOpenTextDocument(({ uri }) => again(uri)),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => again(uri)),
      vscode.workspace.onDidChangeTextDocument(({ document }) => again(document.uri, pause)),
    );
  }

  /** In the order of the workspace folders; a folder without a project file is left out. */
  async all(): Promise<readonly OpenProject[]> {
    if (this.timer) await this.readNow();
    return this.reading ?? this.readNow();
  }

  /** What was read last, for those that cannot wait; `onDidChange` tells when there is more. */
  get known(): readonly OpenProject[] {
    if (!this.reading) void this.readNow();
    return this.current;
  }

  isProjectFile(uri: vscode.Uri): boolean {
    const folder = vscode.workspace.getWorkspaceFolder(uri);
    return folder !== undefined && uri.toString() === fileOf(folder).toString();
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.listening.dispose();
    this.changed.dispose();
  }

  private readAgain(milliseconds: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.readNow(), milliseconds);
  }

  private readNow(): Promise<readonly OpenProject[]> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const reading = readAll();
    this.reading = reading;
    void reading.then((projects) => {
      // A later reading knows better.
      if (this.reading !== reading) return;
      this.current = projects;
      this.changed.fire();
    });
    return reading;
  }
}

function fileOf(folder: vscode.WorkspaceFolder): vscode.Uri {
  return vscode.Uri.joinPath(folder.uri, projectFileName);
}

async function readAll(): Promise<OpenProject[]> {
  const found = await Promise.all(
    (vscode.workspace.workspaceFolders ?? []).map(async (folder) => {
      const uri = fileOf(folder);
      const text = await textOf(uri);
      return text === undefined ? [] : [{ uri, folder, reading: readProject(text) }];
    }),
  );
  return found.flat();
}

/** Undefined when there is no such file, or it cannot be read: then it is as good as not there. */
async function textOf(uri: vscode.Uri): Promise<string | undefined> {
  const open = vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());
  if (open) return open.getText();
  return vscode.workspace.fs.readFile(uri).then(
    (bytes) => new TextDecoder().decode(bytes),
    () => undefined,
  );
}
