import { mkdir, readdir, symlink } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { hasCode } from '../../../core/errors.js';

/** Where torch keeps the person's weights: TORCH_HOME, else its default (torch.hub.get_dir); it may not exist. */
export function personsTorchHome(environment: Readonly<Record<string, string | undefined>>): string {
  const cache = environment['XDG_CACHE_HOME'] ?? path.join(environment['HOME'] ?? homedir(), '.cache');
  return environment['TORCH_HOME'] ?? path.join(cache, 'torch');
}

/**
 * Makes `own` a TORCH_HOME that has everything of the `person`'s, so weights that were put there work offline, and that
 * takes what a script downloads: the person's folder is never written to.
 */
export async function shareTorchHome(person: string, own: string): Promise<void> {
  for (const folder of ['hub/checkpoints', 'hub']) {
    await mkdir(path.join(own, folder), { recursive: true });
    for (const name of await names(path.join(person, folder))) {
      if (name === 'checkpoints') continue;
      await symlink(path.join(person, folder, name), path.join(own, folder, name)).catch(unlessThere);
    }
  }
}

async function names(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return [];
    throw error;
  });
}

function unlessThere(error: unknown): void {
  if (!hasCode(error, 'EEXIST')) throw error;
}
