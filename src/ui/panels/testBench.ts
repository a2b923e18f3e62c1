import * as vscode from 'vscode';
import type { Cloud } from '../../aws/cloud.js';
import { commands, panels } from '../../contributions.js';
import { isCancellation, messageOf, UserError } from '../../core/errors.js';
import { fetchImage } from '../../testBench/fetchImage.js';
import { ModelLabels } from '../../testBench/modelLabels.js';
import type { ResourceOf } from '../../inventory/resource.js';
import { isEntry, isResource, projectOf } from '../commands/targets.js';
import type { Parts } from '../parts.js';
import { deployedName } from '../projectFile/projectFiles.js';
import { Panel, type PanelKind } from './panel.js';
import { FromPage, type Outcome, type Picture, type Send, type Sending, type ToPage } from './testBench.protocol.js';
import { sendToEndpoint } from './testBenchSend.js';
import { readPicture, workspaceLabels } from './testBenchWorkspace.js';

const kind: PanelKind<FromPage> = { viewType: panels.testBench, bundle: 'testBench', fromPage: FromPage };

/** "Test Endpoint": one panel a window, whose endpoint can be changed in it. */
export function registerTestBench(parts: Parts): vscode.Disposable[] {
  let bench: TestBench | undefined;
  const adopt = (view: vscode.WebviewPanel) => {
    bench = new TestBench(parts, view, () => (bench = undefined));
    return bench;
  };
  return [
    parts.command(commands.testEndpoint, async (argument?: unknown) => {
      const chosen = await endpointFor(parts, argument);
      if (chosen.cancelled) return;
      if (bench) bench.reveal();
      else {
        const view = vscode.window.createWebviewPanel(kind.viewType, 'Test bench', vscode.ViewColumn.Active);
        adopt(view);
      }
      if (chosen.name !== undefined) bench?.target(chosen.name);
    }),
    vscode.window.registerWebviewPanelSerializer(panels.testBench, {
      deserializeWebviewPanel: async (view) => {
        if (bench) view.dispose();
        else adopt(view);
      },
    }),
  ];
}

/** The endpoint that a command means. Without one the panel itself says what is missing. */
async function endpointFor(parts: Parts, argument: unknown): Promise<{ name?: string; cancelled?: true }> {
  if (isResource(argument, 'endpoint')) return { name: argument.resource.name };
  if (isEntry(argument, 'endpoints')) {
    return { name: deployedName(await projectOf(parts.projectFiles, argument), argument.entry.name) };
  }
  const watching = parts.inventory.watch('endpoint');
  try {
    if (parts.inventory.collection('endpoint').status !== 'read') await parts.inventory.refresh('endpoint');
    const names = parts.inventory
      .collection('endpoint')
      .items.filter(answers)
      .map(({ name }) => name);
    if (names.length < 2) return names[0] === undefined ? {} : { name: names[0] };
    const name = await vscode.window.showQuickPick(names, { title: 'Test Endpoint' });
    return name === undefined ? { cancelled: true } : { name };
  } finally {
    watching.dispose();
  }
}

/** An endpoint goes on answering while it is updated. */
function answers({ state }: ResourceOf<'endpoint'>): boolean {
  return ['InService', 'Updating', 'SystemUpdating', 'RollingBack'].includes(state);
}

interface Running {
  readonly abort: AbortController;
  /** Undefined while a picture is fetched. */
  sending?: Sending;
  readonly since: number;
}

class TestBench {
  private readonly panel: Panel<FromPage, ToPage>;
  private readonly labels = new ModelLabels();
  private readonly registered: { dispose(): unknown }[];
  private running: Running | undefined;
  /** What a page that was hidden meanwhile has missed. */
  private last: Outcome | { readonly type: 'cancelled'; readonly id: number } | undefined;
  /** A page does not keep megabytes while it is hidden. */
  private body: { readonly key: number; readonly bytes: Uint8Array } | undefined;
  private wanted: string | undefined;
  private closed = false;

  constructor(
    private readonly parts: Parts,
    view: vscode.WebviewPanel,
    closed: () => void,
  ) {
    const { inventory, connections } = parts;
    this.panel = new Panel(view, parts.extension, kind, parts.log);
    let cloud = currentCloud(parts);
    const watch = inventory.watch('endpoint', { visible: view.visible });
    this.registered = [
      watch,
      view.onDidChangeViewState(() => watch.setVisible(view.visible)),
      inventory.onDidChange((change) => {
        if (change.kind === 'endpoint') this.showTargets();
      }),
      connections.onDidChange(() => {
        const now = currentCloud(parts);
        if (cloud && now !== cloud) this.running?.abort.abort(new Switched());
        cloud = now;
        this.showTargets();
      }),
      this.panel.onReady(() => this.showAll()),
      this.panel.onMessage((message) => this.receive(message)),
    ];
    this.panel.onDidDispose(() => {
      this.closed = true;
      this.running?.abort.abort();
      this.registered.forEach((each) => each.dispose());
      closed();
    });
  }

  reveal(): void {
    this.panel.reveal();
  }

  /** Chooses an endpoint, also before the page is there. */
  target(name: string): void {
    this.wanted = name;
    this.panel.title = `Test bench: ${name}`;
    this.post({ type: 'target', name });
  }

  private showAll(): void {
    if (this.wanted !== undefined) this.post({ type: 'target', name: this.wanted });
    this.showTargets();
    const { sending, since = 0 } = this.running ?? {};
    if (sending) this.post({ ...sending, elapsed: performance.now() - since });
    else if (this.last) this.post(this.last);
  }

  private showTargets(): void {
    const { items, status, error } = this.parts.inventory.collection('endpoint');
    const connection = this.parts.connections.state;
    const failed = status === 'failed' || connection.status === 'failed';
    const reason = connection.status === 'failed' ? connection.error : error;
    this.post({
      type: 'targets',
      targets: failed ? [] : items.filter(answers).map(({ name }) => name),
      status: failed
        ? 'failed'
        : status === 'unread'
          ? 'reading'
          : status === 'reading' && items.length === 0
            ? 'reading'
            : 'read',
      ...(failed && { problem: messageOf(reason) }),
      connection: connectionName(this.parts),
    });
  }

  private receive(message: FromPage): void {
    const { log, inventory } = this.parts;
    const run = (command: string, ...args: unknown[]) =>
      void vscode.commands
        .executeCommand(command, ...args)
        .then(undefined, (error: unknown) => log.error(String(error)));
    switch (message.type) {
      case 'send':
        return void this.send(message);
      case 'cancel':
        return this.running?.abort.abort();
      case 'choose':
        return void this.provide(() => this.choose());
      case 'fetch':
        return void this.provide((signal) => this.fetch(message.url, signal));
      case 'showLog': {
        const { target: name } = message;
        const arn = inventory.find('endpoint', name)?.arn ?? '';
        return run(commands.showResourceLog, { resource: { kind: 'endpoint', name, arn } });
      }
      case 'deploy':
        return run(commands.deployEndpoint);
      case 'connect':
        return run(commands.retryConnection);
      case 'copy':
        return void vscode.env.clipboard.writeText(message.text);
      case 'select':
        this.wanted = message.target;
        this.panel.title = `Test bench: ${message.target}`;
    }
  }

  private async send({ id, target, contentType, accept, body, key, expected }: Send): Promise<void> {
    const bytes = body ?? (key !== undefined && this.body?.key === key ? this.body.bytes : undefined);
    const connection = connectionName(this.parts);
    const fail = (message: string) => {
      const failure: Outcome = { type: 'failure', id, target, connection, message, log: false, gone: false };
      this.tell(failure);
    };
    if (!vscode.workspace.isTrusted)
      return fail('Nothing is sent from a workspace that is not trusted: trust it first.');
    if (!bytes) return fail('The picture is not in memory any more: choose it again.');
    if (key !== undefined) this.body = { key, bytes };
    const sending: Sending = { type: 'sending', id, target, phase: 'answer', elapsed: 0 };
    const running = this.begin(sending);
    const { signal } = running.abort;
    const naming = () => {
      running.sending = { ...sending, phase: 'names', elapsed: performance.now() - running.since };
      this.post(running.sending);
    };
    try {
      const cloud = await this.parts.connections.cloud();
      const projects = await this.parts.projectFiles.all();
      signal.throwIfAborted();
      const request = { ...{ id, target, connection, body: bytes, contentType, accept }, expected };
      const sources = { model: this.labels, workspace: workspaceLabels(projects, target) };
      const outcome = await sendToEndpoint(cloud, request, sources, naming, signal);
      if (outcome.type === 'failure' && outcome.gone) this.parts.inventory.touch('endpoint');
      this.end(running, outcome);
    } catch (error) {
      this.end(running, undefined);
      if (signal.reason instanceof Switched) fail('The connection was switched before the answer came.');
      else if (isCancellation(error) || signal.aborted) this.tell({ type: 'cancelled', id });
      else fail(messageOf(error));
    }
  }

  private async provide(picture: (signal: AbortSignal) => Promise<Picture | undefined>): Promise<void> {
    const running = this.begin();
    const { signal } = running.abort;
    try {
      const found = await picture(signal);
      this.end(running, undefined);
      if (found && !signal.aborted) this.post(found);
    } catch (error) {
      this.end(running, undefined);
      if (isCancellation(error) || signal.aborted) this.post({ type: 'noPicture', message: '' });
      else this.post({ type: 'noPicture', message: messageOf(error) });
    }
  }

  private async choose(): Promise<Picture | undefined> {
    const chosen = await vscode.window.showOpenDialog({
      title: 'A picture to send',
      openLabel: 'Send',
      filters: {
        Pictures: ['jpg', 'jpeg', 'png', 'gif', 'webp', 'bmp', 'tif', 'tiff', 'heic', 'avif'],
        'All files': ['*'],
      },
    });
    return chosen?.[0] && readPicture(chosen[0], await this.parts.projectFiles.all());
  }

  private async fetch(text: string, signal: AbortSignal): Promise<Picture> {
    if (!/^https?:/i.test(text)) {
      return readPicture(vscode.Uri.parse(text, true), await this.parts.projectFiles.all());
    }
    const { content } = await fetchImage(text, signal);
    const name = decodeURIComponent(new URL(text).pathname.split('/').at(-1) ?? '') || new URL(text).host;
    // A copy: VS Code posts a Buffer as JSON.
    return { type: 'picture', name, body: new Uint8Array(content) };
  }

  /** The latest wish wins: whatever runs is cancelled. */
  private begin(sending?: Sending): Running {
    this.running?.abort.abort();
    const running: Running = { abort: new AbortController(), since: performance.now(), ...(sending && { sending }) };
    this.running = running;
    if (sending) this.post(sending);
    return running;
  }

  private end(running: Running, outcome: Outcome | undefined): void {
    if (this.running === running) this.running = undefined;
    if (outcome) this.tell(outcome);
  }

  private post(message: ToPage): void {
    // A send ends after its panel was closed: cancelled, and nobody is told.
    if (!this.closed) this.panel.post(message);
  }

  private tell(outcome: Outcome | { readonly type: 'cancelled'; readonly id: number }): void {
    this.last = outcome;
    this.post(outcome);
  }
}

class Switched extends UserError {
  constructor() {
    super('The connection was switched.');
  }
}

function currentCloud({ connections }: Parts): Cloud | undefined {
  return connections.state.status === 'connected' ? connections.state.cloud : undefined;
}

function connectionName({ connections }: Parts): string {
  const { choice, state } = connections;
  if (choice.kind === 'sandbox') return 'the sandbox';
  const region = state.status === 'connected' ? state.cloud.connection.region : choice.region;
  return region === undefined ? `profile ${choice.profile}` : `profile ${choice.profile}, ${region}`;
}
