import ignore, { type Ignore } from 'ignore';
import { existsSync } from 'node:fs';
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import path from 'node:path';

/** A file that is shipped. `path` is relative to the source folder, with `/` on every system. */
export interface SourceFile {
  readonly path: string;
  readonly absolute: string;
  /** Bytes on disk, before line ends are made LF. */
  readonly size: number;
}

export interface SourceListing {
  /** In the order of their paths' UTF-16 units, whatever the file system's own order. */
  readonly files: readonly SourceFile[];
  /** What is not shipped although no ignore file says so. */
  readonly skipped: readonly { readonly path: string; readonly reason: string }[];
}

const ignoreFiles = ['.gitignore', '.sagemakerignore'];

/** Never part of a source, ignore files or not: other programs' own folders, and ours. */
const neverShipped = new Set([
  '.git',
  '.hg',
  '.svn',
  '.sagemaker',
  'node_modules',
  '__pycache__',
  '.ipynb_checkpoints',
]);

/**
 * The files that a source archive of `folder` holds: .gitignore (of the folders above up to the repository's root too)
 * and .sagemakerignore decide as git does, the deepest file and its last matching line winning.
 * @param exclude folders or files that are shipped in another way (data), relative to `folder`
 */
export async function listSource(folder: string, exclude: readonly string[] = []): Promise<SourceListing> {
  const files: SourceFile[] = [];
  const skipped: { path: string; reason: string }[] = [];
  const root = await realpath(folder);
  const excluded = new Set(exclude.map((entry) => path.resolve(root, entry)));

  const visit = async (directory: string, above: readonly IgnoreFile[]): Promise<void> => {
    const rules = [...above, ...(await ignoreFilesIn(directory))];
    for (const entry of await readdir(directory, { withFileTypes: true })) {
      const absolute = path.join(directory, entry.name);
      const relative = path.relative(root, absolute).split(path.sep).join('/');
      if (neverShipped.has(entry.name) || excluded.has(absolute)) continue;
      const isFolder = entry.isDirectory();
      if (isIgnored(absolute, isFolder, rules)) continue;

      if (isFolder) {
        if (existsSync(path.join(absolute, 'pyvenv.cfg'))) {
          skipped.push({ path: relative, reason: 'a Python virtual environment' });
        } else await visit(absolute, rules);
      } else if (entry.isFile()) {
        files.push({ path: relative, absolute, size: (await stat(absolute)).size });
      } else if (entry.isSymbolicLink()) {
        const target = await realpath(absolute).catch(() => undefined);
        const about = target === undefined ? undefined : await stat(target);
        if (target !== undefined && about?.isFile() && target.startsWith(root + path.sep)) {
          files.push({ path: relative, absolute: target, size: about.size });
        } else skipped.push({ path: relative, reason: 'a link that does not lead to a file of this folder' });
      } else skipped.push({ path: relative, reason: 'not a regular file' });
    }
  };
  await visit(root, await ignoreFilesAbove(root));
  files.sort((a, b) => (a.path < b.path ? -1 : 1));
  return { files, skipped };
}

interface IgnoreFile {
  readonly folder: string;
  readonly rules: Ignore;
}

async function ignoreFilesIn(folder: string): Promise<IgnoreFile[]> {
  const found: IgnoreFile[] = [];
  for (const name of ignoreFiles) {
    const file = path.join(folder, name);
    if (existsSync(file)) found.push({ folder, rules: ignore().add(await readFile(file, 'utf8')) });
  }
  return found;
}

/** Outermost first, and only within a repository: a .gitignore outside of one binds nobody. */
async function ignoreFilesAbove(root: string): Promise<IgnoreFile[]> {
  const folders: string[] = [];
  for (let folder = root; !existsSync(path.join(folder, '.git')); folder = path.dirname(folder)) {
    if (path.dirname(folder) === folder) return [];
    folders.unshift(path.dirname(folder));
  }
  return (await Promise.all(folders.map(ignoreFilesIn))).flat();
}

function isIgnored(absolute: string, isFolder: boolean, rules: readonly IgnoreFile[]): boolean {
  let ignored = false;
  for (const { folder, rules: file } of rules) {
    const relative = path.relative(folder, absolute).split(path.sep).join('/') + (isFolder ? '/' : '');
    const verdict = file.test(relative);
    if (verdict.ignored || verdict.unignored) ignored = verdict.ignored;
  }
  return ignored;
}
