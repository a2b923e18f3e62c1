import type { AnswerReading } from './answers.js';
import { type Classification, classify } from './classes.js';
import { chooseLabels, type Labels, type LabelSource } from './labels.js';

/** The classes of an answer, with their names. */
export interface NamedClasses {
  /** One for each input; of very many the first. */
  readonly rows: readonly Classification[];
  readonly inputs: number;
  /** Undefined: nobody knows names for so many classes. */
  readonly labels: Labels | undefined;
  /** A sentence for each place that had names and was passed over: of another length, or not to be read. */
  readonly passed: readonly string[];
}

/** More inputs than these are counted alone. */
const mostRows = 100;

/** @param sources of names, asked in this order when the answer brings none itself */
export async function namedClasses(
  reading: Extract<AnswerReading, { kind: 'classes' }>,
  sources: readonly LabelSource[],
  signal: AbortSignal,
): Promise<NamedClasses> {
  const own: LabelSource = { from: 'the answer', read: async () => reading.names };
  const { labels, passed } = await chooseLabels(reading.rows[0]?.length ?? 0, [own, ...sources], signal);
  const rows = reading.rows
    .slice(0, mostRows)
    .map((numbers, row) => classify(numbers, labels?.names, reading.probabilities?.[row]));
  return { rows, inputs: reading.rows.length, labels, passed };
}

/** The same source, asked once: a batch must not describe its endpoint for every picture. */
export function askedOnce({ from, read }: LabelSource): LabelSource {
  let names: Promise<readonly string[] | undefined> | undefined;
  return { from, read: (signal) => (names ??= read(signal)) };
}
