import * as vscode from 'vscode';
import type { Cloud } from '../../aws/cloud.js';
import { commands, panels } from '../../contributions.js';
import { isCancellation, messageOf, UserError } from '../../core/errors.js';
import type { Parts } from '../parts.js';
import { Panel, type PanelKind } from './panel.js';
import {
  FromPage,
  type Outcome,
  type Picture,
  type Send,
  type Sending,
  type Target,
  type ToPage,
} from './testBench.protocol.js';
import { Askers } from './testBenchAsking.js';
import { Batches, type BatchWish } from './testBenchBatch.js';
import { templatesOf } from './testBenchEvents.js';
import { choosePicture, fetchPicture, pictureAt } from './testBenchPictures.js';
import { send } from './testBenchSend.js';
import { partsOf, TargetList, titleOf } from './testBenchTargets.js';
import { notAsked } from './testBenchView.js';

export const testBenchKind: PanelKind<FromPage> = {
  viewType: panels.testBench,
  bundle: 'testBench',
  fromPage: FromPage,
};

interface Running {
  readonly abort: AbortController;
  /** Undefined while a picture is fetched, or a batch runs. */
  sending?: Sending;
  /** False while a picture is fetched: no cloud is asked for it. */
  readonly asks: boolean;
  readonly since: number;
}

type Ended = Extract<ToPage, { type: 'answer' | 'failure' | 'comparison' | 'cancelled' }>;

export class TestBench {
  private readonly panel: Panel<FromPage, ToPage>;
  private readonly askers: Askers;
  private readonly targets: TargetList;
  private readonly batches: Batches;
  private readonly registered: { dispose(): unknown }[];
  private running: Running | undefined;
  /** What a page that was hidden meanwhile has missed. */
  private last: Ended | undefined;
  /** A page does not keep megabytes while it is hidden. */
  private body: { readonly key: number; readonly bytes: Uint8Array } | undefined;
  private wanted: Target | undefined;
  private closed = false;

  constructor(
    private readonly parts: Parts,
    view: vscode.WebviewPanel,
    closed: () => void,
  ) {
    const { connections, extension, log } = parts;
    const folders = (vscode.workspace.workspaceFolders ?? []).map(({ uri }) => uri);
    this.panel = new Panel(view, extension, testBenchKind, log, folders);
    this.targets = new TargetList(parts, view.visible, () => void this.showTargets());
    this.askers = new Askers(parts);
    this.batches = new Batches(view.webview, (message) => this.post(message));
    let cloud = currentCloud(parts);
    this.registered = [
      this.targets,
      this.askers,
      view.onDidChangeViewState(() => this.targets.setVisible(view.visible)),
      connections.onDidChange(() => {
        const now = currentCloud(parts);
        if (cloud && now !== cloud && this.running?.asks) this.running.abort.abort(new Switched());
        cloud = now;
      }),
      this.panel.onReady(() => void this.showAll()),
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

  /** Chooses a target, also before the page is there. */
  target(target: Target): void {
    this.aim(target);
    this.targets.add(target);
    this.post({ type: 'target', target });
  }

  private aim(target: Target): void {
    this.wanted = target;
    this.panel.title = `Test bench: ${titleOf(target)}`;
  }

  private async showAll(): Promise<void> {
    await this.showTargets();
    if (this.wanted) this.post({ type: 'target', target: this.wanted });
    const { sending, since = 0 } = this.running ?? {};
    if (sending) this.post({ ...sending, elapsed: performance.now() - since });
    else if (this.last) this.post(this.last);
    this.batches.showAgain();
  }

  private async showTargets(): Promise<void> {
    this.post(await this.targets.view());
  }

  private receive(message: FromPage): void {
    const { projectFiles } = this.parts;
    switch (message.type) {
      case 'send':
        return void this.send(message);
      case 'batch':
        return void this.batch(message);
      case 'cancel':
        return this.running?.abort.abort();
      case 'choose':
        return void this.provide(async (signal) => choosePicture(await projectFiles.all(), signal));
      case 'fetch':
        return void this.provide(async (signal) => fetchPicture(message.url, await projectFiles.all(), signal));
      case 'browse':
        return void this.provide(async (signal) =>
          pictureAt(message.folder, message.index, await projectFiles.all(), signal),
        );
      case 'chooseFolder':
        return this.run(() => this.targets.chooseFolder());
      case 'cell':
        return this.batches.showCell(message.truth, message.predicted);
      case 'exportBatch':
        return this.run(() => this.batches.exportCsv());
      case 'showLog':
        return this.showLog(message.target);
      case 'deploy':
        return this.run(() => vscode.commands.executeCommand(commands.deployEndpoint));
      case 'connect':
        return this.run(() => vscode.commands.executeCommand(commands.retryConnection));
      case 'copy':
        return void vscode.env.clipboard.writeText(message.text);
      case 'select':
        this.aim(message.target);
        return this.run(() => this.tellAbout(message.target));
      case 'describe':
        return this.run(() => this.tellAbout(message.target));
    }
  }

  /** What shows its own errors, but for those that are faults of ours. */
  private run(act: () => PromiseLike<unknown>): void {
    void act().then(undefined, (error: unknown) => this.parts.log.error(messageOf(error)));
  }

  private showLog(target: Target): void {
    if (target.kind === 'script') return this.run(() => vscode.window.showTextDocument(vscode.Uri.file(target.file)));
    const { kind, name } = target;
    const arn = this.parts.inventory.find(kind, name)?.arn ?? '';
    this.run(() => vscode.commands.executeCommand(commands.showResourceLog, { resource: { kind, name, arn } }));
  }

  private async tellAbout(target: Target): Promise<void> {
    const projects = await this.parts.projectFiles.all();
    // Without its parts it can be asked all the same: the answer says what is wrong.
    const known = await partsOf(this.parts, target, projects).catch((error: unknown) => {
      this.parts.log.warn(messageOf(error));
      return { parts: [] };
    });
    this.post({ type: 'about', target, ...known, ...(await templatesOf(target, projects)) });
  }

  private async send(message: Send): Promise<void> {
    const { id, target, input } = message;
    const { connection } = this.targets;
    const asked = { id, target, connection, expected: undefined };
    const bytes = input.picture && this.bytesOf(input.picture);
    const missing =
      untrusted() ?? (input.picture && !bytes && 'The picture is not in memory any more: choose it again.');
    if (missing) return this.tell(notAsked(asked, missing));
    const picture = bytes && { bytes, url: input.picture?.url };
    const sending: Sending = { type: 'sending', id, target, phase: 'answer', elapsed: 0 };
    const running = this.begin({ asks: true, sending });
    const { signal } = running.abort;
    const progress = (one: Target, phase: Sending['phase']) => {
      running.sending = { type: 'sending', id, target: one, phase, elapsed: performance.now() - running.since };
      this.post(running.sending);
    };
    try {
      const ended = await send((one) => this.askers.of(one, signal), message, picture, connection, progress, signal);
      this.end(running, ended);
      for (const outcome of ended.type === 'comparison' ? ended.outcomes : [ended]) this.noticeGone(outcome);
    } catch (error) {
      this.end(running);
      const switched = signal.reason instanceof Switched;
      if (!switched && (isCancellation(error) || signal.aborted)) this.tell({ type: 'cancelled', id });
      else this.tell(notAsked(asked, switched ? signal.reason.message : messageOf(error)));
    }
  }

  /** What is not there any more is looked for at once. */
  private noticeGone(outcome: Outcome): void {
    const { kind } = outcome.target;
    if (outcome.type === 'failure' && outcome.gone && kind !== 'script') this.parts.inventory.touch(kind);
  }

  private async batch(wish: BatchWish): Promise<void> {
    const running = this.begin({ asks: true });
    const { signal } = running.abort;
    const missing = untrusted();
    await this.batches.run(wish, missing, () => this.askers.of(wish.target, signal), signal);
    this.end(running);
  }

  /** @param picture without its bytes when they are those of the last time */
  private bytesOf({ key, body }: { readonly key: number; readonly body?: Uint8Array | undefined }) {
    if (body) this.body = { key, bytes: body };
    return this.body?.key === key ? this.body.bytes : undefined;
  }

  private async provide(picture: (signal: AbortSignal) => Promise<Picture | undefined>): Promise<void> {
    const running = this.begin({ asks: false });
    const { signal } = running.abort;
    try {
      const found = await picture(signal);
      this.end(running);
      if (found && !signal.aborted) this.post(found);
    } catch (error) {
      this.end(running);
      const cancelled = isCancellation(error) || signal.aborted;
      this.post({ type: 'noPicture', message: cancelled ? '' : messageOf(error) });
    }
  }

  /** The latest wish wins: whatever runs is cancelled. */
  private begin(what: Pick<Running, 'asks' | 'sending'>): Running {
    this.running?.abort.abort();
    const running: Running = { abort: new AbortController(), since: performance.now(), ...what };
    this.running = running;
    if (what.sending) this.post(what.sending);
    return running;
  }

  private end(running: Running, ended?: Ended): void {
    if (this.running === running) this.running = undefined;
    if (ended) this.tell(ended);
  }

  private post(message: ToPage): void {
    // A send ends after its panel was closed: cancelled, and nobody is told.
    if (!this.closed) this.panel.post(message);
  }

  private tell(ended: Ended): void {
    this.last = ended;
    this.post(ended);
  }
}

class Switched extends UserError {
  constructor() {
    super('The connection was switched before the answer came.');
  }
}

function untrusted(): string | undefined {
  return vscode.workspace.isTrusted
    ? undefined
    : 'Nothing is sent from a workspace that is not trusted: trust it first.';
}

function currentCloud({ connections }: Parts): Cloud | undefined {
  return connections.state.status === 'connected' ? connections.state.cloud : undefined;
}
