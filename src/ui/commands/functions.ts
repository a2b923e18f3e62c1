import * as vscode from 'vscode';
import { commands } from '../../contributions.js';
import { isCancellation, UserError } from '../../core/errors.js';
import { priceOfCalls } from '../../costs/functions.js';
import { deleteFunction, type FunctionDeletion, functionDeletion } from '../../functions/deleteFunction.js';
import { functionSummary, launchFunction, type ReadyFunction, requestsOf } from '../../launch/launchFunction.js';
import { planFunction } from '../../launch/planFunction.js';
import type { Session } from '../../launch/session.js';
import { askToLaunch } from '../panels/launch.js';
import type { Parts } from '../parts.js';
import { changing } from './mutations.js';
import { withCancel } from './progress.js';
import { sessionFor } from './session.js';
import { type EntryTarget, isEntry, isResource, pickEntry, pickResource, type ResourceTarget } from './targets.js';

/** Deploying and deleting functions. */
export function registerFunctions(parts: Parts): vscode.Disposable[] {
  const { command, projectFiles, inventory } = parts;
  return [
    command(commands.deployFunction, async (argument: unknown) => {
      const target = isEntry(argument, 'functions') ? argument : await pickEntry(projectFiles, 'functions', 'Deploy');
      if (target) await deployFunction(parts, target);
    }),
    command(commands.deleteFunction, async (argument: unknown) => {
      const target = isResource(argument, 'function')
        ? argument
        : await pickResource(inventory, 'function', 'Delete function');
      if (target) await removeFunction(parts, target);
    }),
  ];
}

async function deployFunction(parts: Parts, target: EntryTarget<'functions'>): Promise<void> {
  const { name } = target.entry;
  const { folder } = await sessionFor(parts, target);
  const plan = async (signal: AbortSignal) => {
    // Each time anew: the file may have been saved since, and keys may have been renewed.
    const { session } = await sessionFor(parts, target);
    const launch = await planFunction(session, name, signal);
    const { ready, estimate } = launch;
    const { memorySize, provisionedConcurrency } = session.project.functions[name]!;
    return {
      session,
      launch,
      summary: functionSummary(session, launch),
      verb: 'Deploy' as const,
      priced: estimate && `${provisionedConcurrency} environments of ${memorySize} MB, started ahead`,
      priceOfCalls,
      maxRuntime: undefined,
      uploads: [],
      requests: ready && requestsOf(ready.plan, ready.before, ready.changes),
      estimate,
      differences: ready?.changes.differences ?? [],
    };
  };
  const agreed = await askToLaunch(parts, { entry: `functions.${name}`, action: 'Deploy', plan, folder });
  if (!agreed?.launch.ready) return;
  await deploy(parts, target, agreed.session, { ...agreed.launch, ready: agreed.launch.ready });
}

async function deploy(
  { runs, inventory }: Parts,
  target: EntryTarget<'functions'>,
  session: Session,
  launch: ReadyFunction,
): Promise<void> {
  const { name, ready } = launch;
  const { alias } = ready.plan;
  if (!ready.anything) {
    void vscode.window.showInformationMessage(
      `Nothing to deploy: ${alias} of ${name} has this code and configuration.`,
    );
    return;
  }
  const resource: ResourceTarget<'function'>['resource'] = { kind: 'function', name, arn: '' };
  const steps: string[] = [];
  try {
    await withCancel(`Deploying ${name}`, async (report, signal) =>
      launchFunction(
        session,
        launch,
        (step) => {
          steps.push(step);
          report(step);
          inventory.touch('function');
        },
        signal,
      ),
    );
  } catch (error) {
    if (isCancellation(error)) void tellLeftBehind(steps, name);
    if (!(error instanceof UserError)) throw error;
    const run = () => vscode.commands.executeCommand<void>(commands.deployFunction, target);
    // The last one is what has failed.
    throw new UserError(`${error.message}${leftBehind(steps.slice(0, -1))}`, {
      cause: error,
      remedy: { label: 'Deploy Again', run },
    });
  } finally {
    inventory.touch('function');
    await runs.read(session.workspace);
  }
  void vscode.window
    .showInformationMessage(`${name} is deployed, and ${alias} leads to it.`, 'Test')
    .then((picked) =>
      picked === undefined
        ? undefined
        : vscode.commands.executeCommand(commands.testFunction, { resource, qualifier: alias }),
    );
}

/** A service does not take an order back: what was done stays, and the next deployment goes on from there. */
function leftBehind(steps: readonly string[]): string {
  return steps.length === 0
    ? ''
    : ` What was done before stays: ${steps.join(', ')}. Deploying again goes on from there.`;
}

async function tellLeftBehind(steps: readonly string[], name: string): Promise<void> {
  await vscode.window.showInformationMessage(
    steps.length === 0
      ? 'Cancelled before anything was made.'
      : `You do not wait for ${name} any more.${leftBehind(steps)}`,
  );
}

async function removeFunction(parts: Parts, { resource: { name } }: ResourceTarget): Promise<void> {
  const { cloud, mutate } = await changing(parts, name);
  const found = await functionDeletion(cloud, name, AbortSignal.timeout(30_000));
  const answer =
    found &&
    (await vscode.window.showWarningMessage(`Delete ${name}?`, { modal: true, detail: detailOf(found) }, 'Delete'));
  if (found && answer !== 'Delete') return;
  try {
    if (found) await withCancel(`Deleting ${name}`, (_, signal) => deleteFunction(cloud, mutate, found, signal));
  } catch (error) {
    if (isCancellation(error)) {
      void vscode.window.showInformationMessage(
        `${name} stays, without what was deleted before. Deleting it again goes on from there.`,
      );
    }
    throw error;
  } finally {
    await parts.inventory.refresh('function');
  }
  vscode.window.setStatusBarMessage(found ? `Deleted ${name}` : `${name} was gone already`, 6000);
}

/** What goes, in its order, and what stays. */
function detailOf({ name, provisioned, aliases, versions, role, roleStays, logGroup }: FunctionDeletion): string {
  return [
    'Deleted in this order:',
    ...provisioned.map((qualifier) => `• what is provisioned for ${qualifier}`),
    ...aliases.map((alias) => `• alias ${alias}`),
    `• function ${name}${versions === 0 ? '' : `, with ${versions === 1 ? 'its version' : `its ${versions} versions`}`}`,
    ...(role ? [`• role ${role.name}, which was made for it, with its policy`] : []),
    ...(roleStays === undefined ? [] : [`Its role stays: ${roleStays}.`]),
    `Its log (${logGroup}) stays.`,
  ].join('\n');
}
