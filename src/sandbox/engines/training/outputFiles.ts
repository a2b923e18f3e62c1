import { constants } from 'node:fs';
import { open, writeFile } from 'node:fs/promises';
import { hasCode } from '../../../core/errors.js';

/** Writes a file of `/opt/ml/output`. Whatever the script has put there stays: a file, or a link that leads elsewhere. */
export async function writeNew(file: string, text: string): Promise<void> {
  await writeFile(file, text, { flag: 'wx' }).catch((error: unknown) => {
    if (!hasCode(error, 'EEXIST')) throw error;
  });
}

/** The beginning of the failure file, of which FailureReason shows 1,024 characters; links and pipes are not followed. */
export async function readFailure(file: string): Promise<string> {
  try {
    const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(16_384), 0, 16_384);
      return buffer.toString('utf8', 0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ELOOP', 'EISDIR', 'EAGAIN', 'ENXIO')) return '';
    throw error;
  }
}
