import path from 'node:path';
import * as vscode from 'vscode';
import { largestInvocation } from '../../aws/limits.js';
import { UserError } from '../../core/errors.js';
import { imageKind } from '../../testBench/imageKind.js';
import { type LabelSource, readLabels } from '../../testBench/labels.js';
import { labelsOf } from '../../launch/samples.js';
import type { Project } from '../../project/project.js';
import { deployedName, type OpenProject } from '../projectFile/projectFiles.js';
import type { Picture } from './testBench.protocol.js';

/** Where the workspace may know the classes of an endpoint's model: a labels file, then the folders of its data. */
export function workspaceLabels(projects: readonly OpenProject[], endpoint: string): LabelSource[] {
  const files = (vscode.workspace.workspaceFolders ?? []).flatMap(({ uri }) =>
    ['labels.json', 'labels.txt'].map((name): LabelSource => {
      return { from: `${name} in the workspace`, read: () => labelsFile(vscode.Uri.joinPath(uri, name)) };
    }),
  );
  const folders = projects.flatMap((project) =>
    dataOf(project, endpoint).map((data): LabelSource => {
      const read = async () => {
        const names = await labelsOf(path.join(project.folder.uri.fsPath, data)).catch((): string[] => []);
        return names.length > 0 ? names : undefined;
      };
      return { from: `the class folders of ${data}`, read };
    }),
  );
  return [...files, ...folders];
}

/** The data folders behind an endpoint: those that its entry's job was trained on; all where that is not known. */
function dataOf(open: OpenProject, endpoint: string): string[] {
  const { project } = open.reading;
  if (!project) return [];
  const all = Object.values(project.data).map((data) => data.path);
  const entry = Object.keys(project.endpoints).find((name) => deployedName(open, name) === endpoint);
  const model = entry === undefined ? undefined : project.endpoints[entry]?.model;
  const job = model && 'from' in model ? project.jobs[model.from.replace(/^jobs\./, '')] : undefined;
  return job ? channelData(project, Object.values(job.channels)) : all;
}

function channelData(project: Project, channels: readonly string[]): string[] {
  return channels.flatMap((channel) => {
    const data = project.data[channel.replace(/^data\./, '')];
    return data ? [data.path] : [];
  });
}

async function labelsFile(uri: vscode.Uri): Promise<readonly string[] | undefined> {
  const content = await vscode.workspace.fs.readFile(uri).then(
    (bytes) => bytes,
    () => undefined,
  );
  return content && readLabels(Buffer.from(content).toString('utf8'));
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
