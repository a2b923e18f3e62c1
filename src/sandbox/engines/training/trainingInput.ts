import { constants } from 'node:fs';
import { copyFile, cp, mkdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { clientError } from '../../../container/failure.js';
import { layout } from '../../../container/trainingFiles.js';
import { forEachConcurrent } from '../../../core/concurrency.js';
import { messageOf } from '../../../core/errors.js';
import { isFullDisk } from '../../store/fullDisk.js';
import type { Objects, StoredObject } from '../../store/objects.js';
import { extractTarGz } from '../process/archives.js';
import { parseS3Uri, type S3Location, s3Uri } from '../process/s3Uri.js';
import type { TrainingChannel, TrainingSpec } from '../training.js';
import { JobFailed, transferFailure } from './trainingFailure.js';

/** How many objects are brought in place at a time. */
const lanes = 32;

const failed = 'Data download failed';

/** An object and the path, relative to its channel's folder, where it goes. */
interface Download {
  readonly object: StoredObject;
  readonly name: string;
}

/** The host that gets the data. */
export interface InputHost {
  /** Its `/opt/ml`, on this machine. */
  readonly ml: string;
  /** From 0 on, of `hosts`. */
  readonly index: number;
  readonly hosts: number;
}

/** Brings data and script from S3 into the `/opt/ml` of a job's host. Every method throws JobFailed, with AWS's reasons. */
export class TrainingInput {
  private readonly ml: string;

  /** @param linked whether a file may be a hard link to S3's own: it must be safe from a job that writes to it. */
  constructor(
    private readonly objects: Objects,
    private readonly spec: TrainingSpec,
    private readonly host: InputHost,
    private readonly linked: boolean,
    private readonly signal: AbortSignal,
  ) {
    this.ml = host.ml;
  }

  async channel(channel: TrainingChannel): Promise<void> {
    const folder = path.join(this.ml, layout.data, channel.name);
    try {
      await mkdir(folder, { recursive: true });
      const downloads = this.share(channel, await this.downloads(channel));
      const made = new Map<string, Promise<unknown>>();
      await forEachConcurrent(downloads, lanes, this.signal, async ({ object, name }) => {
        const target = path.join(folder, fileName(name));
        const parent = name.endsWith('/') ? target : path.dirname(target);
        if (!made.has(parent)) made.set(parent, mkdir(parent, { recursive: true }));
        await made.get(parent);
        // Consoles make objects whose key ends with a slash, to show empty folders.
        if (!name.endsWith('/')) await this.place(object, target);
      });
    } catch (error) {
      if (this.signal.aborted) throw error;
      throw transferFailure(failed, error);
    }
  }

  /**
   * The script's folder, from `sagemaker_submit_directory`: an archive on S3, or a folder, archive or file that a channel
   * has brought. Source: aws/sagemaker-training-toolkit 5.1, files.py download_and_extract.
   *
   * @param base what the job sees as `/opt/ml`.
   */
  async source(submitDirectory: string, base: string): Promise<void> {
    const code = path.join(this.ml, layout.code);
    try {
      if (submitDirectory.startsWith('s3://')) {
        await extractTarGz(this.object(parseS3Uri(submitDirectory)).file, code);
        return;
      }
      const below = path.posix.relative(base, submitDirectory);
      if (below.startsWith('..')) throw new Error(`it is neither on S3 nor below ${base}`);
      const file = path.join(this.ml, below);
      if (file === code) return;
      if ((await stat(file)).isDirectory()) await cp(file, code, { recursive: true });
      else if (/\.(tar\.gz|tgz)$/.test(file)) await extractTarGz(file, code);
      else await copyFile(file, path.join(code, path.basename(file)));
    } catch (error) {
      if (error instanceof JobFailed || isFullDisk(error)) throw transferFailure(failed, error);
      throw new JobFailed(clientError(`The source ${submitDirectory} cannot be unpacked: ${messageOf(error)}`));
    }
  }

  private async downloads(channel: TrainingChannel): Promise<Download[]> {
    const location = parseS3Uri(channel.s3Uri);
    switch (channel.s3DataType) {
      case 'S3Prefix':
        return this.prefix(location, channel.s3Uri);
      case 'ManifestFile':
        return this.manifest(location);
      case 'AugmentedManifestFile':
        throw new Error(`channel ${channel.name} is an AugmentedManifestFile, which the sandbox does not read`);
    }
  }

  /**
   * ShardedByS3Key gives each of n hosts about 1/n of the objects, and none to some when there are fewer objects than
   * hosts (S3DataSource, API reference). Which ones is not said there: here they are dealt out in the order of their keys.
   */
  private share({ distribution }: TrainingChannel, all: readonly Download[]): readonly Download[] {
    const { index, hosts } = this.host;
    return distribution === 'ShardedByS3Key' ? all.filter((_, place) => place % hosts === index) : all;
  }

  private prefix(location: S3Location, uri: string): Download[] {
    this.spec.authorize?.('s3:ListBucket', `arn:aws:s3:::${location.bucket}`);
    const found = [...this.objects.list(location.bucket, location.key)];
    if (found.length === 0) {
      // CreateTrainingJob's own words for it, which checks before the job exists (aws/amazon-sagemaker-examples#2489).
      throw new Error(
        `No S3 objects found under S3 URL "${uri}" given in input data source. Please ensure that the bucket exists in ` +
          `the selected region (${this.spec.region}), and that objects exist under that S3 prefix.`,
      );
    }
    return found.map((object) => {
      this.mayRead(object);
      return { object, name: nameBelow(location.key, object.key) };
    });
  }

  /**
   * `[{"prefix": "s3://bucket/folder/"}, "a.jpg", "b/c.jpg"]`. Source: SageMaker API reference, S3DataSource.S3Uri.
   */
  private async manifest(location: S3Location): Promise<Download[]> {
    const text = await readFile(this.object(location).file, 'utf8');
    const entries: unknown = JSON.parse(text);
    const [head, ...names] = Array.isArray(entries) ? (entries as unknown[]) : [];
    const prefix = typeof head === 'object' && head !== null && 'prefix' in head ? head.prefix : undefined;
    if (typeof prefix !== 'string' || !names.every((name) => typeof name === 'string')) {
      throw new Error(`the manifest ${s3Uri(location)} is not of the form [{"prefix": "s3://…"}, "name", …]`);
    }
    return names.map((name) => ({ object: this.object(parseS3Uri(prefix + name)), name }));
  }

  private object(location: S3Location): StoredObject {
    this.mayRead(location);
    const object = this.objects.get(location.bucket, location.key);
    if (!object) throw new Error(`there is no object ${s3Uri(location)}`);
    return object;
  }

  private mayRead({ bucket, key }: S3Location): void {
    this.spec.authorize?.('s3:GetObject', `arn:aws:s3:::${bucket}/${key}`);
  }

  private async place(object: StoredObject, target: string): Promise<void> {
    if (this.linked) await this.objects.materialise(object, target);
    else await copyFile(object.file, target, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
  }
}

/**
 * What follows the prefix: `dogs/train/1.jpg` of `data/dogs/` and of `data/dogs` is `train/1.jpg`. A prefix that ends
 * within a name, or is the whole key, leaves the name whole.
 */
function nameBelow(prefix: string, key: string): string {
  if (prefix === '' || prefix.endsWith('/')) return key.slice(prefix.length) || './';
  if (key[prefix.length] === '/') return key.slice(prefix.length + 1) || './';
  return key.slice(prefix.lastIndexOf('/') + 1);
}

/** @throws {Error} for a key that is no path below a folder. */
export function fileName(name: string): string {
  const segments = name.replace(/\/$/, '').split('/');
  if (name !== './' && segments.some((segment) => ['', '.', '..'].includes(segment) || segment.includes('\0'))) {
    throw new Error(`the key ${JSON.stringify(name)} cannot be a file: it has an empty, "." or ".." part`);
  }
  return path.join(...segments);
}
