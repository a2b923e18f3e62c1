import * as vscode from 'vscode';
import type { Mutate } from '../../aws/change.js';
import type { Cloud } from '../../aws/cloud.js';
import { Ledger } from '../../launch/ledger.js';
import { mutator } from '../../launch/mutate.js';
import { StateFolder } from '../../launch/stateFolder.js';
import type { Parts } from '../parts.js';

/**
 * How to change a resource that is already there: with the ledger of the workspace that launched it, else of the first
 * one that is open, else of the extension's own folder, so that nothing is ever changed that is not written down.
 */
export async function changing(
  { connections, runs, log, storage }: Pick<Parts, 'connections' | 'runs' | 'log' | 'storage'>,
  resource: string,
): Promise<{ readonly cloud: Cloud; readonly mutate: Mutate }> {
  const cloud = await connections.cloud();
  const run = runs.find(resource);
  const [first = storage] = (vscode.workspace.workspaceFolders ?? []).map(({ uri }) => uri);
  const state = await StateFolder.open(run?.workspace ?? first.fsPath);
  const { account, region } = cloud.connection;
  const ledger = new Ledger(state.ledger(), () => new Date());
  const scope = { account, region, ...(run && { run: run.record.id }) };
  return { cloud, mutate: mutator(ledger, scope, (line) => log.info(line)) };
}
