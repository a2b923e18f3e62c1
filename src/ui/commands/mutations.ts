import type { Mutate } from '../../aws/change.js';
import type { Cloud } from '../../aws/cloud.js';
import { Ledger } from '../../launch/ledger.js';
import { mutator } from '../../launch/mutate.js';
import type { RunHistory } from '../../launch/runHistory.js';
import { StateFolder } from '../../launch/stateFolder.js';

/**
 * How to change a resource that is already there: with the ledger of the workspace that launched it, else of the first
 * one that is open, else of the extension's own folder, so that nothing is ever changed that is not written down.
 */
export async function mutationOf(
  runs: RunHistory,
  cloud: Cloud,
  resource: string,
  folders: readonly string[],
  log: (line: string) => void,
): Promise<Mutate> {
  const run = runs.find(resource);
  const [first] = folders;
  const workspace = run?.workspace ?? first;
  if (workspace === undefined) throw new Error('There is no folder for the ledger.');
  const state = await StateFolder.open(workspace);
  const { account, region } = cloud.connection;
  const ledger = new Ledger(state.ledger(), () => new Date());
  return mutator(ledger, { account, region, ...(run && { run: run.record.id }) }, log);
}
