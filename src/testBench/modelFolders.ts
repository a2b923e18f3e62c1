import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Cloud } from '../aws/cloud.js';
import { parseS3Uri } from '../aws/s3Uri.js';
import { UserError } from '../core/errors.js';
import { isFolder } from '../core/files.js';
import { unpackModel } from '../packaging/unpackModel.js';
import type { ModelSource } from './target.js';

/** Models that scripts of this machine run with: downloaded and unpacked once. */
export class ModelFolders {
  /** @param root `.sagemaker/models` of the workspace */
  constructor(private readonly root: string) {}

  /**
   * The folder that a script gets as its model.
   * @param cloud asked for an archive; where it cannot be reached, what was unpacked before is used
   * @throws {UserError} when there is no such folder or archive
   */
  async folderOf(
    source: ModelSource | undefined,
    cloud: () => Promise<Pick<Cloud, 'objects'>>,
    signal: AbortSignal,
  ): Promise<string> {
    if (source === undefined) {
      const empty = path.join(this.root, 'none');
      await mkdir(empty, { recursive: true });
      return empty;
    }
    if ('folder' in source) {
      if (await isFolder(source.folder)) return source.folder;
      throw new UserError(`There is no folder ${source.folder}: choose the one with the model in it.`);
    }
    return this.unpacked(source.archive, cloud, signal);
  }

  private async unpacked(
    archive: string,
    cloud: () => Promise<Pick<Cloud, 'objects'>>,
    signal: AbortSignal,
  ): Promise<string> {
    const address = parseS3Uri(archive);
    if (!address) throw new UserError(`${archive} is not an address in S3.`);
    const kept = path.join(this.root, createHash('sha256').update(archive).digest('hex').slice(0, 16));
    const before = (await readdir(kept).catch((): string[] => [])).filter((name) => !name.startsWith('.'));
    let objects: Cloud['objects'];
    let etag: string | undefined;
    try {
      ({ objects } = await cloud());
      etag = await objects.etag(address, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (before[0] !== undefined) return path.join(kept, before[0]);
      throw error;
    }
    if (etag === undefined)
      throw new UserError(`There is no ${archive}: train the model, or choose a folder with one.`);
    const folder = path.join(kept, etag);
    if (before.includes(etag)) return folder;
    // Whole or not at all, also when two windows do it.
    const scratch = path.join(kept, `.${randomUUID()}`);
    try {
      await unpackModel(await objects.read(address, signal), scratch, signal);
      await Promise.all(before.map((name) => rm(path.join(kept, name), { recursive: true, force: true })));
      await rename(scratch, folder).catch(async (error: unknown) => {
        if (!(await isFolder(folder))) throw error;
      });
      return folder;
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  }
}
