import { imageRemarks } from '../../testBench/imageRemarks.js';
import type { Asker, GivenPicture } from './testBenchAsk.js';
import type { Comparison, Outcome, Send, Sending, Target } from './testBench.protocol.js';
import { comparisonOf } from './testBenchComparison.js';
import { outcomeOf } from './testBenchView.js';

/**
 * Asks one target, or two the same, one after the other.
 * @param progress told what is waited for
 * @throws cancellations, and UserErrors
 */
export async function send(
  askerOf: (target: Target) => Promise<Asker>,
  { id, target, other, input }: Send,
  picture: GivenPicture | undefined,
  connection: string,
  progress: (target: Target, phase: Sending['phase']) => void,
  signal: AbortSignal,
): Promise<Outcome | Comparison> {
  const expected = input.picture?.expected;
  const remarks = picture ? imageRemarks(picture.bytes) : [];
  const ask = async (one: Target) => {
    const asker = await askerOf(one);
    signal.throwIfAborted();
    progress(one, 'answer');
    const { reply, named } = await asker.ask(input, picture, () => progress(one, 'names'), signal);
    const outcome = outcomeOf({ id, target: one, connection, expected }, reply, named);
    return { outcome: remarks.length > 0 ? { ...outcome, remarks } : outcome, named };
  };
  const first = await ask(target);
  if (!other) return first.outcome;
  return comparisonOf(id, first, await ask(other));
}
