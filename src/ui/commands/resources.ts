import { setTimeout as delay } from 'node:timers/promises';
import * as vscode from 'vscode';
import type { Change } from '../../aws/change.js';
import type { Cloud } from '../../aws/cloud.js';
import { commands } from '../../contributions.js';
import { UserError } from '../../core/errors.js';
import { usd } from '../../costs/estimate.js';
import { deleteEndpoint } from '../../hosting/deleteEndpoint.js';
import { untilSettled } from '../../hosting/deploy.js';
import { type Kind, kinds } from '../../inventory/resource.js';
import type { Parts } from '../parts.js';
import { hourly } from '../tree/rows.js';
import { changing } from './mutations.js';
import { withCancel } from './progress.js';
import { isResource, pickResource, type ResourceTarget } from './targets.js';

type Needed = Pick<Parts, 'inventory' | 'connections' | 'runs' | 'log' | 'command' | 'storage'>;

/** Commands that end or copy something that is in the cloud. */
export function registerResources(parts: Needed): vscode.Disposable[] {
  const { command, inventory } = parts;
  const one = async <K extends Kind>(
    argument: unknown,
    kind: K,
    title: string,
  ): Promise<ResourceTarget<K> | undefined> =>
    isResource(argument, kind) ? argument : pickResource(inventory, kind, title);
  return [
    command(commands.stopJob, async (argument: unknown) => {
      const target = isResource(argument, 'training-job')
        ? argument
        : await pickResource(inventory, 'training-job', 'Stop training job', ({ state }) => state === 'InProgress');
      if (target) await stopJob(parts, target);
    }),
    command(commands.stopTuningJob, async (argument: unknown) => {
      const target = isResource(argument, 'tuning-job')
        ? argument
        : await pickResource(inventory, 'tuning-job', 'Stop tuning job', ({ state }) => state === 'InProgress');
      if (target) await stopTuningJob(parts, target);
    }),
    command(commands.deployBest, async (argument: unknown) => {
      const target = isResource(argument, 'tuning-job')
        ? argument
        : await pickResource(inventory, 'tuning-job', 'Deploy the best of', ({ trials }) => trials.completed > 0);
      if (target) await deployBest(parts, target);
    }),
    command(commands.deleteEndpoint, async (argument: unknown) => {
      const target = await one(argument, 'endpoint', 'Delete endpoint');
      if (target) await removeEndpoint(parts, target);
    }),
    command(commands.deleteModel, async (argument: unknown) => {
      const target = await one(argument, 'model', 'Delete model');
      if (target) await removeModel(parts, target);
    }),
    command(commands.copyArn, async (argument: unknown) => {
      const known = kinds.find((kind) => isResource(argument, kind));
      const target = known ? (argument as ResourceTarget) : await one(undefined, 'training-job', 'Copy the ARN of');
      if (!target) return;
      await vscode.env.clipboard.writeText(target.resource.arn);
      vscode.window.setStatusBarMessage(`Copied ${target.resource.arn}`, 4000);
    }),
  ];
}

async function stopJob(parts: Needed, { resource: { name } }: ResourceTarget): Promise<void> {
  const detail = 'It has two minutes to save what it has. Its model so far and its log are kept.';
  if ((await vscode.window.showWarningMessage(`Stop ${name}?`, { modal: true, detail }, 'Stop Job')) !== 'Stop Job')
    return;
  await stop(parts, name, 'training-job', ({ trainingJobs }) => trainingJobs);
}

async function stopTuningJob(parts: Needed, { resource: { name } }: ResourceTarget): Promise<void> {
  const detail = [
    'No more trials are started. Those that run have two minutes to save what they have.',
    'All trials stay as training jobs, with their models, metrics and logs; the best one so far can be deployed.',
    'A stopped tuning job does not go on later.',
  ].join('\n');
  const answer = await vscode.window.showWarningMessage(`Stop ${name}?`, { modal: true, detail }, 'Stop Tuning Job');
  if (answer === 'Stop Tuning Job') await stop(parts, name, 'tuning-job', ({ tuningJobs }) => tuningJobs);
}

interface Stoppable {
  stop(name: string): Change;
  describe(name: string, signal: AbortSignal): Promise<{ readonly state: string }>;
}

/** Cancelling ends the waiting: a service does not take an order back. */
async function stop(parts: Needed, name: string, kind: Kind, gatewayOf: (cloud: Cloud) => Stoppable): Promise<void> {
  const { cloud, mutate } = await changing(parts, name);
  const gateway = gatewayOf(cloud);
  await withCancel(`Stopping ${name}`, async (_report, signal) => {
    await mutate(gateway.stop(name));
    parts.inventory.touch(kind);
    for (;;) {
      const { state } = await gateway.describe(name, signal);
      if (state !== 'InProgress' && state !== 'Stopping') break;
      await delay(cloud.connection.intervals.describe, undefined, { signal });
    }
  });
  parts.inventory.touch(kind);
}

/** Hands the winner of a tuning job on to the deployment of training jobs. */
async function deployBest({ connections }: Needed, { resource: { name } }: ResourceTarget): Promise<void> {
  const cloud = await connections.cloud();
  const { best, objective } = await cloud.tuningJobs.describe(name, AbortSignal.timeout(30_000));
  if (!best) throw new UserError(`${name} has no best trial yet: none has reported ${objective.metric}.`);
  const resource = { kind: 'training-job' as const, name: best.name, arn: best.arn };
  await vscode.commands.executeCommand(commands.deployEndpoint, { resource });
}

async function removeEndpoint(parts: Needed, { resource: { name } }: ResourceTarget): Promise<void> {
  const { cloud, mutate } = await changing(parts, name);
  const found = await cloud.endpoints.detail(name, AbortSignal.timeout(30_000));
  const price = hourly(found);
  const models = found.variants.flatMap(({ model }) => model ?? []);
  const detail = [
    'Deleted in this order:',
    `• endpoint ${name}${price === undefined ? '' : `, which saves about ${usd(price)}/h on AWS`}`,
    `• configuration ${found.config}`,
    ...models.map((model) => `• model ${model}`),
    'The model archives in S3 and the logs stay.',
  ].join('\n');
  if ((await vscode.window.showWarningMessage(`Delete ${name}?`, { modal: true, detail }, 'Delete')) !== 'Delete')
    return;
  const done = await withCancel(`Deleting ${name}`, async (report, signal) => {
    report('waiting until nothing is under way with it');
    await untilSettled(cloud, name, signal);
    report('endpoint, configuration, models');
    return deleteEndpoint(cloud, mutate, name, signal);
  });
  parts.inventory.touch('endpoint');
  await parts.inventory.refresh('endpoint', 'model');
  vscode.window.setStatusBarMessage(
    done ? `Deleted ${name} with its configuration and model` : `${name} was gone already`,
    6000,
  );
}

async function removeModel(parts: Needed, { resource: { name } }: ResourceTarget): Promise<void> {
  const { cloud, mutate } = await changing(parts, name);
  for (const endpoint of parts.inventory.collection('endpoint').items) {
    const detail =
      parts.inventory.detail(endpoint, true) ??
      (await cloud.endpoints.detail(endpoint.name, AbortSignal.timeout(30_000)));
    if (detail.variants.some(({ model }) => model === name)) {
      throw new UserError(`Endpoint ${endpoint.name} serves ${name}: delete the endpoint, and the model goes with it.`);
    }
  }
  const detail = 'The archive in S3 stays, and a model can be made from it again.';
  if ((await vscode.window.showWarningMessage(`Delete model ${name}?`, { modal: true, detail }, 'Delete')) !== 'Delete')
    return;
  await mutate(cloud.models.delete(name));
  await parts.inventory.refresh('model');
}
