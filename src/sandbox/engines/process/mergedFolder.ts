import type { Stats } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import path from 'node:path';

/** A file, folder, link or other thing below a folder. */
export interface FolderEntry {
  /** Relative to the folder, with `/`. */
  readonly name: string;
  readonly file: string;
  /** Of the thing itself: links are not followed. */
  readonly stats: Stats;
}

export interface MergedFolder {
  /** Sorted by name, a folder before what is in it. */
  readonly entries: readonly FolderEntry[];
  /** What several folders have under one name, in their order: the first one is in `entries`, the others are not. */
  readonly clashes: readonly (readonly FolderEntry[])[];
}

/** Everything below `folders`, as if it were one folder. */
export async function mergeFolders(folders: readonly string[]): Promise<MergedFolder> {
  const kept = new Map<string, FolderEntry>();
  const clashes = new Map<string, FolderEntry[]>();
  const add = async (folder: string, below: string): Promise<void> => {
    for (const own of await readdir(path.join(folder, below))) {
      const name = below === '' ? own : `${below}/${own}`;
      const file = path.join(folder, name);
      const entry = { name, file, stats: await lstat(file) };
      const first = kept.get(name);
      if (!first) kept.set(name, entry);
      else if (!first.stats.isDirectory() || !entry.stats.isDirectory()) {
        clashes.set(name, [...(clashes.get(name) ?? [first]), entry]);
        continue;
      }
      if (entry.stats.isDirectory()) await add(folder, name);
    }
  };
  for (const folder of folders) await add(folder, '');
  return {
    entries: [...kept.values()].sort((left, right) => (sortKey(left) < sortKey(right) ? -1 : 1)),
    clashes: [...clashes.values()],
  };
}

/** `a/b` right after `a`, before `a.txt`. */
function sortKey({ name }: FolderEntry): string {
  return name.replaceAll('/', '\0');
}
