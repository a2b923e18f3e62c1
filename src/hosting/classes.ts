import * as v from 'valibot';

/** A class and how sure the model is of it. */
export interface Prediction {
  readonly name: string;
  /** The model's own number. */
  readonly score: number;
  /** Softmax of the scores over all classes, or the score itself where scores are probabilities already. */
  readonly probability: number;
}

const Scores = v.pipe(v.array(v.pipe(v.number(), v.finite())), v.minLength(1));
const Names = v.array(v.string());

/** What endpoints answer, in the order in which it is tried. */
const Answer = v.union([
  /** The toolkit's own output of a tensor: one row of scores for each input. */
  v.pipe(
    v.array(Scores),
    v.minLength(1),
    v.transform(([scores = []]) => ({ scores, names: undefined })),
  ),
  v.pipe(
    Scores,
    v.transform((scores) => ({ scores, names: undefined })),
  ),
  v.pipe(
    v.object({ scores: Scores, classes: Names }),
    v.transform(({ scores, classes }) => ({ scores, names: classes })),
  ),
  v.pipe(
    v.object({ scores: Scores, labels: v.nullable(Names) }),
    v.transform(({ scores, labels }) => ({ scores, names: labels ?? undefined })),
  ),
]);

/**
 * The classes in an answer, the likeliest first; undefined when the answer is nothing of the kind.
 * @param labels names by position, for answers that bring none
 */
export function classesIn(answer: unknown, labels: readonly string[] = []): Prediction[] | undefined {
  const parsed = v.safeParse(Answer, answer);
  if (!parsed.success) return undefined;
  const { scores, names = labels } = parsed.output;
  const probabilities = areProbabilities(scores) ? scores : softmax(scores);
  return scores
    .map((score, index) => ({ name: names[index] ?? `class ${index}`, score, probability: probabilities[index] ?? 0 }))
    .sort((a, b) => b.probability - a.probability);
}

/** Shifted by the largest score, so that no exponential overflows. */
export function softmax(scores: readonly number[]): number[] {
  const largest = Math.max(...scores);
  const powers = scores.map((score) => Math.exp(score - largest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

function areProbabilities(scores: readonly number[]): boolean {
  const sum = scores.reduce((total, score) => total + score, 0);
  return scores.length > 1 && scores.every((score) => score >= 0 && score <= 1) && Math.abs(sum - 1) < 1e-3;
}
