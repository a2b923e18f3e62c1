import path from 'node:path';
import * as vscode from 'vscode';
import { largestInvocation } from '../../aws/limits.js';
import { messageOf, UserError } from '../../core/errors.js';
import { fetchImage, pictureName } from '../../testBench/fetchImage.js';
import { imageKind } from '../../testBench/imageKind.js';
import { picturesIn } from '../../testBench/pictures.js';
import type { OpenProject } from '../projectFile/projectFiles.js';
import type { Picture } from './testBench.protocol.js';
import { isInside } from './testBenchTargets.js';

/** A picture by VS Code's file dialog; undefined when the person turns away. */
export async function choosePicture(
  projects: readonly OpenProject[],
  signal: AbortSignal,
): Promise<Picture | undefined> {
  const chosen = await vscode.window.showOpenDialog({
    title: 'A picture to send',
    openLabel: 'Send',
    filters: {
      Pictures: ['jpg', 'jpeg', 'png', 'gif', 'webp', 'bmp', 'tif', 'tiff', 'heic', 'avif'],
      'All files': ['*'],
    },
  });
  return chosen?.[0] && readPicture(chosen[0], projects, signal);
}

/** The picture behind a URL, or a file of VS Code's Explorer. @throws {UserError} when it is none that can be sent */
export async function fetchPicture(
  text: string,
  projects: readonly OpenProject[],
  signal: AbortSignal,
): Promise<Picture> {
  if (!/^https?:/i.test(text)) return readPicture(vscode.Uri.parse(text, true), projects, signal);
  const { content } = await fetchImage(text, signal);
  // A copy: VS Code posts a Buffer as JSON.
  return { type: 'picture', name: pictureName(text), body: new Uint8Array(content), url: text };
}

/** A picture's file as the Explorer, or a dialog, names it. @throws {UserError} when it is none that can be sent */
async function readPicture(uri: vscode.Uri, projects: readonly OpenProject[], signal: AbortSignal): Promise<Picture> {
  const name = path.posix.basename(uri.path);
  // A drag from the Explorer of a remote window names the remote; this program runs there.
  const local = uri.scheme === 'vscode-remote' ? vscode.Uri.file(uri.path) : uri;
  if (local.scheme !== 'file') throw new UserError(`${name} is not a file of this machine: save it here first.`);
  const about = await vscode.workspace.fs.stat(local).then(
    (stat) => stat,
    () => undefined,
  );
  if (!about) throw new UserError(`${name} cannot be read: it is not there, or closed to you.`);
  if (about.type & vscode.FileType.Directory) throw new UserError(`${name} is a folder: choose one picture of it.`);
  if (about.size === 0) throw new UserError(`${name} is empty: it has no bytes.`);
  if (about.size > largestInvocation) {
    const megabytes = (about.size / 1024 / 1024).toFixed(1);
    throw new UserError(`${name} has ${megabytes} MB, and an endpoint takes at most 6 MB. Nothing was sent.`);
  }
  // A copy: VS Code reads into a Buffer, and posts a Buffer as JSON.
  const body = new Uint8Array(await vscode.workspace.fs.readFile(local));
  if (!imageKind(body) && !/\.(jpe?g|png|gif|webp|bmp|tiff?|hei[cf]|avif)$/i.test(name)) {
    throw new UserError(`${name} is not a picture: paste its text into JSON or CSV to send it.`);
  }
  return { type: 'picture', name, body, ...(await placeOf(local.fsPath, projects, signal)) };
}

/** Where a picture lies in a data folder of a project file, and the class that its folder says. */
async function placeOf(
  file: string,
  projects: readonly OpenProject[],
  signal: AbortSignal,
): Promise<Pick<Picture, 'expected' | 'place'>> {
  for (const { folder, reading } of projects) {
    for (const data of Object.values(reading.project?.data ?? {})) {
      const root = path.join(folder.uri.fsPath, data.path);
      if (!isInside(root, file)) continue;
      const pictures = await picturesIn(root, signal);
      const index = pictures.findIndex((picture) => picture.file === file);
      const expected = pictures[index]?.expected;
      if (index < 0) return {};
      return {
        place: { folder: root, index, count: pictures.length },
        ...(expected !== undefined && { expected }),
      };
    }
  }
  return {};
}

/** The picture at a place of a data folder. @throws {UserError} when there is none */
export async function pictureAt(
  folder: string,
  index: number,
  projects: readonly OpenProject[],
  signal: AbortSignal,
): Promise<Picture> {
  const pictures = await picturesIn(folder, signal).catch((error: unknown) => {
    signal.throwIfAborted();
    throw new UserError(`${folder} cannot be read: ${messageOf(error)}`, { cause: error });
  });
  if (pictures.length === 0) throw new UserError(`There is no picture in ${folder}.`);
  const place = Math.min(Math.max(index, 0), pictures.length - 1);
  const { file, expected } = pictures[place]!;
  const picture = await readPicture(vscode.Uri.file(file), projects, signal);
  return {
    ...picture,
    ...(expected !== undefined && { expected }),
    place: { folder, index: place, count: pictures.length },
  };
}
