import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Change, Receipt } from '../aws/change.js';
import { messageOf } from '../aws/errors.js';
import type { ObjectsGateway } from '../aws/gateways/objects.js';
import { smallObject } from '../aws/limits.js';
import { forEachConcurrent } from '../core/concurrency.js';
import { isCancellation, UserError } from '../core/errors.js';
import { fileError } from '../core/files.js';
import { listDataFiles, type LocalFile } from './localFiles.js';
import type { TransferManifest } from './manifest.js';

/** Calls under way at once: small objects are latency, not bandwidth. */
const concurrency = 16;

export interface UploadPlan {
  readonly bucket: string;
  /** With a slash at its end. */
  readonly prefix: string;
  readonly send: readonly LocalFile[];
  readonly unchanged: readonly LocalFile[];
  /** Keys under the prefix without a file here: a job on this prefix would still get them. */
  readonly extra: readonly string[];
}

export interface UploadProgress {
  readonly files: number;
  readonly ofFiles: number;
  readonly bytes: number;
  readonly ofBytes: number;
}

/** Compares a folder with what is under `s3://bucket/prefix`: what is there already, byte for byte, is not sent again. */
export async function planUpload(
  objects: Pick<ObjectsGateway, 'list'>,
  folder: string,
  target: { readonly bucket: string; readonly prefix: string },
  manifest: TransferManifest,
  signal: AbortSignal,
): Promise<UploadPlan> {
  const local = await listDataFiles(folder, signal);
  const remote = new Map<string, { size: number; etag: string }>();
  for await (const { key, size, etag } of objects.list(target.bucket, target.prefix, signal)) {
    remote.set(key, { size, etag });
  }
  const send: LocalFile[] = [];
  const unchanged: LocalFile[] = [];
  await forEachConcurrent(local, concurrency, signal, async (file) => {
    const object = remote.get(target.prefix + file.path);
    remote.delete(target.prefix + file.path);
    (object && (await manifest.matches(file, object)) ? unchanged : send).push(file);
  });
  await manifest.save();
  return { ...target, send, unchanged, extra: [...remote.keys()] };
}

/**
 * Sends what the plan says, small files in one call each, large ones in parts. An abort ends every call under way. After
 * a failure or an abort what was sent stays, and is not sent again by the next upload.
 * @throws {UserError} that says how far it got
 */
export function uploadFolder(
  objects: Pick<ObjectsGateway, 'write' | 'writeParts'>,
  plan: UploadPlan,
  manifest: TransferManifest,
  signal: AbortSignal,
  report: (progress: UploadProgress) => void,
): Change<Receipt> {
  const { bucket, prefix, send } = plan;
  const uri = `s3://${bucket}/${prefix}`;
  const upload = async () => {
    const ofBytes = send.reduce((sum, { size }) => sum + size, 0);
    let files = 0;
    let bytes = 0;
    try {
      await forEachConcurrent(send, concurrency, signal, async (file, calls) => {
        const address = { bucket, key: prefix + file.path };
        const sending =
          file.size <= smallObject
            ? readFile(file.absolute).then((body) => objects.write(address, body, calls))
            : objects.writeParts(address, createReadStream(file.absolute), file.size, calls);
        const etag = await sending.catch((error: unknown) => {
          throw fileError(`${file.path} cannot be read`, error);
        });
        await manifest.sent(file, etag);
        files += 1;
        bytes += file.size;
        report({ files, ofFiles: send.length, bytes, ofBytes });
      });
    } catch (error) {
      if (isCancellation(error)) throw error;
      const why = messageOf(error).replace(/[^.]$/, '$&.');
      throw new UserError(
        `Only ${files} of ${send.length} files reached ${uri}: ${why} They stay there and are not sent again: try once more.`,
        { cause: error },
      );
    } finally {
      await manifest.save();
    }
    return { requestId: undefined, arn: `arn:aws:s3:::${bucket}/${prefix}` };
  };
  return { operation: 'PutObject', kind: 'objects', effect: 'create', name: uri, send: upload };
}
