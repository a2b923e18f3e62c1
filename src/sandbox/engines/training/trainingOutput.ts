import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { layout } from '../../../container/trainingFiles.js';
import { forEachConcurrent } from '../../../core/concurrency.js';
import type { Objects } from '../../store/objects.js';
import { packTarGz } from '../process/archives.js';
import { type FolderEntry, mergeFolders } from '../process/mergedFolder.js';
import { keyBelow, parseS3Uri, s3Uri } from '../process/s3Uri.js';
import type { TrainingSpec } from '../training.js';
import { transferFailure } from './trainingFailure.js';

const lanes = 8;

/** A host of the job, once its processes have ended. */
export interface OutputHost {
  readonly name: string;
  /** Its `/opt/ml`, on this machine. */
  readonly ml: string;
}

/**
 * Takes what a job has made to S3, below `<S3OutputPath>/<job>/output/`: of several hosts into one archive. They should
 * see to it that names do not clash ("How Amazon SageMaker AI Processes Training Output", developer guide); where they
 * do, the first host's file is taken.
 */
export class TrainingOutput {
  /** @param remark gets a line for the log for each file that several hosts have written. */
  constructor(
    private readonly objects: Objects,
    private readonly spec: TrainingSpec,
    private readonly hosts: readonly OutputHost[],
    private readonly signal: AbortSignal,
    private readonly remark: (line: string) => void,
  ) {}

  /**
   * The model, and what is in `output/data` when there is something.
   * @returns the model's address: of `model.tar.gz`, or of the folder `model/` when nothing is compressed.
   * @throws {JobFailed}
   */
  async upload(): Promise<string> {
    try {
      const model = await this.merged(layout.model);
      const output = await this.merged(layout.outputData);
      const artifacts = await this.uploadFolder('model', model);
      if (output.some(({ stats }) => stats.isFile())) await this.uploadFolder('output', output);
      return artifacts;
    } catch (error) {
      if (this.signal.aborted) throw error;
      throw transferFailure('Artifact upload failed', error);
    }
  }

  private async uploadFolder(name: 'model' | 'output', entries: readonly FolderEntry[]): Promise<string> {
    const { bucket, key: prefix } = parseS3Uri(this.spec.outputUri);
    if (!this.objects.bucketExists(bucket)) throw new Error(`The bucket ${bucket} does not exist.`);
    const below = (file: string) => keyBelow(prefix, this.spec.name, 'output', file);
    if (this.spec.compression === 'GZIP') {
      const key = below(`${name}.tar.gz`);
      this.mayWrite(bucket, key);
      await this.objects.put(bucket, key, packTarGz(entries));
      return s3Uri({ bucket, key });
    }
    // Of what is no regular file an object cannot tell: links, pipes and sockets are left out.
    const files = entries.filter(({ stats }) => stats.isFile());
    await forEachConcurrent(files, lanes, this.signal, async (entry) => {
      const key = below(`${name}/${entry.name}`);
      this.mayWrite(bucket, key);
      await this.objects.put(bucket, key, createReadStream(entry.file));
    });
    return s3Uri({ bucket, key: below(`${name}/`) });
  }

  private async merged(folder: string): Promise<readonly FolderEntry[]> {
    const folders = this.hosts.map(({ ml }) => path.join(ml, folder));
    for (const own of folders) {
      // In a container it is mounted and cannot be replaced: a link in its place could lead anywhere on this machine.
      const found = await lstat(own).catch(() => undefined);
      if (!found?.isDirectory()) throw new Error(`The job has removed or replaced /opt/ml/${folder}.`);
    }
    const { entries, clashes } = await mergeFolders(folders);
    for (const clash of clashes) this.remark(await this.describeClash(folder, clash));
    return entries;
  }

  private async describeClash(folder: string, clash: readonly FolderEntry[]): Promise<string> {
    const writers = clash.map(
      ({ file }) => this.hosts.find(({ ml }) => !path.relative(ml, file).startsWith('..'))!.name,
    );
    const contents = new Set(await Promise.all(clash.map((entry) => digest(entry))));
    return (
      `[sagemaker-sandbox] ${folder}/${clash[0]!.name} was written by ${writers.join(', ')}, ` +
      `${contents.size === 1 ? 'with the same bytes' : 'with different bytes'}: that of ${writers[0]!} is taken.`
    );
  }

  private mayWrite(bucket: string, key: string): void {
    this.spec.authorize?.('s3:PutObject', `arn:aws:s3:::${bucket}/${key}`);
  }
}

async function digest({ file, stats }: FolderEntry): Promise<string> {
  if (!stats.isFile()) return 'no file';
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
