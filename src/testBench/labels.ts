import { messageOf } from '../core/errors.js';
import breeds from '../../resources/breeds.json' with { type: 'json' };

/** Class names by position, and where they were found: "labels.json in the model". */
export interface Labels {
  readonly names: readonly string[];
  readonly from: string;
}

/** A place where names may be; undefined when there are none. @throws when it cannot be read, which is said */
export interface LabelSource {
  readonly from: string;
  read(signal: AbortSignal): Promise<readonly string[] | undefined>;
}

/** The names that were chosen, with a sentence for each place that had some and was passed over. */
export interface ChosenLabels {
  readonly labels: Labels | undefined;
  readonly passed: readonly string[];
}

/** The first place that has as many names as there are classes; at last the course's 133 dog breeds, when there are 133. */
export async function chooseLabels(
  classes: number,
  sources: readonly LabelSource[],
  signal: AbortSignal,
): Promise<ChosenLabels> {
  const passed: string[] = [];
  for (const { from, read } of sources) {
    try {
      const names = await read(signal);
      if (names?.length === classes) return { labels: { names, from }, passed };
      if (names) passed.push(`Not used: ${from} (${names.length} names for ${classes} numbers).`);
    } catch (error) {
      signal.throwIfAborted();
      passed.push(`Not used: ${from} (${messageOf(error)}).`);
    }
  }
  const dogs = classes === breeds.length;
  return {
    labels: dogs ? { names: breeds, from: `the ${breeds.length} dog breeds of the course` } : undefined,
    passed,
  };
}

/**
 * Names out of a labels file: JSON as a list, as position to name, or as name to position (torchvision's
 * `class_to_idx`); otherwise one name a line. Undefined when it is none of these.
 */
export function readLabels(text: string): readonly string[] | undefined {
  const trimmed = text.replace(/^\uFEFF/, '').trim();
  if (trimmed === '') return undefined;
  if (!/^[[{]/.test(trimmed)) return trimmed.split(/\r?\n/).map((line) => line.trim());
  let value: unknown;
  try {
    value = JSON.parse(trimmed);
  } catch {
    return undefined;
  }
  if (Array.isArray(value)) return isAll(value, 'string') ? value : undefined;
  const entries = Object.entries(value as Record<string, unknown>);
  const values = entries.map(([, each]) => each);
  if (isAll(values, 'number')) return byPosition(entries.map(([name], row) => [values[row]!, name]));
  if (isAll(values, 'string')) return byPosition(entries.map(([position], row) => [Number(position), values[row]!]));
  return undefined;
}

function byPosition(entries: readonly (readonly [number, string])[]): readonly string[] | undefined {
  const names = Array<string | undefined>(entries.length).fill(undefined);
  for (const [position, name] of entries) if (position in names) names[position] = name;
  return isAll(names, 'string') ? names : undefined;
}

function isAll(values: readonly unknown[], type: 'string'): values is string[];
function isAll(values: readonly unknown[], type: 'number'): values is number[];
function isAll(values: readonly unknown[], type: string): boolean {
  return values.length > 0 && values.every((value) => typeof value === type);
}
