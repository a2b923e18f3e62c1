import { constants, createReadStream } from 'node:fs';
import { chmod, copyFile, lstat, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { hasCode } from '../../../core/errors.js';
import type { Objects, StoredObject } from '../../store/objects.js';
import { type FolderEntry, mergeFolders } from '../process/mergedFolder.js';
import { keyBelow, parseS3Uri } from '../process/s3Uri.js';
import type { CheckpointLocation, TrainingSpec } from '../training.js';
import { type JobFailed, transferFailure } from './trainingFailure.js';
import { fileName } from './trainingInput.js';

/** Milliseconds between two looks at the folder. A file that has not changed from one to the next is uploaded. */
const interval = 1000;

/**
 * Keeps the checkpoints of one host in step with S3: what is there when the host starts is brought, what the script writes
 * is taken there while it runs and at its end. What it deletes stays on S3. All hosts share one place, without names of
 * their own ("Considerations for Checkpointing", developer guide), so the last one that writes a name has it.
 */
export class Checkpoints {
  private readonly folder: string;
  private readonly bucket: string;
  private readonly prefix: string;
  /** What of each file S3 has, and what it was when it was looked at last. */
  private readonly stored = new Map<string, string>();
  private seen: ReadonlyMap<string, string> = new Map();
  private timer: NodeJS.Timeout | undefined;
  private syncing: Promise<void> = Promise.resolve();

  /** @param ml the host's `/opt/ml`, on this machine. */
  constructor(
    private readonly objects: Objects,
    private readonly spec: TrainingSpec,
    { s3Uri, folder }: CheckpointLocation,
    ml: string,
  ) {
    this.folder = path.join(ml, folder);
    const { bucket, key } = parseS3Uri(s3Uri);
    this.bucket = bucket;
    this.prefix = key === '' ? '' : keyBelow(key, '');
  }

  /** Brings what an earlier run has left. @throws {JobFailed} */
  async restore(): Promise<void> {
    try {
      this.spec.authorize?.('s3:ListBucket', `arn:aws:s3:::${this.bucket}`);
      if (!this.objects.bucketExists(this.bucket)) throw new Error(`The bucket ${this.bucket} does not exist.`);
      await mkdir(this.folder, { recursive: true });
      for (const object of this.objects.list(this.bucket, this.prefix)) await this.fetch(object);
    } catch (error) {
      throw transferFailure('Checkpoint download failed', error);
    }
  }

  /** @param failed is told once, when something could not be uploaded. */
  start(failed: (error: JobFailed) => void): void {
    const look = () => {
      this.syncing = this.sync(false).then(
        () => void (this.timer = setTimeout(look, interval)),
        (error: unknown) => failed(transferFailure('Checkpoint upload failed', error)),
      );
    };
    this.timer = setTimeout(look, interval);
  }

  /** Uploads what is left, when nothing writes any more. @throws {JobFailed} */
  async finish(): Promise<void> {
    await this.stop();
    await this.sync(true).catch((error: unknown) => {
      throw transferFailure('Checkpoint upload failed', error);
    });
  }

  /** Nothing is under way when it resolves. */
  async stop(): Promise<void> {
    await this.syncing;
    clearTimeout(this.timer);
  }

  private async fetch(object: StoredObject): Promise<void> {
    this.spec.authorize?.('s3:GetObject', `arn:aws:s3:::${object.bucket}/${object.key}`);
    const name = object.key.slice(this.prefix.length);
    // Consoles make objects whose key ends with a slash, to show empty folders.
    if (name === '' || name.endsWith('/')) return;
    const target = path.join(this.folder, fileName(name));
    await mkdir(path.dirname(target), { recursive: true });
    // A copy, not a link: the script may write to it.
    await copyFile(object.file, target, constants.COPYFILE_FICLONE);
    await chmod(target, 0o644);
    this.stored.set(name, state(await lstat(target)));
  }

  /** @param all also what may still be written to. */
  private async sync(all: boolean): Promise<void> {
    const files = await this.files();
    const states = new Map(files.map(({ name, stats }) => [name, state(stats)]));
    for (const { name, file } of files) {
      const current = states.get(name)!;
      if (this.stored.get(name) === current || !(all || this.seen.get(name) === current)) continue;
      if (await this.upload(name, file)) this.stored.set(name, current);
    }
    this.seen = states;
  }

  private async files(): Promise<FolderEntry[]> {
    // A link in its place could lead anywhere on this machine.
    const found = await lstat(this.folder).catch(() => undefined);
    if (!found?.isDirectory()) throw new Error(`The job has removed or replaced ${this.folder}.`);
    try {
      return (await mergeFolders([this.folder])).entries.filter(({ stats }) => stats.isFile());
    } catch (error) {
      // Renamed or deleted under our eyes: the next look sees how it is then.
      if (hasCode(error, 'ENOENT')) return [];
      throw error;
    }
  }

  /** @returns false when the file has gone meanwhile. */
  private async upload(name: string, file: string): Promise<boolean> {
    const key = this.prefix + name;
    this.spec.authorize?.('s3:PutObject', `arn:aws:s3:::${this.bucket}/${key}`);
    try {
      await this.objects.put(this.bucket, key, createReadStream(file));
      return true;
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return false;
      throw error;
    }
  }
}

/** Another one after every write; a file that took the name of another has another number. */
function state({ size, mtimeMs, ino }: { size: number; mtimeMs: number; ino: number }): string {
  return `${size} ${mtimeMs} ${ino}`;
}
