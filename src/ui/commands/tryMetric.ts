import * as vscode from 'vscode';
import { UserError } from '../../core/errors.js';
import { type PastLog, pastLog } from '../../launch/pastLog.js';
import { RunRecords } from '../../launch/runRecord.js';
import { StateFolder } from '../../launch/stateFolder.js';
import type { Job } from '../../project/jobs.js';
import { askForRegex, type TrialLog } from '../panels/metricRegex.js';
import type { Parts } from '../parts.js';
import { rangeOf } from '../projectFile/diagnostics.js';
import type { OpenProject, ProjectFiles } from '../projectFile/projectFiles.js';
import { type EntryTarget, isEntry } from './targets.js';

/** One metric of a job's entry. */
export interface MetricTarget extends EntryTarget<'jobs'> {
  readonly metric: string;
}

type Needed = Pick<Parts, 'projectFiles' | 'connections' | 'inventory' | 'extension' | 'log'>;

/** Tries the regex of a metric on a log, and writes the one that is used into the project file, unsaved. */
export async function tryMetric(parts: Needed, argument: unknown): Promise<void> {
  const target = isMetric(argument) ? argument : await pickMetric(parts.projectFiles);
  if (!target) return;
  const { name } = target.entry;
  const { project, regex } = await regexOf(parts.projectFiles, target);
  const job = project.reading.shown.jobs[name];
  const used = await askForRegex(parts, {
    entry: `jobs.${name}`,
    metric: target.metric,
    regex,
    log: async (signal) => job && trialLog(await knownLog(parts, project, job, signal)),
  });
  if (used === undefined) return;
  // The file may have changed since.
  const { project: now, range } = await regexOf(parts.projectFiles, target);
  const edit = new vscode.WorkspaceEdit();
  edit.replace(now.uri, rangeOf(range), JSON.stringify(used));
  await vscode.workspace.applyEdit(edit);
  await vscode.window.showTextDocument(now.uri);
}

/** The log of an earlier job with this script. Nothing is connected or started for it. */
export async function knownLog(
  { connections }: Pick<Parts, 'connections'>,
  { folder, reading }: OpenProject,
  job: Job,
  signal: AbortSignal,
): Promise<PastLog | undefined> {
  const { state } = connections;
  if (state.status !== 'connected') return undefined;
  const records = await new RunRecords(StateFolder.at(folder.uri.fsPath)).list();
  return pastLog(state.cloud, records, reading.shown.jobs, job, signal);
}

export function trialLog(past: PastLog | undefined): TrialLog | undefined {
  return past && { text: past.lines.join('\n'), from: `The log of ${past.job}` };
}

function isMetric(argument: unknown): argument is MetricTarget {
  return isEntry(argument, 'jobs') && 'metric' in argument && typeof argument.metric === 'string';
}

async function pickMetric(projectFiles: ProjectFiles): Promise<MetricTarget | undefined> {
  const projects = await projectFiles.all();
  const picks = projects.flatMap(({ uri, reading }) =>
    Object.entries(reading.shown.jobs).flatMap(([name, { metrics }]) =>
      Object.entries(metrics).map(([metric, regex]) => {
        const target: MetricTarget = { entry: { file: uri.toString(), section: 'jobs', name }, metric };
        return { label: metric, description: `jobs.${name}`, detail: regex, target };
      }),
    ),
  );
  if (picks.length === 0) throw new UserError('No job of a sagemaker.jsonc in this window has a metric yet.');
  const title = 'Try the regex of';
  return (await vscode.window.showQuickPick(picks, { title, matchOnDescription: true }))?.target;
}

/** As the file has it now, also one that is wrong. @throws {UserError} when it is not there */
async function regexOf(projectFiles: ProjectFiles, { entry, metric }: MetricTarget) {
  const project = (await projectFiles.all()).find(({ uri }) => uri.toString() === entry.file);
  const path = ['jobs', entry.name, 'metrics', metric];
  const regex = project?.reading.places?.text(path);
  if (!project?.reading.places || regex === undefined) {
    throw new UserError(`There is no metric ${metric} in jobs.${entry.name} of sagemaker.jsonc any more.`);
  }
  return { project, regex, range: project.reading.places.value(path) };
}
