import type { ModelLabels } from '../../testBench/modelLabels.js';
import type { Parts } from '../parts.js';
import { Asker, type GivenPicture } from './testBenchAsk.js';
import type { Comparison, Outcome, Send, Sending, Target } from './testBench.protocol.js';
import { comparisonOf } from './testBenchComparison.js';
import { outcomeOf } from './testBenchView.js';

/** A target as it is asked now: in the cloud that is connected, which a script does not wait for. */
export async function askerOf(parts: Parts, labels: ModelLabels, target: Target): Promise<Asker> {
  const { connections, projectFiles } = parts;
  const connected = connections.state.status === 'connected' ? connections.state.cloud : undefined;
  const cloud = target.kind === 'script' ? connected : await connections.cloud();
  return new Asker(parts, cloud, target, await projectFiles.all(), labels);
}

/**
 * Asks one target, or two the same, one after the other.
 * @param progress told what is waited for
 * @throws cancellations, and UserErrors
 */
export async function send(
  parts: Parts,
  labels: ModelLabels,
  { id, target, other, input }: Send,
  picture: GivenPicture | undefined,
  connection: string,
  progress: (target: Target, phase: Sending['phase']) => void,
  signal: AbortSignal,
): Promise<Outcome | Comparison> {
  const expected = input.picture?.expected;
  const ask = async (one: Target) => {
    const asker = await askerOf(parts, labels, one);
    signal.throwIfAborted();
    progress(one, 'answer');
    const { reply, named } = await asker.ask(input, picture, () => progress(one, 'names'), signal);
    const outcome = outcomeOf({ id, target: one, connection, expected }, reply, named);
    if (outcome.type === 'failure' && outcome.gone && one.kind !== 'script') parts.inventory.touch(one.kind);
    return { outcome, named };
  };
  const first = await ask(target);
  if (!other) return first.outcome;
  return comparisonOf(id, first, await ask(other));
}
