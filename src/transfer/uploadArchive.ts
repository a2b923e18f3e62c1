import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Change } from '../aws/change.js';
import type { ObjectAddress, ObjectsGateway } from '../aws/gateways/objects.js';
import { smallObject } from '../aws/limits.js';

/** Sends one file, such as a source or model archive. */
export function uploadArchive(
  objects: Pick<ObjectsGateway, 'write' | 'writeParts'>,
  archive: { readonly file: string; readonly size: number },
  target: ObjectAddress,
  signal: AbortSignal,
): Change {
  const send = async () => {
    if (archive.size <= smallObject) await objects.write(target, await readFile(archive.file), signal);
    else await objects.writeParts(target, createReadStream(archive.file), archive.size, signal);
    return { requestId: undefined, arn: `arn:aws:s3:::${target.bucket}/${target.key}` };
  };
  return {
    operation: 'PutObject',
    kind: 'objects',
    effect: 'create',
    name: `s3://${target.bucket}/${target.key}`,
    send,
  };
}
