import { chmod, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { hasCode } from '../../../core/errors.js';

/** Removes a folder, if it is there, with all that programs have left in it: folders too that they have made read-only. */
export async function removeFolder(folder: string): Promise<void> {
  const options = { recursive: true, force: true, maxRetries: 3 };
  try {
    await rm(folder, options);
  } catch (error) {
    if (!hasCode(error, 'EACCES', 'EPERM')) throw error;
    await open(folder);
    await rm(folder, options);
  }
}

/** They belong to this user, whose programs have made them. Links are not followed. */
async function open(folder: string): Promise<void> {
  await chmod(folder, 0o700);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) await open(path.join(folder, entry.name));
  }
}
