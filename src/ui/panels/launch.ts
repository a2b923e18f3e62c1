import * as vscode from 'vscode';
import { panels, settings } from '../../contributions.js';
import { isCancellation, messageOf } from '../../core/errors.js';
import { describeEstimate, type Estimate, usd } from '../../costs/estimate.js';
import { priceBasis } from '../../costs/instanceTypes.js';
import type { Summary } from '../../launch/summary.js';
import type { Parts } from '../parts.js';
import { duration } from '../words.js';
import { FromPage, type LaunchView, type ToPage } from './launch.protocol.js';
import { Panel } from './panel.js';

/** Something that can be launched once its gates are not red. */
export interface Launchable {
  readonly summary: Summary;
  readonly verb: 'Train' | 'Tune' | 'Deploy';
  /** What the estimate is of: `2 × ml.m5.xlarge`; undefined when nothing costs by the hour. */
  readonly priced: string | undefined;
  /** What costs by the call, for what does. */
  readonly priceOfCalls?: string;
  /** Seconds; undefined for what runs until it is deleted. */
  readonly maxRuntime: number | undefined;
  readonly uploads: readonly { readonly what: string; readonly name: string }[];
  /** By operation; undefined while a gate is red. */
  readonly requests: Readonly<Record<string, unknown>> | undefined;
  readonly estimate: Estimate | undefined;
  readonly differences?: LaunchView['differences'];
}

/** What a launch panel asks for. */
export interface Question<L extends Launchable> {
  /** `jobs.train` */
  readonly entry: string;
  readonly action: string;
  readonly plan: (signal: AbortSignal) => Promise<L>;
  /** Folder whose saved files make it look again. */
  readonly folder: vscode.Uri;
}

/**
 * Shows what a launch would do, with its gates and its price, and waits for the person: the plan that they agreed to, or
 * undefined when they closed the panel. Nothing has been made until then.
 */
export function askToLaunch<L extends Launchable>(
  { extension, log }: Pick<Parts, 'extension' | 'log'>,
  question: Question<L>,
): Promise<L | undefined> {
  const { action, entry } = question;
  const view = vscode.window.createWebviewPanel(panels.launch, `${action}: ${entry}`, vscode.ViewColumn.Active);
  const panel = new Panel<FromPage, ToPage>(
    view,
    extension,
    { viewType: panels.launch, bundle: 'launch', fromPage: FromPage },
    log,
  );
  return new Promise((resolve) => {
    let planned: L | undefined;
    let error: unknown;
    let checking: AbortController | undefined;
    const show = (): void =>
      panel.post({ type: 'show', view: viewOf(question, planned, checking !== undefined, error) });
    const check = async (): Promise<void> => {
      checking?.abort();
      const own = new AbortController();
      checking = own;
      error = undefined;
      show();
      try {
        const plan = await question.plan(own.signal);
        if (!own.signal.aborted) planned = plan;
      } catch (failure) {
        if (own.signal.aborted || isCancellation(failure)) return;
        error = failure;
        log.error(failure instanceof Error ? failure : String(failure));
      }
      if (checking !== own) return;
      checking = undefined;
      show();
    };
    // What is launched is what is saved: a change of it makes the plan an old one.
    const saving = vscode.workspace.onDidSaveTextDocument(({ uri }) => {
      if (uri.fsPath.startsWith(question.folder.fsPath)) void check();
    });
    panel.onReady(show);
    panel.onMessage((message) => {
      if (message.type === 'check') return void check();
      if (message.type === 'showRequest') return void showRequests(planned);
      const { state, confirm } = viewOf(question, planned, checking !== undefined, error);
      if (state !== 'ready' || (confirm && confirm.text !== message.typed)) return;
      resolve(planned);
      panel.dispose();
    });
    panel.onDidDispose(() => {
      saving.dispose();
      checking?.abort();
      resolve(undefined);
    });
    void check();
  });
}

async function showRequests(planned: Launchable | undefined): Promise<void> {
  const content = JSON.stringify(planned?.requests, null, 2);
  await vscode.window.showTextDocument(await vscode.workspace.openTextDocument({ language: 'json', content }));
}

function viewOf(
  { entry, action }: Question<Launchable>,
  planned: Launchable | undefined,
  checking: boolean,
  error: unknown,
): LaunchView {
  const failed = error === undefined ? undefined : messageOf(error);
  if (!planned) {
    return {
      context: '',
      title: entry,
      state: failed === undefined ? 'checking' : 'failed',
      error: failed,
      gates: [],
      price: [],
      priceNote: '',
      changes: [],
      differences: [],
      action,
      confirm: undefined,
      hasRequest: false,
    };
  }
  const { summary, estimate, priced, maxRuntime, uploads, requests, differences = [] } = planned;
  const { account, region, profile } = summary.connection;
  const order = { red: 0, amber: 1, green: 2 } as const;
  const blocked = requests === undefined;
  return {
    context: `${profile ?? 'default'} · account ${account} · ${region}`,
    title: titleOf(planned),
    state: failed !== undefined ? 'failed' : checking ? 'checking' : blocked ? 'blocked' : 'ready',
    error: failed,
    gates: summary.gates
      .toSorted((a, b) => order[a.level] - order[b.level])
      .map((gate) => ({ fix: undefined, ...gate })),
    price: [
      ...(priced === undefined
        ? []
        : [{ name: priced, value: estimate ? `${usd(estimate.usdPerHour)}/h` : 'price unknown' }]),
      ...(maxRuntime === undefined ? [] : [{ name: 'Longest run', value: duration(maxRuntime * 1000) }]),
      ...(estimate?.maximumUsd === undefined ? [] : [{ name: 'Never more than', value: usd(estimate.maximumUsd) }]),
    ],
    priceNote: priceNote(planned),
    changes: [
      ...uploads.map(({ what, name }) => ({
        what,
        name,
        afterwards: 'kept; S3 storage is about $0.02 per GB a month',
      })),
      ...summary.changes.map(({ effect, kind, name, estimate: own }) => ({
        what: `${effect === 'updates' ? 'update of ' : ''}${kind.replace('-', ' ')}`,
        name,
        afterwards: own
          ? `${usd(own.usdPerHour)}/h until it is deleted`
          : kind === 'endpoint'
            ? 'costs until it is deleted'
            : 'kept, free',
      })),
    ],
    differences,
    action,
    confirm: confirmation(entry, planned),
    hasRequest: requests !== undefined,
  };
}

function priceNote({ summary, estimate, priceOfCalls }: Launchable): string {
  const calls = priceOfCalls === undefined ? [] : [priceOfCalls];
  if (summary.connection.billed) {
    return [
      `An estimate: ${priceBasis}. Storage and transfer are not in it.`,
      ...calls.map((one) => `Calls: ${one}.`),
    ].join(' ');
  }
  const hours = estimate || calls.length === 0 ? [describeEstimate(estimate)] : [];
  return `Here it costs nothing. On AWS: ${[...hours, ...calls].join('; ')}.`;
}

function titleOf({ verb, summary, estimate, priceOfCalls }: Launchable): string {
  const { billed } = summary.connection;
  const what = `${verb} ${summary.entry}`;
  if (!estimate) {
    if (!billed) return `${what} on this machine`;
    return priceOfCalls === undefined ? `${what}; its price is not known` : `${what}; it costs by the call`;
  }
  const { usdPerHour, maximumUsd } = estimate;
  const price =
    maximumUsd === undefined ? `about ${usd(usdPerHour)}/h until it is deleted` : `at most ${usd(maximumUsd)}`;
  return billed ? `${what} for ${price}` : `${what} on this machine; on AWS ${price}`;
}

/** Above the person's threshold the entry's name has to be typed: nobody spends that by a slip. */
function confirmation(entry: string, { summary, estimate }: Launchable): LaunchView['confirm'] {
  const limit = vscode.workspace.getConfiguration().get<number>(settings.confirmAbove) ?? 10;
  // What has no end is counted for a day.
  const most = estimate && (estimate.maximumUsd ?? estimate.usdPerHour * 24);
  if (!summary.connection.billed || most === undefined || most <= limit) return undefined;
  const span = estimate?.maximumUsd === undefined ? ' a day' : '';
  return { text: entry, reason: `This may cost up to ${usd(most)}${span}. Type the entry's name to go on.` };
}
