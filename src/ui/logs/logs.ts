import * as vscode from 'vscode';
import { commands, settings } from '../../contributions.js';
import { JobWatches } from '../../jobs/jobWatch.js';
import { isHost, isResource, pickResource, type ResourceTarget } from '../commands/targets.js';
import { registerJobPanel } from '../panels/job.js';
import { registerTuningPanel } from '../panels/tuning.js';
import type { Parts } from '../parts.js';
import { LogDocuments, type LoggedKind, loggedKinds } from './logDocuments.js';
import { openOutput } from './openOutput.js';

/** Logs of jobs and endpoints as live, read-only documents, and the panels of jobs. */
export function registerWatching(parts: Parts): vscode.Disposable[] {
  const { command, connections, inventory } = parts;
  const mostLines = () => vscode.workspace.getConfiguration().get<number>(settings.logLines) ?? 10_000;
  const watches = new JobWatches(connections, mostLines);
  const documents = new LogDocuments(connections, watches);
  return [
    documents,
    ...registerJobPanel(parts, watches),
    ...registerTuningPanel(parts, documents),
    command(commands.showResourceLog, async (argument: unknown) => {
      const target = isLogged(argument) ? argument : await pickResource(inventory, 'training-job', 'Show the log of');
      if (!target) return;
      const { kind, name } = target.resource;
      await documents.show(LogDocuments.uri(kind, name, isHost(argument) ? argument.host : undefined));
    }),
    command(commands.openOutput, async (argument: unknown) => {
      const target = isResource(argument, 'training-job')
        ? argument
        : await pickResource(inventory, 'training-job', 'Output of');
      if (target) await openOutput(parts, target);
    }),
  ];
}

function isLogged(argument: unknown): argument is ResourceTarget<LoggedKind> {
  return loggedKinds.some((kind) => isResource(argument, kind));
}
