import { type Classification, classKey, type Prediction } from './classes.js';

/** How two answers to the same input differ. */
export interface Difference {
  /** Every class that both name has the same score (or, where one gives probabilities alone, the same probability). */
  readonly equal: boolean;
  /** The classes that both name come in the same order. */
  readonly sameOrder: boolean;
  readonly sameFirst: boolean;
  /** Largest absolute differences over the classes that both name. */
  readonly probability: number;
  readonly score: number;
  /** By the left one's order; those that the right one alone names come last. */
  readonly classes: readonly ClassDifference[];
}

export interface ClassDifference {
  readonly name: string;
  readonly left: RankedPrediction | undefined;
  readonly right: RankedPrediction | undefined;
  readonly differs: boolean;
}

export interface RankedPrediction extends Prediction {
  /** From 1. */
  readonly rank: number;
}

/**
 * Scores that differ by less, relative to their size above 1, are the same: sums of 32-bit floats depend on the order
 * in which threads add them up.
 */
const tolerance = 1e-4;

/** Compares by name, so that an answer with the best five alone can stand beside one of all classes. */
export function compare(left: Classification, right: Classification): Difference {
  const lefts = ranked(left);
  const rights = ranked(right);
  const sameKind = left.kind === right.kind;
  const classes = [...new Set([...lefts.keys(), ...rights.keys()])].map((key): ClassDifference => {
    const [a, b] = [lefts.get(key), rights.get(key)];
    const numbers = a && b && (sameKind ? !isClose(a.score, b.score) : !isClose(a.probability, b.probability));
    return { name: (a ?? b)!.name, left: a, right: b, differs: numbers ?? true };
  });
  const both = classes.flatMap(({ left: a, right: b }) => (a && b ? [{ a, b }] : []));
  const order = (ranks: readonly number[]) => ranks.every((rank, index) => index === 0 || rank > ranks[index - 1]!);
  const largest = (differences: readonly number[]) => differences.reduce((most, each) => Math.max(most, each), 0);
  return {
    equal: both.length > 0 && classes.every(({ differs, left: a, right: b }) => !(a && b) || !differs),
    sameOrder: order(both.map(({ b }) => b.rank)),
    sameFirst: classKey(left.predictions[0]?.name ?? '') === classKey(right.predictions[0]?.name ?? ''),
    probability: largest(both.map(({ a, b }) => Math.abs(a.probability - b.probability))),
    score: sameKind ? largest(both.map(({ a, b }) => distance(a.score, b.score))) : 0,
    classes,
  };
}

/** Two impossible classes are the same: their difference is no number. */
function distance(a: number, b: number): number {
  return a === b ? 0 : Math.abs(a - b);
}

function isClose(a: number, b: number): boolean {
  return a === b || Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(a), Math.abs(b));
}

function ranked({ predictions }: Classification): Map<string, RankedPrediction> {
  return new Map(predictions.map((each, index) => [classKey(each.name), { ...each, rank: index + 1 }]));
}

/** What comparing one picture after another says in all. */
export interface ComparisonSummary {
  readonly compared: number;
  readonly equal: number;
  /** The likeliest class is the same, whatever the numbers. */
  readonly sameFirst: number;
  /** The largest difference of a class in any of them. */
  readonly probability: number;
  readonly score: number;
}

/** @param differences of the pictures that both have answered */
export function summarizeDifferences(differences: readonly Difference[]): ComparisonSummary {
  const largest = (of: (difference: Difference) => number) =>
    differences.reduce((most, each) => Math.max(most, of(each)), 0);
  return {
    compared: differences.length,
    equal: differences.filter(({ equal }) => equal).length,
    sameFirst: differences.filter(({ sameFirst }) => sameFirst).length,
    probability: largest(({ probability }) => probability),
    score: largest(({ score }) => score),
  };
}
