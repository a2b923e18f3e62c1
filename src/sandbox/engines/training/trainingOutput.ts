import { createReadStream } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import path from 'node:path';
import { layout } from '../../../container/trainingFiles.js';
import { forEachConcurrent } from '../../../core/concurrency.js';
import type { Objects } from '../../store/objects.js';
import { packTarGz } from '../process/archives.js';
import { keyBelow, parseS3Uri, s3Uri } from '../process/s3Uri.js';
import type { TrainingSpec } from '../training.js';
import { transferFailure } from './trainingFailure.js';

const lanes = 8;

/** Takes what a job has made to S3, below `<S3OutputPath>/<job>/output/`. */
export class TrainingOutput {
  constructor(
    private readonly objects: Objects,
    private readonly spec: TrainingSpec,
    private readonly ml: string,
    private readonly signal: AbortSignal,
  ) {}

  /**
   * The model, and what is in `output/data` when there is something.
   * @returns the model's address: of `model.tar.gz`, or of the folder `model/` when nothing is compressed.
   * @throws {JobFailed}
   */
  async upload(): Promise<string> {
    try {
      for (const folder of [layout.model, layout.outputData]) await this.mustBeFolder(folder);
      const output = await this.files(path.join(this.ml, layout.outputData));
      const artifacts = await this.uploadFolder('model', path.join(this.ml, layout.model));
      if (output.length > 0) await this.uploadFolder('output', path.join(this.ml, layout.outputData));
      return artifacts;
    } catch (error) {
      if (this.signal.aborted) throw error;
      throw transferFailure('Artifact upload failed', error);
    }
  }

  private async uploadFolder(name: 'model' | 'output', folder: string): Promise<string> {
    const { bucket, key: prefix } = parseS3Uri(this.spec.outputUri);
    if (!this.objects.bucketExists(bucket)) throw new Error(`The bucket ${bucket} does not exist.`);
    const below = (file: string) => keyBelow(prefix, this.spec.name, 'output', file);
    if (this.spec.compression === 'GZIP') {
      const key = below(`${name}.tar.gz`);
      this.mayWrite(bucket, key);
      await this.objects.put(bucket, key, packTarGz(folder));
      return s3Uri({ bucket, key });
    }
    await forEachConcurrent(await this.files(folder), lanes, this.signal, async (file) => {
      const key = below(`${name}/${file.split(path.sep).join('/')}`);
      this.mayWrite(bucket, key);
      await this.objects.put(bucket, key, createReadStream(path.join(folder, file)));
    });
    return s3Uri({ bucket, key: below(`${name}/`) });
  }

  /** In a container these are mounted and cannot be replaced: a link in their place could lead anywhere on this machine. */
  private async mustBeFolder(name: string): Promise<void> {
    const found = await lstat(path.join(this.ml, name)).catch(() => undefined);
    if (!found?.isDirectory()) throw new Error(`The job has removed or replaced /opt/ml/${name}.`);
  }

  private mayWrite(bucket: string, key: string): void {
    this.spec.authorize?.('s3:PutObject', `arn:aws:s3:::${bucket}/${key}`);
  }

  /** Regular files below `folder`, relative to it; links, pipes and sockets are left out. */
  private async files(folder: string): Promise<string[]> {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
      .sort();
  }
}
