import * as vscode from 'vscode';
import { panels } from '../../contributions.js';
import { isCancellation, messageOf } from '../../core/errors.js';
import { readLog } from '../../logs/readLog.js';
import { pickResource } from '../commands/targets.js';
import type { Parts } from '../parts.js';
import { FromPage, longestLog, type ToPage } from './metricRegex.protocol.js';
import { metricRegexView } from './metricRegexView.js';
import { Panel } from './panel.js';

/** Lines to try a regex on, and where they are from. */
export interface TrialLog {
  readonly text: string;
  readonly from: string;
}

export interface RegexQuestion {
  /** `jobs.tune` */
  readonly entry: string;
  readonly metric: string;
  readonly regex: string;
  /** What it is tried on first; undefined when there is nothing. */
  readonly log: (signal: AbortSignal) => Promise<TrialLog | undefined>;
}

type Needed = Pick<Parts, 'extension' | 'log' | 'connections' | 'inventory'>;

/**
 * Shows what a metric's regex finds in a log while both are changed: the regex that the person wants to use, or undefined
 * when they closed the panel.
 */
export function askForRegex(parts: Needed, question: RegexQuestion): Promise<string | undefined> {
  return new Promise((resolve) => new RegexPanel(parts, question, resolve));
}

const longestRead = 60_000;

class RegexPanel {
  private readonly panel: Panel<FromPage, ToPage>;
  private readonly end = new AbortController();
  private regex: string;
  private log: TrialLog = { text: '', from: '' };

  constructor(
    private readonly parts: Needed,
    private readonly question: RegexQuestion,
    private readonly answer: (regex: string | undefined) => void,
  ) {
    this.regex = question.regex;
    const view = vscode.window.createWebviewPanel(
      panels.metricRegex,
      `Regex: ${question.metric}`,
      vscode.ViewColumn.Active,
    );
    const kind = { viewType: panels.metricRegex, bundle: 'metricRegex', fromPage: FromPage };
    this.panel = new Panel(view, parts.extension, kind, parts.log);
    this.panel.onReady(() => this.showInputs());
    this.panel.onMessage((message) => this.receive(message));
    this.panel.onDidDispose(() => {
      this.end.abort();
      answer(undefined);
    });
    void this.open((signal) => question.log(signal));
  }

  private receive(message: FromPage): void {
    if (message.type === 'openJob') return void this.open((signal) => this.openJob(signal));
    if (message.type === 'openFile') return void this.open(() => openFile());
    if (message.type === 'log') this.log = { text: message.text, from: '' };
    if ('regex' in message) this.regex = message.regex;
    if (message.type !== 'use' || !this.view().canUse) return this.show();
    this.answer(this.regex);
    this.panel.dispose();
  }

  /** Puts a log in the place of the one that is there; a reason why it cannot be read in the place of its name. */
  private async open(read: (signal: AbortSignal) => Promise<TrialLog | undefined>): Promise<void> {
    try {
      const log = await read(AbortSignal.any([this.end.signal, AbortSignal.timeout(longestRead)]));
      if (!log) return;
      this.log = { ...log, text: log.text.slice(0, longestLog) };
    } catch (error) {
      if (this.end.signal.aborted || isCancellation(error)) return;
      this.parts.log.error(error instanceof Error ? error : String(error));
      this.log = { ...this.log, from: messageOf(error) };
    }
    this.showInputs();
  }

  private async openJob(signal: AbortSignal): Promise<TrialLog | undefined> {
    const target = await pickResource(this.parts.inventory, 'training-job', 'Try the regex on the log of');
    if (!target) return undefined;
    const { logs } = await this.parts.connections.cloud();
    const { name } = target.resource;
    const lines = await readLog(logs, name, signal);
    return { text: lines.join('\n'), from: lines.length > 0 ? `The log of ${name}` : `${name} has no log` };
  }

  private showInputs(): void {
    if (this.end.signal.aborted) return;
    this.panel.post({ type: 'inputs', regex: this.regex, log: this.log.text, from: this.log.from });
    this.show();
  }

  private show(): void {
    this.panel.post({ type: 'show', view: this.view() });
  }

  private view() {
    const { text } = this.log;
    const lines = text.trim() === '' ? [] : text.split(/\r?\n/);
    return metricRegexView(this.question.entry, this.question.metric, this.regex, lines);
  }
}

async function openFile(): Promise<TrialLog | undefined> {
  const [file] = (await vscode.window.showOpenDialog({ title: 'A log to try the regex on', openLabel: 'Open' })) ?? [];
  if (!file) return undefined;
  const text = new TextDecoder().decode(await vscode.workspace.fs.readFile(file));
  return { text, from: vscode.workspace.asRelativePath(file) };
}
