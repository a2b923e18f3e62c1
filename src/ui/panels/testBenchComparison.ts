import { isSameClass } from '../../testBench/classes.js';
import type { NamedClasses } from '../../testBench/namedClasses.js';
import { targetName } from '../../testBench/target.js';
import type { ComparedClass, Comparison, Outcome } from './testBench.protocol.js';

/** One side of a comparison. */
interface Side {
  readonly outcome: Outcome;
  readonly named: NamedClasses | undefined;
}

/** Scores of one model differ by rounding alone when they were added up in another order, or printed with fewer digits. */
const tolerance = 1e-4;

/** What two targets answered to the same input, class by class. */
export function comparisonOf(id: number, first: Side, second: Side): Comparison {
  const outcomes = [first.outcome, second.outcome] as const;
  const names = outcomes.map(({ target }) => targetName(target));
  const comparison = { type: 'comparison', id, outcomes } as const;
  const [a, b] = [first.named?.rows[0], second.named?.rows[0]];
  if (!a || !b) return { ...comparison, verdict: unlike(outcomes, names), rows: [] };
  const others = new Map(b.predictions.map((prediction) => [prediction.name, prediction]));
  const shown = rowsOf(first.outcome);
  const shownOther = new Map(rowsOf(second.outcome).map((row) => [row.name, row]));
  const rows = a.predictions.map(({ name, probability, score }, position): ComparedClass => {
    const other = others.get(name) ?? b.predictions.find((each) => isSameClass(each.name, name));
    const cell = shown[position];
    const otherCell = shownOther.get(other?.name ?? name);
    const differs = !other || Math.abs(other.probability - probability) > tolerance || differ(score, other.score);
    return {
      name,
      cells: [cell, otherCell].map((each) => each && { probability: each.probability, score: each.score }),
      differs,
    };
  });
  const differing = rows.filter(({ differs }) => differs).length;
  const largest = Math.max(
    ...a.predictions.map(({ name, probability }) => Math.abs((others.get(name)?.probability ?? 0) - probability)),
  );
  const same = isSameClass(a.predictions[0]?.name ?? '', b.predictions[0]?.name ?? '');
  return {
    ...comparison,
    verdict: verdict(names, same, differing, rows.length),
    ...(differing > 0 && {
      evidence: `Probabilities differ by at most ${(largest * 100).toFixed(2)} percentage points.`,
    }),
    rows,
  };
}

function differ(a: number, b: number): boolean {
  return Math.abs(a - b) > tolerance * Math.max(1, Math.abs(a), Math.abs(b));
}

function verdict(names: readonly string[], same: boolean, differing: number, all: number): string {
  const both = names.join(' and ');
  if (differing === 0) return `${both} agree on all ${all} scores`;
  const scores = `${differing} of ${all} scores differ`;
  return same ? `${both} agree on the class; ${scores}` : `${both} disagree on the class; ${scores}`;
}

function unlike(outcomes: readonly Outcome[], names: readonly string[]): string {
  const failed = outcomes.flatMap(({ type }, index) => (type === 'failure' ? [names[index]] : []));
  if (failed.length === 2) return `${names.join(' and ')} both failed`;
  if (failed.length === 1) return `${failed[0]} failed, and the other one answered`;
  const [a, b] = outcomes.map((outcome) => (outcome.type === 'answer' ? outcome.text : ''));
  return a === b ? `${names.join(' and ')} answer the same` : `${names.join(' and ')} answer differently`;
}

function rowsOf(outcome: Outcome) {
  return outcome.type === 'answer' && outcome.content.kind === 'classes'
    ? (outcome.content.rows[0]?.classes ?? [])
    : [];
}
