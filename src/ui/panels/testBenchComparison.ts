import { compare, type Difference, type RankedPrediction } from '../../testBench/compare.js';
import type { Classification } from '../../testBench/classes.js';
import type { NamedClasses } from '../../testBench/namedClasses.js';
import { targetName } from '../../testBench/target.js';
import type { ComparedClass, Comparison, Outcome } from './testBench.protocol.js';
import { scoreText } from './testBenchView.js';

/** One side of a comparison. */
interface Side {
  readonly outcome: Outcome;
  readonly named: NamedClasses | undefined;
}

/** What two targets answered to the same input, class by class. */
export function comparisonOf(id: number, first: Side, second: Side): Comparison {
  const outcomes = [first.outcome, second.outcome] as const;
  const names = outcomes.map(({ target }) => targetName(target));
  const comparison = { type: 'comparison', id, outcomes } as const;
  const [left, right] = [first.named?.rows[0], second.named?.rows[0]];
  if (!left || !right) return { ...comparison, verdict: unlike(outcomes, names), rows: [] };
  const difference = compare(left, right);
  const evidence = evidenceOf(difference);
  return {
    ...comparison,
    verdict: verdict(names.join(' and '), difference),
    ...evidence,
    rows: difference.classes.map(({ name, left: a, right: b, differs }) => ({
      ...{ name, differs },
      cells: [cellOf(a, left.kind), cellOf(b, right.kind)],
    })),
  };
}

function cellOf(
  prediction: RankedPrediction | undefined,
  kind: Classification['kind'],
): ComparedClass['cells'][number] {
  return prediction && { probability: prediction.probability, score: scoreText(prediction.score, kind) };
}

function evidenceOf({ equal, classes, probability }: Difference): Pick<Comparison, 'evidence'> {
  if (equal) return {};
  if (!classes.some(({ left, right }) => left && right))
    return { evidence: 'They have no class in common, so no number can be compared: look at their names.' };
  return { evidence: `Probabilities differ by at most ${(probability * 100).toFixed(2)} percentage points.` };
}

function verdict(both: string, { equal, sameFirst, classes }: Difference): string {
  const named = classes.filter(({ left, right }) => left && right).length;
  if (equal) return `${both} agree on all ${named} scores`;
  const differing = classes.filter(({ differs }) => differs).length;
  return `${both} ${sameFirst ? 'agree' : 'disagree'} on the class; ${differing} of ${classes.length} scores differ`;
}

function unlike(outcomes: readonly Outcome[], names: readonly string[]): string {
  const failed = outcomes.flatMap(({ type }, index) => (type === 'failure' ? [names[index]] : []));
  if (failed.length === 2) return `${names.join(' and ')} both failed`;
  if (failed.length === 1) return `${failed[0]} failed, and the other one answered`;
  const [a, b] = outcomes.map((outcome) => (outcome.type === 'answer' ? outcome.text : ''));
  return a === b ? `${names.join(' and ')} answer the same` : `${names.join(' and ')} answer differently`;
}
