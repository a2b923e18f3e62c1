import { readdir } from 'node:fs/promises';
import path from 'node:path';

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
export async function samplesOf(folder: string, count: number): Promise<Sample[]> {
  const splits = await folders(folder);
  const split = ['test', 'valid', 'validation'].find((name) => splits.includes(name));
  const root = split === undefined ? folder : path.join(folder, split);
  const classes = await folders(root);
  const places = classes.length > 0 ? classes.slice(0, count) : [undefined];
  const samples: Sample[] = [];
  for (const expected of places) {
    const place = expected === undefined ? root : path.join(root, expected);
    for (const name of (await readdir(place)).sort()) {
      const contentType = contentTypes[path.extname(name).toLowerCase()];
      if (contentType === undefined) continue;
      samples.push({ file: path.join(place, name), contentType, expected });
      break;
    }
  }
  return samples;
}

/** Class names by position, as torchvision's ImageFolder numbers them: the class folders of `train`, sorted. */
export async function labelsOf(folder: string): Promise<string[]> {
  const splits = await folders(folder);
  return splits.includes('train') ? folders(path.join(folder, 'train')) : splits;
}

async function folders(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries.flatMap((entry) => (entry.isDirectory() ? [entry.name] : [])).sort();
}
