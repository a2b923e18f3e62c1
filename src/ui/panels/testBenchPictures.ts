import path from 'node:path';
import * as vscode from 'vscode';
import { largestInvocation } from '../../aws/limits.js';
import { messageOf, UserError } from '../../core/errors.js';
import { labelsOf } from '../../launch/samples.js';
import { fetchImage } from '../../testBench/fetchImage.js';
import { imageKind } from '../../testBench/imageKind.js';
import { picturesOf } from '../../testBench/pictures.js';
import type { OpenProject } from '../projectFile/projectFiles.js';
import type { Picture } from './testBench.protocol.js';

/** A picture by VS Code's file dialog; undefined when the person turns away. */
export async function choosePicture(projects: readonly OpenProject[]): Promise<Picture | undefined> {
  const chosen = await vscode.window.showOpenDialog({
    title: 'A picture to send',
    openLabel: 'Send',
    filters: {
      Pictures: ['jpg', 'jpeg', 'png', 'gif', 'webp', 'bmp', 'tif', 'tiff', 'heic', 'avif'],
      'All files': ['*'],
    },
  });
  return chosen?.[0] && readPicture(chosen[0], projects);
}

/** The picture behind a URL, or a file of VS Code's Explorer. @throws {UserError} when it is none that can be sent */
export async function fetchPicture(
  text: string,
  projects: readonly OpenProject[],
  signal: AbortSignal,
): Promise<Picture> {
  if (!/^https?:/i.test(text)) return readPicture(vscode.Uri.parse(text, true), projects);
  const { content } = await fetchImage(text, signal);
  const name = decodeURIComponent(new URL(text).pathname.split('/').at(-1) ?? '') || new URL(text).host;
  // A copy: VS Code posts a Buffer as JSON.
  return { type: 'picture', name, body: new Uint8Array(content), url: text };
}

/** A picture's file as the Explorer, or a dialog, names it. @throws {UserError} when it is none that can be sent */
export async function readPicture(uri: vscode.Uri, projects: readonly OpenProject[]): Promise<Picture> {
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
  const expected = await classOf(local.fsPath, projects);
  return { type: 'picture', name, body, ...(expected !== undefined && { expected }) };
}

/** The class folder that a picture of a data folder lies in. */
async function classOf(file: string, projects: readonly OpenProject[]): Promise<string | undefined> {
  const parent = path.basename(path.dirname(file));
  for (const { folder, reading } of projects) {
    for (const data of Object.values(reading.project?.data ?? {})) {
      const root = path.join(folder.uri.fsPath, data.path);
      const inside = path.relative(root, file);
      if (inside.startsWith('..') || path.isAbsolute(inside)) continue;
      const names = await labelsOf(root).catch((): string[] => []);
      if (names.includes(parent)) return parent;
    }
  }
  return undefined;
}

/** The picture at a place of a data folder. @throws {UserError} when there is none */
export async function pictureAt(folder: string, index: number, projects: readonly OpenProject[]): Promise<Picture> {
  const pictures = await picturesOf(folder).catch((error: unknown) => {
    throw new UserError(`${folder} cannot be read: ${messageOf(error)}`, { cause: error });
  });
  if (pictures.length === 0) throw new UserError(`There is no picture in ${folder}.`);
  const place = Math.min(Math.max(index, 0), pictures.length - 1);
  const { file, truth } = pictures[place]!;
  const picture = await readPicture(vscode.Uri.file(file), projects);
  return {
    ...picture,
    ...(truth !== undefined && { expected: truth }),
    place: { folder, index: place, count: pictures.length },
  };
}
