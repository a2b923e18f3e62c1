import * as vscode from 'vscode';
import { messageOf } from '../../core/errors.js';
import { Emitter, type Event } from '../../core/event.js';
import { endpointName } from '../../launch/planEndpoint.js';
import { functionName } from '../../launch/functionName.js';
import { projectNameOf } from '../../launch/session.js';
import type { Entry } from '../../project/entries.js';
import { projectFileName, type Reading, readProject, unreadableProject } from '../../project/read.js';

/** A `sagemaker.jsonc` at the root of a workspace folder, as it reads now: unsaved changes of an open document count. */
export interface OpenProject {
  readonly uri: vscode.Uri;
  readonly folder: vscode.WorkspaceFolder;
  readonly reading: Reading;
}

export type Section = Entry['section'];

/** Name of the endpoint that `endpoints.<entry>` is deployed as. */
export function deployedName({ folder, reading }: OpenProject, entry: string): string {
  return endpointName(projectNameOf(reading.shown, folder.name), entry);
}

/** Name of the function that `functions.<entry>` is deployed as. */
export function deployedFunctionName({ folder, reading }: OpenProject, entry: string): string {
  return functionName(projectNameOf(reading.shown, folder.name), entry);
}

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

  /** The project file that a document is, if it is one. */
  async of({ uri }: vscode.TextDocument): Promise<OpenProject | undefined> {
    return (await this.all()).find((project) => project.uri.toString() === uri.toString());
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
    const reading = readAll(this.current);
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

/** @param before what was read last: entries that are being typed are shown as they were */
async function readAll(before: readonly OpenProject[]): Promise<OpenProject[]> {
  const found = await Promise.all(
    (vscode.workspace.workspaceFolders ?? []).map(async (folder) => {
      const uri = fileOf(folder);
      const last = before.find((project) => project.uri.toString() === uri.toString())?.reading;
      const reading = await readOne(uri, last);
      return reading ? [{ uri, folder, reading }] : [];
    }),
  );
  return found.flat();
}

/** Undefined when there is no such file. */
async function readOne(uri: vscode.Uri, last: Reading | undefined): Promise<Reading | undefined> {
  const open = vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());
  try {
    // VS Code keeps a document for a while whose file is gone, or has become a folder.
    if (open && (open.isDirty || (await vscode.workspace.fs.stat(uri)).type & vscode.FileType.File))
      return readProject(open.getText(), last);
    const bytes = await vscode.workspace.fs.readFile(uri);
    return readProject(new TextDecoder().decode(bytes), last);
  } catch (error) {
    const code = error instanceof vscode.FileSystemError ? error.code : undefined;
    if (code === 'FileNotFound') return undefined;
    return unreadableProject(
      code === 'FileIsADirectory'
        ? `${projectFileName} is a folder: a project file is needed in its place.`
        : `${projectFileName} cannot be read: ${messageOf(error)}`,
    );
  }
}
