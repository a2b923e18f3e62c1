import { getLocation, type Location } from 'jsonc-parser';
import path from 'node:path';
import * as vscode from 'vscode';
import { describeEstimate, estimateEndpoint } from '../../costs/estimate.js';
import { instanceType, instanceTypeNames } from '../../costs/instanceTypes.js';
import type { ProjectFiles } from './projectFiles.js';

/** What a JSON schema cannot know: names in this file, files of the folder, instance types with their prices. */
export class EntryCompletion implements vscode.CompletionItemProvider {
  constructor(private readonly projectFiles: ProjectFiles) {}

  async provideCompletionItems(document: vscode.TextDocument, position: vscode.Position) {
    if (!this.projectFiles.isProjectFile(document.uri)) return [];
    const location = getLocation(document.getText(), document.offsetAt(position));
    if (location.isAtPropertyKey) return [];
    const range = valueRange(document, location, position);
    return (await this.proposals(document, location)).map(({ value, detail, kind }) => {
      const item = new vscode.CompletionItem(value, kind);
      item.insertText = JSON.stringify(value);
      item.filterText = JSON.stringify(value);
      item.range = range;
      if (detail !== undefined) item.detail = detail;
      return item;
    });
  }

  private async proposals(document: vscode.TextDocument, location: Location): Promise<Proposal[]> {
    const project = (await this.projectFiles.all()).find(({ uri }) => uri.toString() === document.uri.toString());
    const names = (section: string) =>
      (project?.reading.entries ?? [])
        .filter((entry) => entry.section === section)
        .map(({ name }) => ({ value: `${section}.${name}`, kind: vscode.CompletionItemKind.Reference }));
    if (location.matches(['jobs', '*', 'channels', '*'])) return names('data');
    if (location.matches(['endpoints', '*', 'model', 'from'])) return names('jobs');
    if (location.matches(['*', '*', 'instance', 'type'])) return instanceProposals(use(location));
    const folder = vscode.workspace.getWorkspaceFolder(document.uri);
    if (!folder) return [];
    if (location.matches(['jobs', '*', 'script']) || location.matches(['endpoints', '*', 'inference'])) {
      return filesOf(folder, '**/*.py');
    }
    if (location.matches(['data', '*', 'path']) || location.matches(['*', '*', 'source'])) return foldersOf(folder);
    return [];
  }
}

/** Price and size of the instance type under the pointer. */
export class InstanceHover implements vscode.HoverProvider {
  provideHover(document: vscode.TextDocument, position: vscode.Position): vscode.Hover | undefined {
    const location = getLocation(document.getText(), document.offsetAt(position));
    const type: unknown = location.previousNode?.value;
    if (!location.matches(['*', '*', 'instance', 'type']) || typeof type !== 'string') return undefined;
    const known = instanceType(type);
    const text = known
      ? `**${type}** ${sizeOf(type)}\n\n${describeEstimate(estimateEndpoint({ type, count: 1 }))}`
      : `**${type}** is not in our table: look its size and price up before launching.`;
    return new vscode.Hover(new vscode.MarkdownString(text));
  }
}

interface Proposal {
  readonly value: string;
  readonly detail?: string;
  readonly kind: vscode.CompletionItemKind;
}

function use({ path: [section] }: Location): 'training' | 'hosting' {
  return section === 'endpoints' ? 'hosting' : 'training';
}

function instanceProposals(wanted: 'training' | 'hosting'): Proposal[] {
  return instanceTypeNames
    .filter((name) => instanceType(name)?.uses.includes(wanted))
    .map((value) => ({ value, detail: sizeOf(value), kind: vscode.CompletionItemKind.EnumMember }));
}

function sizeOf(type: string): string {
  const { vcpu, memGiB, gpu, usdPerHour } = instanceType(type) ?? {};
  return [
    vcpu === undefined ? undefined : `${vcpu} vCPU`,
    memGiB === undefined ? undefined : `${memGiB} GiB`,
    gpu ? `${gpu.count} × ${gpu.name}` : undefined,
    usdPerHour === undefined ? 'price unknown' : `about $${usdPerHour}/h`,
  ]
    .filter((part) => part !== undefined)
    .join(', ');
}

async function filesOf(folder: vscode.WorkspaceFolder, pattern: string): Promise<Proposal[]> {
  const found = await vscode.workspace.findFiles(
    new vscode.RelativePattern(folder, pattern),
    '**/{.*,venv,node_modules}/**',
    200,
  );
  return found.map((uri) => ({ value: relative(folder, uri), kind: vscode.CompletionItemKind.File }));
}

/** Folders that hold files: an empty one cannot be found, and is of no use. */
async function foldersOf(folder: vscode.WorkspaceFolder): Promise<Proposal[]> {
  const files = await vscode.workspace.findFiles(
    new vscode.RelativePattern(folder, '*/**'),
    '**/{.*,venv,node_modules,__pycache__}/**',
    2000,
  );
  const folders = new Set(
    files.flatMap((uri) => {
      const parts = relative(folder, uri).split('/').slice(0, -1);
      return [parts.slice(0, 1), parts.slice(0, 2)].map((some) => some.join('/'));
    }),
  );
  return [...folders].sort().map((value) => ({ value, kind: vscode.CompletionItemKind.Folder }));
}

function relative(folder: vscode.WorkspaceFolder, uri: vscode.Uri): string {
  return path.posix.relative(folder.uri.path, uri.path);
}

/** The whole value under the cursor is replaced, quotes and all. */
function valueRange(
  document: vscode.TextDocument,
  { previousNode }: Location,
  position: vscode.Position,
): vscode.Range {
  if (!previousNode || document.offsetAt(position) > previousNode.offset + previousNode.length) {
    return new vscode.Range(position, position);
  }
  return new vscode.Range(
    document.positionAt(previousNode.offset),
    document.positionAt(previousNode.offset + previousNode.length),
  );
}
