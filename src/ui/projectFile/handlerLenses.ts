import { setTimeout as delay } from 'node:timers/promises';
import * as vscode from 'vscode';
import { commands } from '../../contributions.js';
import { handlerPlace } from '../../project/functions.js';
import type { ScriptHandler } from '../../python/handlers.js';
import type { EntryTarget } from '../commands/targets.js';
import type { OpenProject, ProjectFiles } from './projectFiles.js';

/** Milliseconds without a keystroke after which a script is read again: until then its lenses stay where they are. */
const pause = 400;
/** What a script without handlers does not have: it is not parsed. */
const mayHandle = /\bdef\s+\w+\s*\(\s*_*event\b|\bdef\s+(model|input|predict|output|transform)_fn\b/;

interface Read {
  readonly version: number;
  readonly named: string;
  readonly handlers: readonly ScriptHandler[];
}

/** An entry of the project file that deploys a script, and which of its functions. */
interface Deploys {
  readonly target: EntryTarget<'functions'>;
  readonly handler: string;
}

/** The row over each handler of a script in a workspace with a project file: to test it here, and to deploy it. */
export class HandlerLenses implements vscode.CodeLensProvider {
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChangeCodeLenses = this.changed.event;
  /** By URI, of open documents. */
  private readonly read = new Map<string, Read>();
  private readonly listening: vscode.Disposable;

  constructor(private readonly projectFiles: ProjectFiles) {
    const again = (): void => this.changed.fire();
    this.listening = vscode.Disposable.from(
      projectFiles.onDidChange(again),
      vscode.workspace.onDidGrantWorkspaceTrust(again),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => this.read.delete(uri.toString())),
    );
  }

  async provideCodeLenses(document: vscode.TextDocument, token: vscode.CancellationToken): Promise<vscode.CodeLens[]> {
    const folder = vscode.workspace.getWorkspaceFolder(document.uri)?.uri.toString();
    const project = (await this.projectFiles.all()).find((one) => one.folder.uri.toString() === folder);
    // Running something is for workspaces that are trusted.
    if (!project || !vscode.workspace.isTrusted) return [];
    const deployed = deploysOf(project, document.uri);
    const handlers = await this.handlersOf(
      document,
      deployed.map(({ handler }) => handler),
      token,
    );
    const inference = handlers.find(({ kind }) => kind === 'inference');
    return handlers.flatMap((handler) => {
      if (handler.kind === 'inference') {
        // They are called one after the other: a script is tested as a whole.
        return handler === inference ? [lens(document, handler, testOf(document.uri))] : [];
      }
      const deploys = deployed.filter((one) => one.handler === handler.name);
      return [testOf(document.uri, handler.name), ...deploys.map(({ target }) => deployOf(target, deploys.length))].map(
        (command) => lens(document, handler, command),
      );
    });
  }

  dispose(): void {
    this.listening.dispose();
    this.changed.dispose();
  }

  private async handlersOf(
    document: vscode.TextDocument,
    named: readonly string[],
    token: vscode.CancellationToken,
  ): Promise<readonly ScriptHandler[]> {
    const uri = document.uri.toString();
    const before = this.read.get(uri);
    if (before?.version === document.version && before.named === named.join()) return before.handlers;
    // VS Code shows the lenses that it has until this answers, and moves them with the text.
    if (before) await delay(pause);
    if (token.isCancellationRequested) return before?.handlers ?? [];
    const { version } = document;
    const text = document.getText();
    let handlers: readonly ScriptHandler[] = [];
    if (mayHandle.test(text) || named.length > 0) {
      // A bundle of its own, with a parser of Python in it.
      const { readHandlers } = await import('../../launch/scanWorkspace.js');
      const found = readHandlers(text, named);
      handlers = found.isWhole ? found.handlers : [...found.handlers, ...stillThere(before, found.handlers, text)];
    }
    this.read.set(uri, { version, named: named.join(), handlers });
    return handlers;
  }
}

/** Those of before that stand in a half-typed script, though its parser does not find them. */
function stillThere(before: Read | undefined, found: readonly ScriptHandler[], text: string): ScriptHandler[] {
  return (before?.handlers ?? []).flatMap((handler) => {
    if (found.some(({ name }) => name === handler.name)) return [];
    const offset = text.search(new RegExp(`^(async\\s+)?def\\s+${handler.name}\\b`, 'm'));
    return offset < 0 ? [] : [{ ...handler, offset }];
  });
}

function deploysOf({ uri, folder, reading }: OpenProject, script: vscode.Uri): Deploys[] {
  return Object.entries(reading.shown.functions).flatMap(([name, entry]) => {
    const { file, name: handler } = handlerPlace(entry);
    const own = vscode.Uri.joinPath(folder.uri, entry.source ?? '.', file);
    if (own.toString() !== script.toString()) return [];
    return [{ target: { entry: { file: uri.toString(), section: 'functions', name } }, handler }];
  });
}

function testOf(uri: vscode.Uri, handler?: string): vscode.Command {
  return {
    title: '$(beaker) Test',
    command: commands.testScript,
    arguments: handler === undefined ? [uri] : [uri, handler],
    tooltip: 'Runs it here, without any cloud',
  };
}

function deployOf(target: EntryTarget<'functions'>, count: number): vscode.Command {
  const { name } = target.entry;
  const title = `$(rocket) Deploy${count > 1 ? ` ${name}` : ''}`;
  return { title, command: commands.deployFunction, arguments: [target], tooltip: `functions.${name}` };
}

function lens(document: vscode.TextDocument, { offset }: ScriptHandler, command: vscode.Command): vscode.CodeLens {
  const at = document.positionAt(offset);
  return new vscode.CodeLens(new vscode.Range(at, at), command);
}
