import type * as vscode from 'vscode';
import { commands } from '../../contributions.js';
import { isHost, isResource, pickResource, type ResourceTarget } from '../commands/targets.js';
import type { Parts } from '../parts.js';
import { LogDocuments, type LoggedKind, loggedKinds } from './logDocuments.js';

/** Logs of jobs and endpoints as live, read-only documents. */
export function registerLogs({
  command,
  inventory,
  logs,
}: Pick<Parts, 'command' | 'inventory' | 'logs'>): vscode.Disposable[] {
  return [
    command(commands.showResourceLog, async (argument: unknown) => {
      const target = isLogged(argument) ? argument : await pickResource(inventory, 'training-job', 'Show the log of');
      if (!target) return;
      const { kind, name } = target.resource;
      await logs.show(LogDocuments.uri(kind, name, isHost(argument) ? argument.host : undefined));
    }),
  ];
}

function isLogged(argument: unknown): argument is ResourceTarget<LoggedKind> {
  return loggedKinds.some((kind) => isResource(argument, kind));
}
