import { readdir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../core/errors.js';

export interface LocalFile {
  /** Relative to the data folder, with `/` on every system. */
  readonly path: string;
  readonly absolute: string;
  readonly size: number;
  readonly modified: number;
}

/** What desktops and notebooks leave in folders: an image folder with one of these in it does not load. */
const droppings = new Set(['.DS_Store', 'Thumbs.db', 'desktop.ini', '.ipynb_checkpoints', '.git']);

/**
 * Every file of a data folder, links followed, in the order of their paths.
 * @throws {UserError} at a link to a folder that it lies in: it would never end
 */
export async function listDataFiles(folder: string, signal: AbortSignal): Promise<LocalFile[]> {
  const files: LocalFile[] = [];
  const visit = async (directory: string, above: readonly string[]): Promise<void> => {
    signal.throwIfAborted();
    const real = await realpath(directory);
    if (above.includes(real)) throw new UserError(`${directory} is a link that leads in a circle: remove it.`);
    const names = (await readdir(directory)).filter((name) => !droppings.has(name));
    await Promise.all(
      names.map(async (name) => {
        const absolute = path.join(directory, name);
        const about = await stat(absolute);
        if (about.isDirectory()) return visit(absolute, [...above, real]);
        const relative = path.relative(folder, absolute).split(path.sep).join('/');
        if (about.isFile()) files.push({ path: relative, absolute, size: about.size, modified: about.mtimeMs });
      }),
    );
  };
  await visit(folder, []);
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}
