import * as vscode from 'vscode';
import { UserError } from '../../core/errors.js';
import { trainingOfSearch, trainingOfTrial } from '../../launch/proposeTraining.js';
import { winnerFrom } from '../../project/jobs.js';
import type { Parts } from '../parts.js';
import type { OpenProject } from '../projectFile/projectFiles.js';
import { proposeEntry } from '../projectFile/proposeEntry.js';
import { type EntryTarget, isResource, pickResource } from './targets.js';

/**
 * Trains with the hyperparameters of a tuning job's best trial: launches the entry that takes them from the tuning job's
 * entry, or proposes one.
 * @param launch of a training entry, with the tuning job whose best trial is meant
 */
export async function trainBest(
  parts: Parts,
  argument: unknown,
  launch: (target: EntryTarget<'jobs'>, tuningJob: string) => Promise<void>,
): Promise<void> {
  const { runs, projectFiles, inventory } = parts;
  const target = isResource(argument, 'tuning-job')
    ? argument
    : await pickResource(
        inventory,
        'tuning-job',
        'Train with the best parameters of',
        (job) => job.trials.completed > 0,
      );
  if (!target) return;
  const { name } = target.resource;
  const run = runs.find(name);
  const from = run?.record.entry;
  const projects = await projectFiles.all();
  const own = projects.find(({ folder }) => folder.uri.fsPath === run?.workspace);
  const takers = own && from !== undefined ? entriesTaking(from, own) : [];
  if (takers.length > 0) {
    const title = `Train with the best parameters of ${name} as`;
    const picked = takers.length === 1 ? takers[0] : await vscode.window.showQuickPick(takers, { title });
    if (picked) await launch(picked.target, name);
    return;
  }
  const project = own ?? projects[0];
  if (!project) throw new UserError('A training job is described in sagemaker.jsonc: make a project file first.');
  const search = from === undefined ? undefined : project.reading.project?.jobs[from.slice('jobs.'.length)];
  const value =
    from !== undefined && search?.kind === 'tuning'
      ? trainingOfSearch(from, search)
      : trainingOfTrial(await bestTrial(parts, name));
  await proposeEntry(project.uri, 'jobs', 'best', value);
  void vscode.window.showInformationMessage(
    `No entry takes the hyperparameters of ${from ?? name} yet, so one is proposed here. Save it, then launch it.`,
  );
}

/** The training entries of a project whose hyperparameters are `{ "from": … }` this. */
function entriesTaking(from: string, { uri, reading }: OpenProject) {
  return Object.entries(reading.project?.jobs ?? {}).flatMap(([name, job]) => {
    const takes = job.kind === 'training' && winnerFrom(job) === from;
    const target: EntryTarget<'jobs'> = { entry: { file: uri.toString(), section: 'jobs', name } };
    return takes ? [{ label: `jobs.${name}`, target }] : [];
  });
}

async function bestTrial({ connections }: Pick<Parts, 'connections'>, name: string) {
  const { tuningJobs, trainingJobs } = await connections.cloud();
  const patience = AbortSignal.timeout(30_000);
  const { best } = await tuningJobs.describe(name, patience);
  if (!best) throw new UserError(`${name} has no best trial: none has completed with a value of its objective.`);
  return trainingJobs.describe(best.name, patience);
}
