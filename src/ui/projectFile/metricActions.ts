import * as vscode from 'vscode';
import { commands } from '../../contributions.js';
import type { MetricTarget } from '../commands/tryMetric.js';
import { rangeOf } from './diagnostics.js';
import type { ProjectFiles } from './projectFiles.js';

/** Offers to try the regex of a metric, on its line. */
export class MetricActions implements vscode.CodeActionProvider {
  static readonly kind = vscode.CodeActionKind.RefactorRewrite;

  constructor(private readonly projectFiles: ProjectFiles) {}

  async provideCodeActions(document: vscode.TextDocument, wanted: vscode.Range): Promise<vscode.CodeAction[]> {
    const { uri, reading } = (await this.projectFiles.of(document)) ?? {};
    const { places, shown } = reading ?? {};
    if (!uri || !places || !shown) return [];
    return Object.entries(shown.jobs).flatMap(([name, { metrics }]) =>
      Object.keys(metrics).flatMap((metric) => {
        const path = ['jobs', name, 'metrics', metric];
        const isThere = places.text(path) !== undefined;
        const lines = rangeOf(places.key(path)).union(rangeOf(places.value(path)));
        if (!isThere || !lines.intersection(wanted)) return [];
        const title = `Try the regex of ${metric} on a log`;
        const action = new vscode.CodeAction(title, MetricActions.kind);
        const target: MetricTarget = { entry: { file: uri.toString(), section: 'jobs', name }, metric };
        action.command = { title, command: commands.tryMetric, arguments: [target] };
        return [action];
      }),
    );
  }
}
