import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';

/** A picture of a data folder. */
export interface Picture {
  /** Absolute. */
  readonly file: string;
  /** Relative to the data folder, with slashes. */
  readonly name: string;
  /** The class folder that it lies in; undefined when the folder is no image folder. */
  readonly expected: string | undefined;
}

/** What training has not seen comes first. */
const splits = ['test', 'valid', 'validation', 'val', 'train', 'training'];
const pictureName = /\.(jpe?g|png|gif|webp|bmp|tiff?)$/i;

/**
 * The pictures of a data folder in an order that stays: its splits, in each the class folders, in each the names.
 * A folder with pictures and no folders in it has no classes.
 */
export async function picturesIn(folder: string, signal: AbortSignal): Promise<Picture[]> {
  const inside = await foldersIn(folder);
  const found = splits.filter((name) => inside.includes(name));
  const roots = found.length > 0 ? found : ['.'];
  const pictures: Picture[] = [];
  for (const root of roots) {
    const classes = await foldersIn(path.join(folder, root));
    for (const expected of [undefined, ...classes]) {
      signal.throwIfAborted();
      const place = path.join(folder, root, expected ?? '');
      for (const name of await filesIn(place)) {
        const file = path.join(place, name);
        pictures.push({ file, name: path.relative(folder, file).split(path.sep).join('/'), expected });
      }
    }
  }
  return pictures;
}

/** Class names by position, as torchvision's ImageFolder numbers them: the class folders of `train`, sorted. */
export async function labelsOf(folder: string): Promise<string[]> {
  const inside = await foldersIn(folder);
  return inside.includes('train') ? foldersIn(path.join(folder, 'train')) : inside;
}

async function foldersIn(folder: string): Promise<string[]> {
  return namesIn(folder, (entry) => entry.isDirectory() && !entry.name.startsWith('.'));
}

async function filesIn(folder: string): Promise<string[]> {
  return namesIn(folder, (entry) => !entry.isDirectory() && pictureName.test(entry.name));
}

async function namesIn(folder: string, wanted: (entry: Dirent) => boolean): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries.flatMap((entry) => (wanted(entry) ? [entry.name] : [])).sort();
}
