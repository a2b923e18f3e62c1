import * as vscode from 'vscode';
import { commands } from '../../contributions.js';
import {
  describeEstimate,
  type Estimate,
  estimateEndpoint,
  estimateTraining,
  estimateTuning,
  usd,
} from '../../costs/estimate.js';
import { estimateProvisioned } from '../../costs/functions.js';
import type { Inventory } from '../../inventory/inventory.js';
import { limitsOf } from '../../launch/planTuning.js';
import type { RunHistory } from '../../launch/runHistory.js';
import { kindOf } from '../../launch/runRecord.js';
import type { LambdaFunction } from '../../project/functions.js';
import { type EntryTarget, panelCommands, type ResourceTarget } from '../commands/targets.js';
import type { Parts } from '../parts.js';
import { lastRun } from '../words.js';
import { rangeOf } from './diagnostics.js';
import { deployedFunctionName, deployedName, type OpenProject, type ProjectFiles } from './projectFiles.js';

/** The row over each entry: what can be done with it, what that costs, and what became of it last. */
export class EntryLenses implements vscode.CodeLensProvider {
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChangeCodeLenses = this.changed.event;
  private readonly projectFiles: ProjectFiles;
  private readonly runs: RunHistory;
  private readonly inventory: Inventory;
  private readonly listening: vscode.Disposable;

  constructor({ projectFiles, runs, inventory }: Pick<Parts, 'projectFiles' | 'runs' | 'inventory'>) {
    this.projectFiles = projectFiles;
    this.runs = runs;
    this.inventory = inventory;
    const again = (): void => this.changed.fire();
    this.listening = vscode.Disposable.from(
      projectFiles.onDidChange(again),
      runs.onDidChange(again),
      inventory.onDidChange(({ kind }) => (kind === 'endpoint' || kind === 'function') && again()),
      vscode.workspace.onDidGrantWorkspaceTrust(again),
    );
  }

  async provideCodeLenses(document: vscode.TextDocument): Promise<vscode.CodeLens[]> {
    const project = await this.projectFiles.of(document);
    if (!project) return [];
    return project.reading.entries.flatMap(({ section, name, range }) => {
      const entry = { file: project.uri.toString(), section, name };
      return this.commandsOf(project, { entry }).map((command) => new vscode.CodeLens(rangeOf(range), command));
    });
  }

  dispose(): void {
    this.listening.dispose();
    this.changed.dispose();
  }

  private commandsOf(project: OpenProject, target: EntryTarget): vscode.Command[] {
    const { section, name } = target.entry;
    // Rows stay while something is typed, else the text would jump under the cursor. Acting on one needs a whole project.
    const { data, jobs, endpoints, functions } = project.reading.shown;
    if (section === 'data') return data[name] ? [...act('$(cloud-upload) Upload', commands.uploadData, target)] : [];
    if (section === 'jobs') {
      const job = jobs[name];
      if (!job) return [];
      return [
        ...act('$(rocket) Launch', commands.launchJob, target),
        ...priced(
          job.kind === 'tuning'
            ? estimateTuning(job.instance, limitsOf(job))
            : estimateTraining(job.instance, job.maxRuntime),
        ),
        ...this.lastJob(project, `jobs.${name}`),
      ];
    }
    if (section === 'functions') {
      return functions[name] ? this.functionRow(project, target, functions[name]) : [];
    }
    const endpoint = endpoints[name];
    if (!endpoint) return [];
    return [
      ...act('$(rocket) Deploy', commands.deployEndpoint, target),
      ...this.endpointState(project, name),
      ...priced(estimateEndpoint(endpoint.instance)),
    ];
  }

  private lastJob({ folder }: OpenProject, entry: string): vscode.Command[] {
    const record = this.runs.last(folder.uri.fsPath, entry);
    const text = lastRun(record, new Date());
    if (!record || text === undefined) return [];
    const kind = kindOf(record);
    const job: ResourceTarget = { resource: { kind, name: record.id, arn: '' } };
    const icon = record.ended === undefined ? '$(sync)' : record.outcome === 'Completed' ? '$(pass)' : '$(error)';
    const show = {
      title: `${icon} ${text}`,
      command: panelCommands[kind] ?? '',
      arguments: [job],
      tooltip: record.failure ?? record.id,
    };
    const stop = kind === 'tuning-job' ? commands.stopTuningJob : commands.stopJob;
    return [
      show,
      ...(record.ended === undefined ? act('$(debug-stop) Stop', stop, job) : []),
      ...(record.results.winner ? act('$(star) Train Best', commands.trainBest, job) : []),
    ];
  }

  private functionRow(project: OpenProject, target: EntryTarget, wanted: LambdaFunction): vscode.Command[] {
    const { name } = target.entry;
    const found = this.inventory.find('function', deployedFunctionName(project, name));
    const { alias, memorySize, provisionedConcurrency } = wanted;
    const resource = found && { resource: { kind: found.kind, name: found.name, arn: found.arn }, qualifier: alias };
    const last = lastRun(this.runs.last(project.folder.uri.fsPath, `functions.${name}`), new Date());
    return [
      ...act('$(rocket) Deploy', commands.deployFunction, target),
      ...(resource ? act('$(beaker) Test', commands.testFunction, resource) : []),
      ...(last === undefined ? [] : [{ title: last, command: '' }]),
      ...(provisionedConcurrency === undefined ? [] : priced(estimateProvisioned(memorySize, provisionedConcurrency))),
    ];
  }

  private endpointState(project: OpenProject, name: string): vscode.Command[] {
    const own = deployedName(project, name);
    const endpoint = this.inventory.find('endpoint', own);
    if (!endpoint) return [];
    const target: ResourceTarget = { resource: { kind: 'endpoint', name: own, arn: endpoint.arn } };
    const test = { title: '$(beaker) Test', command: commands.testEndpoint, arguments: [target] };
    return [
      ...(endpoint.state === 'InService' ? [test] : []),
      { title: endpoint.state, command: commands.showResourceLog, arguments: [target], tooltip: 'Show its log' },
    ];
  }
}

/** Running something is for workspaces that are trusted. */
function act(title: string, command: string, target: EntryTarget | ResourceTarget): vscode.Command[] {
  return vscode.workspace.isTrusted ? [{ title, command, arguments: [target] }] : [];
}

/** A lens without a command is a text. */
function priced(estimate: Estimate | undefined): vscode.Command[] {
  if (!estimate) return [];
  const { usdPerHour, maximumUsd } = estimate;
  const upTo = maximumUsd === undefined ? ' until deleted' : `, at most ${usd(maximumUsd)}`;
  return [{ title: `about ${usd(usdPerHour)}/h on AWS${upTo}`, command: '', tooltip: describeEstimate(estimate) }];
}
