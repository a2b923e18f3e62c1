import * as vscode from 'vscode';
import { messageOf } from '../../aws/errors.js';
import { commands, panels } from '../../contributions.js';
import { TuningWatches } from '../../jobs/tuning/tuningWatch.js';
import { tuningLogGroup } from '../../logs/followLog.js';
import { isResource, pickResource } from '../commands/targets.js';
import { LogDocuments } from '../logs/logDocuments.js';
import type { ActionParts } from '../parts.js';
import { Panel } from './panel.js';
import { type Action, FromPage, type ToPage } from './tuning.protocol.js';
import { bestTrial, tuningView } from './tuningView.js';

type Needed = Pick<ActionParts, 'extension' | 'log' | 'connections' | 'inventory' | 'logs' | 'command' | 'restored'>;

/** "Show Tuning Job": a panel for each that is looked at, which comes back when the window is reloaded. */
export function registerTuningPanel(parts: Needed): vscode.Disposable[] {
  const watches = new TuningWatches(parts.connections);
  const open = new Map<string, TuningPanel>();
  const adopt = (view: vscode.WebviewPanel, name: string): void => {
    open.set(name, new TuningPanel(parts, watches, view, name, () => open.delete(name)));
  };
  return [
    parts.command(commands.openTuningJob, async (argument: unknown) => {
      const target = isResource(argument, 'tuning-job')
        ? argument
        : await pickResource(parts.inventory, 'tuning-job', 'Show tuning job');
      if (!target) return;
      const { name } = target.resource;
      const shown = open.get(name);
      if (shown) shown.reveal();
      else adopt(vscode.window.createWebviewPanel(panels.tuning, name, vscode.ViewColumn.Active), name);
    }),
    // The title is the job's name: all that is needed to show it again.
    parts.restored(panels.tuning, (view) => adopt(view, view.title)),
    new vscode.Disposable(() => open.forEach((panel) => panel.dispose())),
  ];
}

class TuningPanel {
  private readonly panel: Panel<FromPage, ToPage>;
  private readonly used: ReturnType<TuningWatches['use']>;
  private readonly offered = new Set<Action>(['trainBest', 'deployBest', 'stop']);
  /** How many trials there were when the log was looked for; it begins with the first. */
  private lookedAt = -1;

  constructor(
    private readonly parts: Needed,
    watches: TuningWatches,
    private readonly view: vscode.WebviewPanel,
    private readonly name: string,
    closed: () => void,
  ) {
    const kind = { viewType: panels.tuning, bundle: 'tuning', fromPage: FromPage };
    this.panel = new Panel(view, parts.extension, kind, parts.log);
    this.used = watches.use(name);
    const listening = this.used.watch.onDidChange(() => this.show());
    this.panel.onReady(() => this.show());
    this.panel.onMessage((message) => void this.act(message));
    this.panel.onDidDispose(() => {
      listening.dispose();
      this.used.dispose();
      closed();
    });
  }

  reveal(): void {
    this.panel.reveal();
  }

  dispose(): void {
    this.panel.dispose();
  }

  private show(): void {
    const { watch } = this.used;
    if (watch.detail && this.lookedAt < Math.min(1, watch.trials.length)) void this.offerLog();
    // A hidden page asks for all of it when it comes back.
    if (!this.view.visible) return;
    const { state } = this.parts.connections;
    const connection = state.status === 'connected' ? state.cloud.connection : undefined;
    this.panel.post({ type: 'show', view: tuningView(watch, connection, this.offered, new Date()) });
  }

  /** The sandbox keeps a log of the search itself; SageMaker has none. */
  private async offerLog(): Promise<void> {
    this.lookedAt = Math.min(1, this.used.watch.trials.length);
    try {
      const cloud = await this.parts.connections.cloud();
      const found = await cloud.logs.streams(tuningLogGroup, this.name, AbortSignal.timeout(30_000));
      if (!found.includes(this.name)) return;
      this.offered.add('showLog');
      this.show();
    } catch (error) {
      this.parts.log.warn(`Looking for the log of ${this.name}: ${messageOf(error)}`);
    }
  }

  private async act(message: FromPage): Promise<void> {
    const tuning = { resource: { kind: 'tuning-job', name: this.name, arn: this.used.watch.detail?.arn ?? '' } };
    const trial = (name: string) => ({ resource: { kind: 'training-job', name, arn: '' } });
    const best = bestTrial(this.used.watch);
    if (message.type === 'openTrial') await vscode.commands.executeCommand(commands.openJob, trial(message.name));
    else if (message.type === 'showLog') await this.parts.logs.show(LogDocuments.uri('tuning-job', this.name));
    else if (message.type === 'deployBest') {
      if (best !== undefined) await vscode.commands.executeCommand(commands.deployEndpoint, trial(best));
    } else {
      const command = { trainBest: commands.trainBest, stop: commands.stopTuningJob }[message.type];
      await vscode.commands.executeCommand(command, tuning);
    }
  }
}
