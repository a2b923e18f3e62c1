import * as vscode from 'vscode';
import type { TrainingScript } from '../../launch/scanWorkspace.js';
import type { HandlerReading } from '../../python/lambdaHandler.js';

/** Scripts as they stand now: unsaved changes of an open document count. */
export class Scripts {
  /** By URI. Reading a file is cheap, parsing it is not: a text that was parsed is known by itself. */
  private readonly parsed = new Map<string, { readonly text: string; readonly script: TrainingScript | undefined }>();

  private readonly handlers = new Map<
    string,
    { readonly text: string; readonly reading: HandlerReading | undefined }
  >();

  /** Undefined for a script that is not there, or too large to read. */
  async of(
    folder: vscode.WorkspaceFolder,
    { source = '.', script: name }: { readonly source?: string; readonly script: string },
  ): Promise<TrainingScript | undefined> {
    const uri = vscode.Uri.joinPath(folder.uri, source, name);
    const text = await textOf(uri);
    if (text === undefined) return undefined;
    const known = this.parsed.get(uri.toString());
    if (known?.text === text) return known.script;
    // A bundle of its own, with a parser of Python in it.
    const { readTrainingScript } = await import('../../launch/scanWorkspace.js');
    const script = readTrainingScript(name, text);
    this.parsed.set(uri.toString(), { text, script });
    return script;
  }

  /** Undefined for a file that is not there, or too large to read. */
  async handler(uri: vscode.Uri, name: string): Promise<HandlerReading | undefined> {
    const text = await textOf(uri);
    if (text === undefined) return undefined;
    const key = `${uri.toString()}#${name}`;
    const known = this.handlers.get(key);
    if (known?.text === text) return known.reading;
    const { readHandlerFile } = await import('../../launch/scanWorkspace.js');
    const reading = readHandlerFile(text, name);
    this.handlers.set(key, { text, reading });
    return reading;
  }
}

/** Of a file as it stands in an editor, else on disk; undefined when it is not there. */
export async function textOf(uri: vscode.Uri): Promise<string | undefined> {
  const open = vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());
  if (open) return open.getText();
  return vscode.workspace.fs.readFile(uri).then(
    (bytes) => new TextDecoder().decode(bytes),
    // That it is missing is said by the diagnostics.
    () => undefined,
  );
}
