import * as vscode from 'vscode';
import { UserError } from '../../core/errors.js';
import { describeEstimate, estimateTuning, type SearchLimits } from '../../costs/estimate.js';
import type { RangeProposal } from '../../launch/proposeRanges.js';
import {
  objectivesOf,
  searchable,
  type TuningBase,
  tuningEntry,
  type TuningObjective,
} from '../../launch/proposeTuning.js';
import type { WrittenRange } from '../../project/jobs.js';
import type { Parts } from '../parts.js';
import { proposeEntry } from '../projectFile/proposeEntry.js';
import { Scripts } from '../projectFile/scripts.js';
import { chosenProject } from './chosenProject.js';
import { ask, type Step } from './wizard.js';

interface Answers extends Pick<SearchLimits, 'maxJobs' | 'maxParallelJobs'> {
  readonly base: TuningBase;
  readonly searched: readonly RangeProposal[];
  readonly objective: TuningObjective | undefined;
}

/** Makes a tuning job out of a training job of the project file, which it edits: saving accepts it. */
export async function newTuningJob({ projectFiles }: Pick<Parts, 'projectFiles'>): Promise<void> {
  const project = await chosenProject(await projectFiles.all(), 'tuning job');
  if (!project) return;
  const scripts = new Scripts();
  const bases = await Promise.all(
    Object.entries(project.reading.project?.jobs ?? {}).flatMap(([name, job]) =>
      job.kind === 'training'
        ? [scripts.of(project.folder, job).then((script): TuningBase => ({ name, job, script }))]
        : [],
    ),
  );
  const [first] = bases;
  if (!first)
    throw new UserError('A tuning job runs a training job many times: describe one in sagemaker.jsonc first.');
  const start: Answers = { base: first, searched: [], objective: undefined, maxJobs: 12, maxParallelJobs: 2 };
  const answers = await ask('New tuning job', stepsFor(bases), start);
  if (!answers) return;
  const { base, searched, objective } = answers;
  await proposeEntry(project.uri, 'jobs', 'tune', tuningEntry(base, searched, objective, answers));
  void vscode.window.showInformationMessage(
    `This is a proposal made from jobs.${base.name} and ${base.job.script}. Save it to accept it.`,
  );
}

const trials = [12, 6, 24, 50, 100];
const parallel = [2, 1, 4, 8];

function stepsFor(bases: readonly TuningBase[]): Step<Answers>[] {
  return [
    {
      title: 'training job',
      placeholder: 'Which training job is to be tuned?',
      items: () => bases.map(({ name, job }) => ({ label: `jobs.${name}`, description: job.script })),
      take: (answers, item) => ({
        ...answers,
        base: bases.find(({ name }) => item?.label === `jobs.${name}`) ?? answers.base,
      }),
    },
    {
      title: 'hyperparameters',
      placeholder: 'What is to be searched? The ranges can be changed in the file.',
      many: true,
      items: ({ base }) =>
        searchable(base).map(({ name, range }) => ({ label: name, description: describe(range), picked: true })),
      take: (answers, ...items) => ({
        ...answers,
        searched: searchable(answers.base).filter(({ name }) => items.some(({ label }) => label === name)),
      }),
    },
    {
      title: 'objective',
      placeholder: 'Which number makes one trial better than another?',
      items: ({ base }) => objectivesOf(base).map(({ metric, type }) => ({ label: metric, description: type })),
      take: (answers, item) => ({
        ...answers,
        objective: objectivesOf(answers.base).find(({ metric }) => metric === item?.label),
      }),
    },
    {
      title: 'trials',
      placeholder: 'How many trials in all? The sandbox runs them here in any case.',
      items: ({ base: { job }, maxParallelJobs }) =>
        trials.map((maxJobs) => ({
          label: String(maxJobs),
          description: describeEstimate(
            estimateTuning(job.instance, { maxJobs, maxParallelJobs, maxRuntime: job.maxRuntime }),
          ),
        })),
      take: (answers, item) => ({ ...answers, maxJobs: Number(item?.label) }),
    },
    {
      title: 'trials at a time',
      placeholder: 'How many at a time? The search learns the more, the fewer they are.',
      items: ({ maxJobs }) =>
        parallel.filter((count) => count * 2 <= maxJobs).map((count) => ({ label: String(count) })),
      take: (answers, item) => ({ ...answers, maxParallelJobs: Number(item?.label) }),
    },
  ];
}

function describe(range: WrittenRange): string {
  if (Array.isArray(range)) return range.join(', ');
  const { min, max, scaling, type } = range;
  return [`${min} to ${max}`, ...[scaling, type].filter((word) => word !== undefined)].join(', ');
}
