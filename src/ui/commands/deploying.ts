import * as vscode from 'vscode';
import { commands } from '../../contributions.js';
import { isCancellation, UserError } from '../../core/errors.js';
import { describeInstances, usd } from '../../costs/estimate.js';
import { deployModel, deploymentRequests } from '../../launch/deployModel.js';
import { endpointSummary } from '../../launch/mainJob.js';
import { type EndpointLaunch, planEndpoint } from '../../launch/planEndpoint.js';
import type { Session } from '../../launch/session.js';
import { askToLaunch } from '../panels/launch.js';
import type { Parts } from '../parts.js';
import { withCancel, withScratch } from './progress.js';
import { proposeEntry } from '../projectFile/proposeEntry.js';
import { sessionFor } from './session.js';
import { type EntryTarget, isEntry, isResource, pickEntry, type ResourceTarget } from './targets.js';

/** Deploys an `endpoints` entry, or the model of a finished job behind the entry that is for it. */
export async function deployEndpoint(parts: Parts, argument: unknown): Promise<void> {
  const chosen = isResource(argument, 'training-job')
    ? await entryForJob(parts, argument.resource.name)
    : isEntry(argument, 'endpoints')
      ? { target: argument }
      : { target: await pickEntry(parts.projectFiles, 'endpoints', 'Deploy') };
  if (!chosen?.target) return;
  const { target, ...given } = chosen;
  const { name } = target.entry;
  const { folder } = await sessionFor(parts, target);
  await withScratch(async (scratch) => {
    const plan = async (signal: AbortSignal) => {
      const { session } = await sessionFor(parts, target);
      const model = ('model' in given ? given.model : undefined) ?? modelOf(parts, session, name, target.entry.file);
      const launch = await planEndpoint(session, name, session.cloud.connection.executionRole, signal);
      const { instance } = session.project.endpoints[name]!;
      return {
        session,
        launch,
        model,
        summary: endpointSummary(session, launch),
        verb: 'Deploy' as const,
        priced: describeInstances(instance),
        maxRuntime: undefined,
        uploads: [
          { what: 'model with your inference code', name: `s3://${session.bucket}/${session.projectName}/models/…` },
        ],
        requests: launch.ready && deploymentRequests(launch.ready.plan(model)),
        estimate: launch.estimate,
      };
    };
    const agreed = await askToLaunch(parts, { entry: `endpoints.${name}`, action: 'Deploy', plan, folder });
    if (!agreed?.launch.ready) return;
    const { session, launch, model } = agreed;
    await deploy(parts, session, { ...launch, ready: agreed.launch.ready }, model, scratch);
  });
}

async function deploy(
  { runs, inventory }: Parts,
  session: Session,
  launch: EndpointLaunch & { readonly ready: NonNullable<EndpointLaunch['ready']> },
  model: string,
  scratch: string,
): Promise<void> {
  const { endpoint, run, estimate } = launch;
  const resource = { kind: 'endpoint' as const, name: endpoint, arn: '' };
  let made = false;
  try {
    await runs.during(run, session.workspace, () =>
      withCancel(`Deploying ${endpoint}`, async (report, signal) => {
        report('putting the inference code into the model');
        const observe = ({ state }: { readonly state: string }): void => {
          made = true;
          report(state === 'InService' ? 'in service' : `${state}: the container starts and loads the model`);
          inventory.touch('endpoint');
        };
        await deployModel(session, launch, model, scratch, observe, signal);
      }),
    );
  } catch (error) {
    inventory.touch('endpoint');
    if (isCancellation(error)) void tellLeftBehind(made, resource, estimate?.usdPerHour);
    else if (error instanceof UserError) throw withLog(error, resource);
    throw error;
  }
  inventory.touch('endpoint');
  inventory.touch('model');
  void vscode.window.showInformationMessage(`${endpoint} is in service.`, 'Test').then(async (picked) => {
    if (picked) await vscode.commands.executeCommand(commands.testEndpoint, { resource });
  });
}

/** Cancelling ends the waiting: a service does not take an order back. */
async function tellLeftBehind(
  made: boolean,
  resource: ResourceTarget['resource'],
  usdPerHour: number | undefined,
): Promise<void> {
  if (!made) {
    void vscode.window.showInformationMessage('Cancelled before an endpoint was created.');
    return;
  }
  const price = usdPerHour === undefined ? '' : `, which costs about ${usd(usdPerHour)}/h on AWS until it is deleted`;
  const text = `You do not wait any more, but ${resource.name} goes on being made${price}.`;
  if ((await vscode.window.showWarningMessage(text, 'Delete It')) !== undefined) {
    await vscode.commands.executeCommand(commands.deleteEndpoint, { resource });
  }
}

function withLog(error: UserError, resource: ResourceTarget['resource']): UserError {
  const run = () => vscode.commands.executeCommand<void>(commands.showResourceLog, { resource });
  return new UserError(error.message, { cause: error, remedy: { label: 'Show Log', run } });
}

/** The model that an entry names, or the newest that its job has left on this connection. */
function modelOf({ runs }: Parts, session: Session, name: string, file: string): string {
  const { model } = session.project.endpoints[name]!;
  if ('data' in model) return model.data;
  const found = runs.lastModel(session.workspace, model.from)?.results.model;
  if (found !== undefined) return found;
  const job = model.from.slice('jobs.'.length);
  const launchIt = { entry: { file, section: 'jobs', name: job } };
  throw new UserError(
    `${model.from} has no finished run on this connection, so there is no model for endpoints.${name} yet.`,
    {
      remedy: {
        label: `Launch ${model.from}`,
        run: () => vscode.commands.executeCommand<void>(commands.launchJob, launchIt),
      },
    },
  );
}

/** The endpoint entry that takes its model from the entry of a job, which is offered when there is none. */
async function entryForJob(
  { runs, projectFiles, connections }: Parts,
  job: string,
): Promise<{ readonly target: EntryTarget<'endpoints'>; readonly model: string } | undefined> {
  const cloud = await connections.cloud();
  const { model, state } = await cloud.trainingJobs.describe(job, AbortSignal.timeout(30_000));
  if (model === undefined || state !== 'Completed')
    throw new UserError(`${job} has left no finished model: it is ${state}.`);
  const from = (runs.find(job) ?? runs.findSearch(job))?.record.entry;
  const projects = await projectFiles.all();
  const targets = projects.flatMap(({ uri, reading }) =>
    Object.entries(reading.project?.endpoints ?? {}).flatMap(([name, endpoint]) => {
      const fits = from === undefined || ('from' in endpoint.model && endpoint.model.from === from);
      return fits
        ? [
            {
              label: `endpoints.${name}`,
              target: { entry: { file: uri.toString(), section: 'endpoints' as const, name } },
            },
          ]
        : [];
    }),
  );
  if (targets.length > 0) {
    const picked =
      targets.length === 1 ? targets[0] : await vscode.window.showQuickPick(targets, { title: `Deploy ${job} as` });
    return picked && { target: picked.target, model };
  }
  const [project] = projects;
  if (!project)
    throw new UserError('An endpoint is described in sagemaker.jsonc: make a project file in this folder first.');
  const value = {
    model: from === undefined ? { data: model } : { from },
    inference: 'inference.py',
    instance: { type: 'ml.m5.large', count: 1 },
  };
  await proposeEntry(project.uri, 'endpoints', 'classifier', value);
  void vscode.window.showInformationMessage(
    'No endpoint entry takes this model yet, so one is proposed here. Save it, then deploy it.',
  );
  return undefined;
}
