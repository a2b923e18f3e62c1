import path from 'node:path';
import { picturesIn } from '../testBench/pictures.js';

/** A picture of a data folder, to try an endpoint with. */
export interface Sample {
  readonly file: string;
  readonly contentType: string;
  /** The class folder that it lies in; undefined when the folder is not an image folder. */
  readonly expected: string | undefined;
}

const contentTypes: Readonly<Record<string, string>> = {
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.png': 'image/png',
};

/**
 * Pictures to try a model on: the first of each of the first `count` classes of `test`, which training has not seen; of
 * the folder itself where there is no such split.
 */
export async function samplesOf(folder: string, count: number, signal: AbortSignal): Promise<Sample[]> {
  const samples = new Map<string | undefined, Sample>();
  for (const { file, expected } of await picturesIn(folder, signal)) {
    const contentType = contentTypes[path.extname(file).toLowerCase()];
    if (contentType === undefined || samples.has(expected)) continue;
    samples.set(expected, { file, contentType, expected });
    if (samples.size === count) break;
  }
  return [...samples.values()];
}
