import { readdir } from 'node:fs/promises';
import path from 'node:path';

/** A picture of a data folder. */
export interface DataPicture {
  /** Absolute. */
  readonly file: string;
  /** The class folder that it lies in; undefined when the folder has none. */
  readonly truth: string | undefined;
}

const endings = /\.(jpe?g|png|gif|webp|bmp|tiff?)$/i;
const splits = ['test', 'valid', 'validation', 'val', 'train'];

/**
 * The pictures of a data folder in the order of their names: those of `test`, which training has not seen, where it has
 * one; of `valid` or `train` otherwise, and of the folder itself where it is not split.
 */
export async function picturesOf(folder: string): Promise<DataPicture[]> {
  const folders = await foldersOf(folder);
  const split = splits.find((name) => folders.includes(name));
  const root = split === undefined ? folder : path.join(folder, split);
  const classes = await foldersOf(root);
  if (classes.length === 0) return filesOf(root, undefined);
  const found = await Promise.all(classes.map((name) => filesOf(path.join(root, name), name)));
  return found.flat();
}

async function foldersOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries.flatMap((entry) => (entry.isDirectory() ? [entry.name] : [])).sort();
}

async function filesOf(folder: string, truth: string | undefined): Promise<DataPicture[]> {
  const names = (await readdir(folder)).filter((name) => endings.test(name)).sort();
  return names.map((name) => ({ file: path.join(folder, name), truth }));
}
