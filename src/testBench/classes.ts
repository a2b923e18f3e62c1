/** A class and how sure the model is of it. */
export interface Prediction {
  /** Position in the answer. */
  readonly index: number;
  readonly name: string;
  /** The model's own number. */
  readonly score: number;
  /** 0 to 1. */
  readonly probability: number;
}

/** What a model's numbers look like. Nothing in an answer says it: a person is told what was taken for what. */
export type NumberKind = 'scores' | 'probabilities' | 'log-probabilities';

/** What a model says of one input. */
export interface Classification {
  readonly kind: NumberKind;
  /** Of the model's own numbers. */
  readonly sum: number;
  /** The likeliest first. */
  readonly predictions: readonly Prediction[];
  /** Whether the answer says next to nothing (`isFlat`). */
  readonly flat: boolean;
}

/**
 * @param numbers one for each class; -Infinity is a class that cannot be
 * @param names by position; classes without one are numbered
 * @param given probabilities that the answer brings beside its scores
 */
export function classify(
  numbers: readonly number[],
  names: readonly string[] = [],
  given?: readonly number[],
): Classification {
  const kind = given ? 'probabilities' : kindOf(numbers);
  const probabilities = given ?? (kind === 'probabilities' ? numbers : softmax(numbers));
  const predictions = numbers
    .map((score, index) => {
      const name = readableName(names[index] ?? `class ${index}`);
      return { index, name, score, probability: probabilities[index] ?? 0 };
    })
    .sort((a, b) => b.probability - a.probability);
  return { kind, sum: total(numbers), predictions, flat: isFlat(probabilities) };
}

/** Shifted by the largest score, so that no exponential overflows. */
export function softmax(scores: readonly number[]): number[] {
  const largest = scores.reduce((found, score) => Math.max(found, score), -Infinity);
  const powers = scores.map((score) => Math.exp(score - largest));
  const sum = total(powers);
  return powers.map((power) => power / sum);
}

/**
 * Whether probabilities are nearly uniform: their entropy is at least 98 % of the largest possible, ln(classes). That is
 * a first class below 58 % of 2, below about 20 % of 10, and an answer spread over at least 120 of 133: no better than
 * a guess. Entropy looks at all classes, so one class a little ahead of 132 equal ones is still a guess.
 */
export function isFlat(probabilities: readonly number[]): boolean {
  const entropy = -total(probabilities.map((p) => (p > 0 ? p * Math.log(p) : 0)));
  // A few classes of many (`top_k`) say nothing of the others.
  const whole = Math.abs(total(probabilities) - 1) < 0.01;
  return whole && probabilities.length > 1 && entropy >= 0.98 * Math.log(probabilities.length);
}

/** As people write it: folders of data sets are called `023.Bernese_mountain_dog`. */
export function readableName(name: string): string {
  return name.replace(/^\d+\.(?=\p{L})/u, '').replaceAll('_', ' ');
}

/** Whether two names mean the same class, however they are written. */
export function isSameClass(a: string, b: string): boolean {
  return classKey(a) === classKey(b);
}

/** Equal for names that mean the same class. */
export function classKey(name: string): string {
  return readableName(name).replaceAll('-', ' ').trim().toLowerCase();
}

function kindOf(numbers: readonly number[]): NumberKind {
  const sumsToOne = (all: readonly number[]) => Math.abs(total(all) - 1) < 1e-3;
  if (numbers.every((number) => number >= 0 && number <= 1) && sumsToOne(numbers)) return 'probabilities';
  if (numbers.every((number) => number <= 0) && sumsToOne(numbers.map(Math.exp))) return 'log-probabilities';
  return 'scores';
}

function total(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}
