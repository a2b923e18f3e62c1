import * as vscode from 'vscode';
import { commands } from '../../contributions.js';
import { UserError } from '../../core/errors.js';
import { megabytes } from '../../launch/gates.js';
import { trainingSummary } from '../../launch/mainJob.js';
import { planDataEntry, planTraining } from '../../launch/planTraining.js';
import type { EndedRun } from '../../launch/runHistory.js';
import { submitTraining, uploadInputs } from '../../launch/train.js';
import { type UploadProgress, uploadFolder } from '../../transfer/uploadFolder.js';
import { askToLaunch } from '../panels/launch.js';
import type { Parts } from '../parts.js';
import { chiefResult, duration } from '../words.js';
import { deployEndpoint } from './deploying.js';
import { withCancel, withScratch } from './progress.js';
import { sessionFor } from './session.js';
import { type EntryTarget, isEntry, pickEntry, type ResourceTarget } from './targets.js';

/** Uploading, launching, deploying: everything that makes something, with the launch panel in front of it. */
export function registerLaunching(parts: Parts): vscode.Disposable[] {
  const { command, projectFiles, runs } = parts;
  return [
    command(commands.launchJob, async (argument: unknown) => {
      const target = isEntry(argument, 'jobs') ? argument : await pickEntry(projectFiles, 'jobs', 'Launch');
      if (target) await launchJob(parts, target);
    }),
    command(commands.uploadData, async (argument: unknown) => {
      const target = isEntry(argument, 'data') ? argument : await pickEntry(projectFiles, 'data', 'Upload');
      if (target) await uploadData(parts, target);
    }),
    command(commands.deployEndpoint, (argument: unknown) => deployEndpoint(parts, argument)),
    runs.onDidEnd((run) => void tellEnd(run)),
    watchRecords(parts),
  ];
}

async function launchJob(parts: Parts, target: EntryTarget<'jobs'>): Promise<void> {
  const { name } = target.entry;
  const { folder } = await sessionFor(parts, target);
  await withScratch(async (scratch) => {
    const plan = async (signal: AbortSignal) => {
      // Each time anew: the file may have been saved since, and keys may have been renewed.
      const { session } = await sessionFor(parts, target);
      const launch = await planTraining(session, name, scratch, session.cloud.connection.executionRole, signal);
      const { instance, maxRuntime } = session.project.jobs[name]!;
      return {
        session,
        launch,
        summary: trainingSummary(session, launch),
        verb: 'Train' as const,
        instances: instance,
        maxRuntime,
        uploads: launch.uploads.map(({ name: data, plan: { send, bucket, prefix } }) => ({
          what: `data.${data}, ${send.length === 0 ? 'nothing to send' : `${send.length} files`}`,
          name: `s3://${bucket}/${prefix}`,
        })),
        requests: launch.ready && { CreateTrainingJob: launch.ready.request },
        estimate: launch.estimate,
      };
    };
    const agreed = await askToLaunch(parts, { entry: `jobs.${name}`, action: 'Launch', plan, folder });
    if (!agreed?.launch.ready) return;
    const { session, launch } = agreed;
    const ready = { ...launch, ready: agreed.launch.ready };
    await withCancel(`Launching ${launch.name}`, async (report, signal) => {
      await uploadInputs(session, ready, (data, progress) => report(...uploaded(data, progress)), signal).catch(
        leftInS3,
      );
      report('creating the training job', 100);
      await submitTraining(session, ready, signal);
    });
    parts.inventory.touch('training-job');
    await parts.runs.read(session.workspace);
    const job: ResourceTarget = { resource: { kind: 'training-job', name: launch.name, arn: '' } };
    await vscode.commands.executeCommand(commands.openJob, job);
  });
}

async function uploadData(parts: Parts, target: EntryTarget<'data'>): Promise<void> {
  const { name } = target.entry;
  const { session } = await sessionFor(parts, target);
  const { objects, connection } = session.cloud;
  const run = `data.${name}`;
  const title = `Uploading ${run}`;
  const planned = await withCancel(`${title}: comparing with S3`, async (_report, signal) => {
    const region = await objects.bucketRegion(session.bucket, signal);
    return { exists: region !== undefined, ...(await planDataEntry(session, name, region !== undefined, signal)) };
  });
  const { upload, gate, exists } = planned;
  if (!upload || gate.level === 'red') throw new UserError(`${gate.evidence}. ${gate.fix ?? ''}`);
  const { send, unchanged, bucket, prefix } = upload.plan;
  const uri = `s3://${bucket}/${prefix}`;
  if (send.length === 0) {
    void vscode.window.showInformationMessage(
      `Nothing to send: all ${unchanged.length} files are under ${uri} already.`,
    );
    return;
  }
  const bytes = send.reduce((sum, { size }) => sum + size, 0);
  const detail = [
    `${send.length} files, ${megabytes(bytes)}, go to ${uri} (account ${connection.account}).`,
    ...(unchanged.length > 0 ? [`${unchanged.length} files are there already and are not sent again.`] : []),
    ...(exists ? [] : [`The bucket ${bucket} will be created.`]),
  ].join('\n');
  const go = await vscode.window.showInformationMessage(`Upload ${run}?`, { modal: true, detail }, 'Upload');
  if (go !== 'Upload') return;
  const mutate = session.mutate(run);
  await withCancel(title, async (report, signal) => {
    if (!exists) await mutate(objects.createBucket(bucket), { entry: run });
    const sending = uploadFolder(objects, upload.plan, upload.manifest, signal, (progress) =>
      report(...uploaded(name, progress)),
    );
    await mutate(sending, { entry: run }).catch(leftInS3);
  });
  void vscode.window.showInformationMessage(`${send.length} files, ${megabytes(bytes)}, are now under ${uri}.`);
}

function uploaded(data: string, { files, ofFiles, bytes, ofBytes }: UploadProgress): [string, number] {
  const percent = ofBytes === 0 ? 100 : (100 * bytes) / ofBytes;
  return [`data.${data}: ${files} of ${ofFiles} files, ${megabytes(bytes)} of ${megabytes(ofBytes)}`, percent];
}

/** A cancelled upload is no error, but the person should know what became of it. */
function leftInS3(error: unknown): never {
  if (error instanceof Error && error.name === 'AbortError') {
    void vscode.window.showInformationMessage(
      'Cancelled. What was sent stays in S3 and is not sent again; no job was created.',
    );
  }
  throw error;
}

/** A run that was launched from here has ended: said once, whichever window hears of it. */
async function tellEnd({ record }: EndedRun): Promise<void> {
  const { id, entry, outcome, started, ended, failure } = record;
  const isJob = entry.startsWith('jobs.');
  const target: ResourceTarget = {
    resource: {
      kind: isJob ? 'training-job' : 'endpoint',
      name: isJob ? id : (record.results.endpoint ?? ''),
      arn: '',
    },
  };
  const took = duration(new Date(ended ?? started).getTime() - new Date(started).getTime());
  if (outcome === 'Completed') {
    const result = chiefResult(record);
    const text = `${entry} completed in ${took}${result === undefined ? '' : `: ${result}`}.`;
    const picked = await vscode.window.showInformationMessage(text, 'Deploy…', 'Show');
    if (picked === 'Deploy…') await vscode.commands.executeCommand(commands.deployEndpoint, target);
    if (picked === 'Show') await vscode.commands.executeCommand(commands.openJob, target);
  } else if (outcome === 'InService') {
    const picked = await vscode.window.showInformationMessage(`${target.resource.name} is in service.`, 'Test');
    if (picked) await vscode.commands.executeCommand(commands.testEndpoint, target);
  } else if (outcome === 'Failed') {
    const picked = await vscode.window.showErrorMessage(
      `${entry} failed after ${took}: ${failure ?? 'no reason was given'}`,
      'Show Log',
    );
    if (picked) await vscode.commands.executeCommand(commands.showResourceLog, target);
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
