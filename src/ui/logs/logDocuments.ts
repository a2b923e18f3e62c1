import * as vscode from 'vscode';
import type { Connections } from '../../aws/connections.js';
import { logLanguage, logScheme, settings } from '../../contributions.js';
import { messageOf } from '../../core/errors.js';
import type { JobWatch, JobWatches } from '../../jobs/jobWatch.js';
import type { Cloud } from '../../aws/cloud.js';
import { followGroup, type GroupPlace } from '../../logs/followGroup.js';
import { endpointLogGroup, type Follow, followLog, type LogLine, tuningLogGroup } from '../../logs/followLog.js';
import { LogLines, lineText } from '../../logs/logLines.js';
import { persist } from '../../logs/persist.js';

/** What a log document shows, as text, and when that changes. */
interface Source {
  readonly onDidChange: (listener: () => void) => { dispose(): void };
  text(): string;
  dispose(): void;
}

/** What has a log. */
export const loggedKinds = ['training-job', 'tuning-job', 'endpoint', 'function'] as const;
export type LoggedKind = (typeof loggedKinds)[number];

/** Milliseconds between two versions of a live document. */
const pace = 1000;

/**
 * Logs of jobs and endpoints as live, read-only documents. Nothing is read for a document that nobody has open; one that is
 * open when the window is reloaded goes on by itself.
 */
export class LogDocuments implements vscode.TextDocumentContentProvider {
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.changed.event;
  private readonly sources = new Map<string, Source & { readonly stop: () => void }>();
  private readonly listening: vscode.Disposable;

  constructor(
    private readonly connections: Connections,
    private readonly watches: JobWatches,
  ) {
    this.listening = vscode.Disposable.from(
      vscode.workspace.registerTextDocumentContentProvider(logScheme, this),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => this.close(uri)),
      vscode.workspace.onDidOpenTextDocument((document) => {
        if (document.uri.scheme === logScheme && document.languageId !== logLanguage) {
          void vscode.languages.setTextDocumentLanguage(document, logLanguage);
        }
      }),
      vscode.workspace.onDidChangeTextDocument(({ document }) => followEnd(document)),
    );
  }

  /** @param host of a training job, to see what it alone has written */
  static uri(kind: LoggedKind, name: string, host?: string): vscode.Uri {
    const path = host === undefined ? `/${name}.log` : `/${name}/${host}.log`;
    return vscode.Uri.from({ scheme: logScheme, authority: kind, path });
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.source(uri).text();
  }

  async show(uri: vscode.Uri): Promise<void> {
    const document = await vscode.workspace.openTextDocument(uri);
    const editor = await vscode.window.showTextDocument(document, { preview: false });
    const last = document.lineAt(document.lineCount - 1).range.end;
    editor.selection = new vscode.Selection(last, last);
    editor.revealRange(new vscode.Range(last, last));
  }

  dispose(): void {
    this.listening.dispose();
    this.sources.forEach((source) => source.stop());
    this.changed.dispose();
  }

  private source(uri: vscode.Uri): Source {
    const key = uri.toString();
    const known = this.sources.get(key);
    if (known) return known;
    const [name = '', host] = uri.path
      .slice(1)
      .replace(/\.log$/, '')
      .split('/');
    const lines = vscode.workspace.getConfiguration().get<number>(settings.logLines) ?? 10_000;
    const source =
      uri.authority === 'training-job'
        ? jobSource(this.watches, name, host)
        : groupSource(this.connections, linesOf(uri.authority, name), lines);
    let timer: NodeJS.Timeout | undefined;
    const listening = source.onDidChange(() => {
      timer ??= setTimeout(() => {
        timer = undefined;
        this.changed.fire(uri);
      }, pace);
    });
    const stop = (): void => {
      clearTimeout(timer);
      listening.dispose();
      source.dispose();
    };
    this.sources.set(key, { ...source, stop });
    return source;
  }

  private close(uri: vscode.Uri): void {
    if (uri.scheme !== logScheme) return;
    const key = uri.toString();
    // A change of its language closes a document and opens it again at once (vscode.languages.setTextDocumentLanguage).
    setImmediate(() => {
      if (vscode.workspace.textDocuments.some((document) => document.uri.toString() === key)) return;
      this.sources.get(key)?.stop();
      this.sources.delete(key);
    });
  }
}

/** An editor whose cursor is at the end stays there. */
function followEnd(document: vscode.TextDocument): void {
  if (document.uri.scheme !== logScheme) return;
  const end = document.lineAt(document.lineCount - 1).range.end;
  for (const editor of vscode.window.visibleTextEditors) {
    if (editor.document !== document) continue;
    const seen = editor.visibleRanges.at(-1)?.end.line ?? 0;
    const wasAtEnd =
      editor.selection.isEmpty &&
      editor.selection.active.line >= document.lineCount - 400 &&
      seen >= editor.selection.active.line - 1;
    if (!wasAtEnd) continue;
    editor.selection = new vscode.Selection(end, end);
    editor.revealRange(new vscode.Range(end, end));
  }
}

function jobSource(watches: JobWatches, name: string, host: string | undefined): Source {
  const used = watches.use(name);
  return {
    onDidChange: used.watch.onDidChange,
    text: () => jobText(used.watch, host),
    dispose: () => used.dispose(),
  };
}

function jobText(watch: JobWatch, host: string | undefined): string {
  const { detail, problem, hidden, isReading } = watch;
  const lines = host === undefined ? watch.lines : watch.lines.filter((line) => line.host === host);
  const body = written(lines, hidden, isReading && lines.length > 0);
  const state = detail?.state;
  const phase = detail?.phases.at(-1);
  const end =
    problem !== undefined
      ? `— ${problem} —`
      : state === undefined
        ? '— looking for the job —'
        : state === 'InProgress' || state === 'Stopping'
          ? lines.length > 0
            ? ''
            : `— ${phase?.message || phase?.status || 'waiting'}: no output yet —`
          : `— ${state}${detail?.failure === undefined ? '' : `: ${detail.failure}`} —`;
  return [...body, ...(end === '' ? [''] : [end])].join('\n');
}

/** The lines of a log that has no end, as they come; called again, it goes on where it was left. */
type Lines = (cloud: Cloud, signal: AbortSignal) => AsyncIterable<readonly LogLine[]>;

function linesOf(kind: string, name: string): Lines {
  if (kind === 'function') {
    const place: GroupPlace = { since: undefined, given: new Map() };
    return async function* ({ functions, logs, connection }, signal) {
      const group = await functions.logGroup(name, signal);
      yield* followGroup(logs, { group, interval: connection.intervals.logs, signal, place });
    };
  }
  const where: Pick<Follow, 'group' | 'streamPrefix' | 'positions' | 'streams'> =
    kind === 'endpoint'
      ? { group: endpointLogGroup(name), streamPrefix: '', positions: new Map() }
      : // One stream, which is known: another job's name may begin like this one's.
        { group: tuningLogGroup, streamPrefix: name, positions: new Map([[name, undefined]]), streams: 1 };
  const never = new AbortController().signal;
  return ({ logs, connection }, signal) => {
    const { logs: interval, logDelay } = connection.intervals;
    return followLog(logs, { ...where, interval, delay: logDelay, ended: never, signal });
  };
}

function groupSource(connections: Connections, linesIn: Lines, mostLines: number): Source {
  const log = new LogLines(mostLines);
  const abort = new AbortController();
  const listeners = new Set<() => void>();
  const tell = (): void => listeners.forEach((listener) => listener());
  let problem: string | undefined;
  const follow = async (): Promise<void> => {
    await persist(
      connections,
      async (cloud) => {
        for await (const lines of linesIn(cloud, abort.signal)) {
          log.add(lines);
          tell();
        }
      },
      (why) => {
        problem = why;
        tell();
      },
      abort.signal,
    );
  };
  follow().catch((error: unknown) => {
    if (abort.signal.aborted) return;
    problem = messageOf(error);
    tell();
  });
  return {
    onDidChange: (listener) => {
      listeners.add(listener);
      return { dispose: () => void listeners.delete(listener) };
    },
    text: () => {
      const end = problem !== undefined ? `— ${problem} —` : log.lines.length === 0 ? '— no output yet —' : '';
      return [...written(log.lines, log.hidden, false), end].join('\n');
    },
    dispose: () => abort.abort(),
  };
}

function written(lines: readonly LogLine[], hidden: number, isReading: boolean): string[] {
  const withHost = new Set(lines.map(({ host }) => host)).size > 1;
  const older = isReading
    ? ['— the last lines; the older ones are being read —']
    : hidden > 0
      ? [`— ${hidden} older lines are not shown: the setting "${settings.logLines}" says how many are —`]
      : [];
  return [...older, ...lines.map((line) => lineText(line, withHost))];
}
