import * as vscode from 'vscode';
import { commands } from '../../contributions.js';
import { describeInstances, longestSearch } from '../../costs/estimate.js';
import { jobSummary } from '../../launch/mainJob.js';
import { planTraining } from '../../launch/planTraining.js';
import { limitsOf, planTuning } from '../../launch/planTuning.js';
import type { EndedRun } from '../../launch/runHistory.js';
import { kindOf } from '../../launch/runRecord.js';
import type { Session } from '../../launch/session.js';
import { uploadInputs } from '../../launch/submitJob.js';
import { submitTraining } from '../../launch/train.js';
import { submitTuning } from '../../launch/tune.js';
import { noWinner, runWithWinner } from '../../launch/winner.js';
import { winnerFrom } from '../../project/jobs.js';
import { askToLaunch } from '../panels/launch.js';
import type { Parts } from '../parts.js';
import { chiefResult, duration } from '../words.js';
import { deployEndpoint } from './deploying.js';
import { withCancel, withScratch } from './progress.js';
import { sessionFor } from './session.js';
import { type EntryTarget, isEntry, panelCommands, pickEntry, type ResourceTarget } from './targets.js';
import { trainBest } from './trainBest.js';
import { leftInS3, uploadData, uploaded } from './uploading.js';

/** Uploading, launching, deploying: everything that makes something, with the launch panel in front of it. */
export function registerLaunching(parts: Parts): vscode.Disposable[] {
  const { command, projectFiles, runs } = parts;
  return [
    command(commands.launchJob, async (argument: unknown) => {
      const target = isEntry(argument, 'jobs') ? argument : await pickEntry(projectFiles, 'jobs', 'Launch');
      if (target) await launchJob(parts, target);
    }),
    command(commands.trainBest, (argument: unknown) =>
      trainBest(parts, argument, (target, tuningJob) => launchJob(parts, target, tuningJob)),
    ),
    command(commands.uploadData, async (argument: unknown) => {
      const target = isEntry(argument, 'data') ? argument : await pickEntry(projectFiles, 'data', 'Upload');
      if (target) await uploadData(parts, target);
    }),
    command(commands.deployEndpoint, (argument: unknown) => deployEndpoint(parts, argument)),
    runs.onDidEnd((run) => void tellEnd(run)),
    watchRecords(parts),
  ];
}

/** What of a job's launch depends on its kind. */
async function planLaunch(session: Session, name: string, scratch: string, signal: AbortSignal, tuningJob?: string) {
  const job = session.project.jobs[name]!;
  const { executionRole } = session.cloud.connection;
  if (job.kind === 'training') {
    const launch = await planTraining(session, name, scratch, executionRole, signal, tuningJob);
    const { ready } = launch;
    return {
      launch,
      kind: 'training-job' as const,
      verb: 'Train' as const,
      priced: describeInstances(job.instance),
      maxRuntime: job.maxRuntime,
      requests: ready && { CreateTrainingJob: ready.request },
      submit: ready && ((ending: AbortSignal) => submitTraining(session, { ...launch, ready }, ending)),
    };
  }
  const launch = await planTuning(session, name, scratch, executionRole, signal);
  const { ready } = launch;
  const { type, count } = job.instance;
  return {
    launch,
    kind: 'tuning-job' as const,
    verb: 'Tune' as const,
    priced: describeInstances({ type, count: count * job.maxParallelJobs }),
    maxRuntime: longestSearch(limitsOf(job)),
    requests: ready && { CreateHyperParameterTuningJob: ready.request },
    submit: ready && ((ending: AbortSignal) => submitTuning(session, { ...launch, ready }, ending)),
  };
}

/** @param tuningJob whose best trial an entry takes its hyperparameters from, instead of the newest one's */
async function launchJob(parts: Parts, target: EntryTarget<'jobs'>, tuningJob?: string): Promise<void> {
  const { name } = target.entry;
  const { folder, session: saved } = await sessionFor(parts, target);
  await requireWinner(saved, target, tuningJob);
  await withScratch(async (scratch) => {
    const plan = async (signal: AbortSignal) => {
      // Each time anew: the file may have been saved since, and keys may have been renewed.
      const { session } = await sessionFor(parts, target);
      const planned = await planLaunch(session, name, scratch, signal, tuningJob);
      const { launch, kind } = planned;
      return {
        ...planned,
        session,
        summary: jobSummary(session, kind, launch),
        uploads: launch.uploads.map(({ name: data, plan: { send, bucket, prefix } }) => ({
          what: `data.${data}, ${send.length === 0 ? 'nothing to send' : `${send.length} files`}`,
          name: `s3://${bucket}/${prefix}`,
        })),
        estimate: launch.estimate,
      };
    };
    const agreed = await askToLaunch(parts, { entry: `jobs.${name}`, action: 'Launch', plan, folder });
    if (!agreed?.launch.ready || !agreed.submit) return;
    const { session, launch, kind, submit } = agreed;
    const ready = { ...launch, ready: agreed.launch.ready };
    await withCancel(`Launching ${launch.name}`, async (report, signal) => {
      await uploadInputs(session, ready, (data, progress) => report(...uploaded(data, progress)), signal).catch(
        leftInS3,
      );
      report(`creating the ${kind.replace('-', ' ')}`, 100);
      // The record is there before the job is: nobody here must take that for a job that has gone.
      await parts.runs.during(launch.name, session.workspace, () => submit(signal));
    });
    parts.inventory.touch(kind);
    const panel = panelCommands[kind];
    const job: ResourceTarget = { resource: { kind, name: launch.name, arn: '' } };
    if (panel !== undefined) await vscode.commands.executeCommand(panel, job);
  });
}

/** Said before the panel opens, with the way out of it. */
async function requireWinner(session: Session, { entry }: EntryTarget<'jobs'>, tuningJob?: string): Promise<void> {
  const job = session.project.jobs[entry.name];
  const from = job?.kind === 'training' ? winnerFrom(job) : undefined;
  if (from === undefined || (await runWithWinner(session, from, tuningJob))) return;
  const search = { entry: { ...entry, name: from.slice('jobs.'.length) } };
  const run = () => vscode.commands.executeCommand<void>(commands.launchJob, search);
  throw noWinner(from, { label: `Launch ${from}`, run });
}

/** A run that was launched from here has ended: said once, whichever window hears of it. */
async function tellEnd({ record }: EndedRun): Promise<void> {
  const { id, entry, outcome, started, ended, failure, results } = record;
  const kind = kindOf(record);
  const name = kind === 'endpoint' ? (results.endpoint ?? '') : id;
  const target: ResourceTarget = { resource: { kind, name, arn: '' } };
  const took = duration(new Date(ended ?? started).getTime() - new Date(started).getTime());
  const offer = async (text: string, actions: Readonly<Record<string, () => PromiseLike<unknown>>>): Promise<void> => {
    const tell = outcome === 'Failed' ? vscode.window.showErrorMessage : vscode.window.showInformationMessage;
    const picked = await tell(text, ...Object.keys(actions));
    if (picked !== undefined) await actions[picked]?.();
  };
  const call = (command: string, argument: ResourceTarget) => () => vscode.commands.executeCommand(command, argument);
  if (outcome === 'Completed') {
    const panel = panelCommands[kind];
    const result = chiefResult(record);
    const model: ResourceTarget = { resource: { kind: 'training-job', name: results.winner?.trial ?? id, arn: '' } };
    await offer(`${entry} completed in ${took}${result === undefined ? '' : `: ${result}`}.`, {
      ...(results.winner && { 'Train Best…': call(commands.trainBest, target) }),
      ...(results.model !== undefined && { 'Deploy…': call(commands.deployEndpoint, model) }),
      ...(panel !== undefined && { Show: call(panel, target) }),
    });
  } else if (outcome === 'InService') {
    await offer(`${name} is in service.`, { Test: call(commands.testEndpoint, target) });
  } else if (outcome === 'Failed') {
    await offer(`${entry} failed after ${took}: ${failure ?? 'no reason was given'}`, {
      'Show Log': call(commands.showResourceLog, target),
    });
  }
}

/** Records that other windows and the terminal write. */
function watchRecords({ runs }: Pick<Parts, 'runs'>): vscode.Disposable {
  const watcher = vscode.workspace.createFileSystemWatcher('**/.sagemaker/runs/*.json');
  const again = (uri: vscode.Uri): void => {
    const folder = vscode.workspace.getWorkspaceFolder(uri);
    if (folder) void runs.read(folder.uri.fsPath);
  };
  return vscode.Disposable.from(
    watcher,
    watcher.onDidCreate(again),
    watcher.onDidChange(again),
    watcher.onDidDelete(again),
  );
}
