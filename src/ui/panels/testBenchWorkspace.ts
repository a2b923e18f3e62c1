import path from 'node:path';
import * as vscode from 'vscode';
import { type LabelSource, readLabels } from '../../testBench/labels.js';
import { labelsOf } from '../../testBench/pictures.js';
import type { Project } from '../../project/project.js';
import { deployedName, type OpenProject } from '../projectFile/projectFiles.js';
import type { Target } from './testBench.protocol.js';

/** Where the workspace may know the classes of an endpoint's model: a labels file, then the folders of its data. */
export function workspaceLabels(projects: readonly OpenProject[], target: Target): LabelSource[] {
  const files = (vscode.workspace.workspaceFolders ?? []).flatMap(({ uri }) =>
    ['labels.json', 'labels.txt'].map((name): LabelSource => {
      return { from: `${name} in the workspace`, read: () => labelsFile(vscode.Uri.joinPath(uri, name)) };
    }),
  );
  const folders = projects.flatMap((project) =>
    dataOf(project, target).map((data): LabelSource => {
      const read = async () => {
        const names = await labelsOf(path.join(project.folder.uri.fsPath, data)).catch((): string[] => []);
        return names.length > 0 ? names : undefined;
      };
      return { from: `the class folders of ${data}`, read };
    }),
  );
  return [...files, ...folders];
}

/** The data folders behind a target: those that its entry's job was trained on; all where that is not known. */
function dataOf(open: OpenProject, target: Target): string[] {
  const { project } = open.reading;
  if (!project) return [];
  const all = Object.values(project.data).map((data) => data.path);
  const model = project.endpoints[endpointEntry(open, project, target) ?? '']?.model;
  const job = model && 'from' in model ? project.jobs[model.from.replace(/^jobs\./, '')] : undefined;
  return job ? channelData(project, Object.values(job.channels)) : all;
}

/** The endpoint of the project file that answers in the end: a function asks one. */
function endpointEntry(open: OpenProject, project: Project, target: Target): string | undefined {
  if (target.kind === 'endpoint')
    return Object.keys(project.endpoints).find((name) => deployedName(open, name) === target.name);
  const [section, entry = ''] =
    target.kind === 'script'
      ? (target.entry ?? '').split('.')
      : ['functions', Object.keys(project.functions).find((name) => deployedName(open, name) === target.name)];
  return section === 'endpoints' ? entry : project.functions[entry]?.endpoint?.replace(/^endpoints\./, '');
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
