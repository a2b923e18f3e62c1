import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Transform } from 'node:stream';
import * as vscode from 'vscode';
import type { S3Object } from '../../aws/gateways/objects.js';
import { parseS3Uri } from '../../aws/s3Uri.js';
import { UserError } from '../../core/errors.js';
import { fileError } from '../../core/files.js';
import { megabytes } from '../../launch/gates.js';
import { withCancel } from '../commands/progress.js';
import type { ResourceTarget } from '../commands/targets.js';
import type { Parts } from '../parts.js';
import { pickOne } from '../quickPick.js';

/** Shows what a job has written to S3, and brings one of the objects here. */
export async function openOutput(
  { connections }: Pick<Parts, 'connections'>,
  { resource: { name } }: ResourceTarget,
): Promise<void> {
  const { objects, trainingJobs } = await connections.cloud();
  const { output } = await trainingJobs.describe(name, AbortSignal.timeout(30_000));
  const place = parseS3Uri(`${output.replace(/\/$/, '')}/${name}/`);
  if (!place) throw new UserError(`${name} writes to ${output}, which is no S3 address.`);
  const found = await withCancel(`Looking under ${output}`, async (_report, signal) => {
    const all: S3Object[] = [];
    for await (const object of objects.list(place.bucket, place.key, signal)) {
      if (all.push(object) >= 1000) break;
    }
    return all;
  });
  if (found.length === 0) throw new UserError(`${name} has written nothing to ${output} yet.`);
  const copy = { iconPath: new vscode.ThemeIcon('copy'), tooltip: 'Copy S3 URI' };
  const pick = vscode.window.createQuickPick<vscode.QuickPickItem & { readonly object: S3Object }>();
  pick.title = `Output of ${name}`;
  pick.placeholder = 'Choose an object to download';
  pick.items = found.map((object) => ({
    label: object.key.slice(place.key.length),
    description: megabytes(object.size),
    buttons: [copy],
    object,
  }));
  pick.onDidTriggerItemButton(async ({ item: { object } }) => {
    await vscode.env.clipboard.writeText(`s3://${place.bucket}/${object.key}`);
    vscode.window.setStatusBarMessage(`Copied s3://${place.bucket}/${object.key}`, 4000);
  });
  const picked = (await pickOne(pick))?.object;
  if (!picked) return;
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const fileName = path.posix.basename(picked.key);
  const target = await vscode.window.showSaveDialog({
    ...(folder && { defaultUri: vscode.Uri.joinPath(folder, fileName) }),
    title: `Download ${fileName}`,
  });
  if (!target) return;
  await withCancel(`Downloading ${fileName}`, async (report, signal) => {
    const body = await objects.read({ bucket: place.bucket, key: picked.key }, signal);
    let bytes = 0;
    const counting = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        bytes += chunk.length;
        report(`${megabytes(bytes)} of ${megabytes(picked.size)}`, (100 * bytes) / picked.size);
        done(undefined, chunk);
      },
    });
    try {
      await pipeline(body, counting, createWriteStream(target.fsPath), { signal });
    } catch (error) {
      // Half of a file is worse than none.
      await rm(target.fsPath, { force: true });
      throw fileError(`${fileName} cannot be written`, error);
    }
  });
  await vscode.commands.executeCommand('revealInExplorer', target);
}
