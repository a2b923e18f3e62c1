import * as vscode from 'vscode';
import { UserError } from '../../core/errors.js';
import { megabytes } from '../../launch/gates.js';
import { planDataEntry } from '../../launch/planData.js';
import { type UploadProgress, uploadFolder } from '../../transfer/uploadFolder.js';
import type { Parts } from '../parts.js';
import { withCancel } from './progress.js';
import { sessionFor } from './session.js';
import type { EntryTarget } from './targets.js';

/** Sends a `data` entry to S3 on its own, asked once. */
export async function uploadData(parts: Parts, target: EntryTarget<'data'>): Promise<void> {
  const { name } = target.entry;
  const { session } = await sessionFor(parts, target);
  const { objects, connection } = session.cloud;
  const run = `data.${name}`;
  const title = `Uploading ${run}`;
  const planned = await withCancel(`${title}: comparing with S3`, async (_report, signal) => {
    const region = await objects.bucketRegion(session.bucket, signal);
    return { exists: region !== undefined, ...(await planDataEntry(session, name, region !== undefined, signal)) };
  });
  const { upload, gate, exists } = planned;
  if (!upload || gate.level === 'red') throw new UserError(`${gate.evidence}. ${gate.fix ?? ''}`);
  const { send, unchanged, bucket, prefix } = upload.plan;
  const uri = `s3://${bucket}/${prefix}`;
  if (send.length === 0) {
    void vscode.window.showInformationMessage(
      `Nothing to send: all ${unchanged.length} files are under ${uri} already.`,
    );
    return;
  }
  const bytes = send.reduce((sum, { size }) => sum + size, 0);
  const detail = [
    `${send.length} files, ${megabytes(bytes)}, go to ${uri} (account ${connection.account}).`,
    ...(unchanged.length > 0 ? [`${unchanged.length} files are there already and are not sent again.`] : []),
    ...(exists ? [] : [`The bucket ${bucket} will be created.`]),
  ].join('\n');
  const go = await vscode.window.showInformationMessage(`Upload ${run}?`, { modal: true, detail }, 'Upload');
  if (go !== 'Upload') return;
  const mutate = session.mutate(run);
  await withCancel(title, async (report, signal) => {
    if (!exists) await mutate(objects.createBucket(bucket), { entry: run });
    const sending = uploadFolder(objects, upload.plan, upload.manifest, signal, (progress) =>
      report(...uploaded(name, progress)),
    );
    await mutate(sending, { entry: run }).catch(leftInS3);
  });
  void vscode.window.showInformationMessage(`${send.length} files, ${megabytes(bytes)}, are now under ${uri}.`);
}

/** How far an upload is: a sentence, and percent. */
export function uploaded(data: string, { files, ofFiles, bytes, ofBytes }: UploadProgress): [string, number] {
  const percent = ofBytes === 0 ? 100 : (100 * bytes) / ofBytes;
  return [`data.${data}: ${files} of ${ofFiles} files, ${megabytes(bytes)} of ${megabytes(ofBytes)}`, percent];
}

/** A cancelled upload is no error, but the person should know what became of it. */
export function leftInS3(error: unknown): never {
  if (error instanceof Error && error.name === 'AbortError') {
    void vscode.window.showInformationMessage(
      'Cancelled. What was sent stays in S3 and is not sent again; no job was created.',
    );
  }
  throw error;
}
