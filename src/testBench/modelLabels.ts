import { createGunzip } from 'node:zlib';
import type { Cloud } from '../aws/cloud.js';
import { parseS3Uri } from '../aws/s3Uri.js';
import { type LabelSource, readLabels } from './labels.js';

/** Bytes of a labels file: ImageNet's 1,000 names are 30 KB. */
const largestFile = 1024 * 1024;
/** Compressed bytes of an archive that are read in search of one: on AWS each costs time and egress. */
const largestSearch = 256 * 1024 * 1024;

/** Class names out of the archives of models, each looked at once. */
export class ModelLabels {
  /** By the archive's address, which names its content. */
  private readonly known = new Map<string, readonly string[] | undefined>();

  /** Of the model that serves now behind an endpoint. @param variant which of its variants answered */
  source(
    cloud: Pick<Cloud, 'connection' | 'endpoints' | 'models' | 'objects'>,
    endpoint: string,
    variant: string | undefined,
  ): LabelSource {
    return {
      from: 'labels.json in the model',
      read: async (signal) => {
        const { variants } = await cloud.endpoints.detail(endpoint, signal);
        const { model } = variants.find(({ name }) => name === variant) ?? variants[0] ?? {};
        if (model === undefined) return undefined;
        const { modelData } = await cloud.models.describe(model, signal);
        const address = parseS3Uri(modelData ?? '');
        // An uncompressed model is a prefix, and a model may live in its image.
        if (modelData === undefined || !address || !/\.(tar\.gz|tgz)$/.test(address.key)) return undefined;
        const key = `${cloud.connection.account} ${modelData}`;
        if (!this.known.has(key)) {
          const text = await labelsInArchive(await cloud.objects.read(address, signal), signal);
          this.known.set(key, text === undefined ? undefined : readLabels(text));
        }
        return this.known.get(key);
      },
    };
  }
}

/** The text of labels.json in a .tar.gz, read no further than it. @throws what is wrong with the archive */
export async function labelsInArchive(
  archive: NodeJS.ReadableStream,
  signal: AbortSignal,
): Promise<string | undefined> {
  // Takes no turn of the event loop in the bundle, so the archive cannot fail before somebody listens.
  const tar = await import('tar-stream');
  const extract = tar.extract();
  const gunzip = createGunzip();
  let read = 0;
  archive.on('data', (chunk: Buffer) => {
    read += chunk.length;
    if (read > largestSearch) extract.destroy(new Error(`it is not in the first ${largestSearch / 1024 / 1024} MB.`));
  });
  const fail = (error: Error) => extract.destroy(error);
  const abort = () => extract.destroy(signal.reason as Error);
  archive.on('error', fail);
  gunzip.on('error', fail);
  signal.addEventListener('abort', abort, { once: true });
  archive.pipe(gunzip).pipe(extract);
  try {
    for await (const entry of extract) {
      const name = entry.header.name.replace(/^(\.\/)+/, '');
      if (name === 'labels.json' || name === 'code/labels.json') {
        if ((entry.header.size ?? 0) > largestFile) throw new Error('it is larger than 1 MB.');
        const chunks: Uint8Array[] = [];
        for await (const chunk of entry as AsyncIterable<Uint8Array>) chunks.push(chunk);
        return Buffer.concat(chunks).toString('utf8');
      }
      entry.resume();
    }
    return undefined;
  } finally {
    signal.removeEventListener('abort', abort);
    // What is left of the archive is not downloaded.
    (archive as { destroy?: () => void }).destroy?.();
    gunzip.destroy();
  }
}
