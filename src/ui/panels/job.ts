import * as vscode from 'vscode';
import { commands, panels } from '../../contributions.js';
import type { JobWatches } from '../../jobs/jobWatch.js';
import { isResource, pickResource, type ResourceTarget } from '../commands/targets.js';
import type { ActionParts } from '../parts.js';
import { hostsView } from './hostsView.js';
import { FromPage, type HostsView, type ToPage } from './job.protocol.js';
import { jobView, lastFrame } from './jobView.js';
import { Panel } from './panel.js';

type Needed = Pick<
  ActionParts,
  'extension' | 'log' | 'runs' | 'connections' | 'inventory' | 'watches' | 'command' | 'restored'
>;

/** "Show Training Job": a panel for each job that is looked at, which comes back when the window is reloaded. */
export function registerJobPanel(parts: Needed): vscode.Disposable[] {
  const open = new Map<string, JobPanel>();
  const adopt = (view: vscode.WebviewPanel, name: string): void => {
    open.set(name, new JobPanel(parts, view, name, () => open.delete(name)));
  };
  return [
    parts.command(commands.openJob, async (argument: unknown) => {
      const target = isResource(argument, 'training-job')
        ? argument
        : await pickResource(parts.inventory, 'training-job', 'Show training job');
      if (!target) return;
      const { name } = target.resource;
      const shown = open.get(name);
      if (shown) shown.reveal();
      else adopt(vscode.window.createWebviewPanel(panels.job, name, vscode.ViewColumn.Active), name);
    }),
    // The title is the job's name: all that is needed to show it again.
    parts.restored(panels.job, (view) => adopt(view, view.title)),
    new vscode.Disposable(() => open.forEach((panel) => panel.dispose())),
  ];
}

class JobPanel {
  private readonly panel: Panel<FromPage, ToPage>;
  private readonly used: ReturnType<JobWatches['use']>;
  private readonly clock: NodeJS.Timeout;
  private hostsShown: { readonly from: string; readonly view: HostsView | undefined } | undefined;

  constructor(
    private readonly parts: Needed,
    view: vscode.WebviewPanel,
    private readonly name: string,
    closed: () => void,
  ) {
    this.panel = new Panel(
      view,
      parts.extension,
      { viewType: panels.job, bundle: 'job', fromPage: FromPage },
      parts.log,
    );
    this.used = parts.watches.use(name);
    const show = (): void => this.show();
    const listening = [this.used.watch.onDidChange(show), parts.runs.onDidChange(show)];
    // Elapsed times go on although nothing happens.
    this.clock = setInterval(() => view.visible && !this.used.watch.isOver && this.show(), 1000);
    this.panel.onReady(show);
    this.panel.onMessage(({ type }) => void this.act(type));
    this.panel.onDidDispose(() => {
      clearInterval(this.clock);
      listening.forEach((one) => one.dispose());
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
    const { state } = this.parts.connections;
    const connection = state.status === 'connected' ? state.cloud.connection : undefined;
    const record = this.parts.runs.find(this.name)?.record;
    const view = jobView(this.used.watch, record, connection, new Date(), this.hosts());
    this.panel.post({ type: 'show', view });
  }

  /** The whole log is read for it: only when there is more of it than the last time, not because a clock went on. */
  private hosts(): HostsView | undefined {
    const { watch } = this.used;
    const from = `${watch.lines.length} ${watch.hidden} ${watch.isReading} ${watch.detail?.state}`;
    if (this.hostsShown?.from !== from) this.hostsShown = { from, view: hostsView(watch) };
    return this.hostsShown.view;
  }

  private async act(type: FromPage['type']): Promise<void> {
    const target: ResourceTarget = {
      resource: { kind: 'training-job', name: this.name, arn: this.used.watch.detail?.arn ?? '' },
    };
    const run = {
      deploy: commands.deployEndpoint,
      stop: commands.stopJob,
      showLog: commands.showResourceLog,
      openOutput: commands.openOutput,
    } as const;
    if (type === 'openEntry') await this.openEntry();
    else if (type === 'openPlace') await this.openPlace();
    else await vscode.commands.executeCommand(run[type], target);
  }

  private async openEntry(): Promise<void> {
    const run = this.parts.runs.find(this.name);
    if (!run) return;
    const [section, name] = run.record.entry.split('.');
    const file = vscode.Uri.joinPath(vscode.Uri.file(run.workspace), 'sagemaker.jsonc');
    const folder = vscode.workspace.getWorkspaceFolder(file);
    const uri = folder ? vscode.Uri.joinPath(folder.uri, 'sagemaker.jsonc') : file;
    await vscode.commands.executeCommand(commands.openEntry, { entry: { file: uri.toString(), section, name } });
  }

  /** The line of the script at which it stopped, when it is a script of this workspace. */
  private async openPlace(): Promise<void> {
    const frame = lastFrame(this.used.watch.lines.map(({ message }) => message));
    if (!frame) return;
    const [file] = await vscode.workspace.findFiles(`**/${frame.file}`, '**/node_modules/**', 1);
    if (!file) return void vscode.window.showInformationMessage(`${frame.file} is not in this workspace.`);
    const at = new vscode.Position(frame.line - 1, 0);
    await vscode.window.showTextDocument(file, { selection: new vscode.Range(at, at) });
  }
}
