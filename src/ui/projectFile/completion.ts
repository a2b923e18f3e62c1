import { getLocation, type Location } from 'jsonc-parser';
import path from 'node:path';
import * as vscode from 'vscode';
import { describeEstimate, estimateEndpoint } from '../../costs/estimate.js';
import { instanceType, instanceTypeNames } from '../../costs/instanceTypes.js';
import { replacedAt } from '../../project/cursor.js';
import type { OpenProject, ProjectFiles } from './projectFiles.js';
import { type Proposal, scriptKeys } from './scriptKeys.js';
import type { Scripts } from './scripts.js';

/** What a JSON schema cannot know: names in this file, files of the folder, what scripts say, instance types with their prices. */
export class EntryCompletion implements vscode.CompletionItemProvider {
  constructor(
    private readonly projectFiles: ProjectFiles,
    private readonly scripts: Scripts,
  ) {}

  async provideCompletionItems(document: vscode.TextDocument, position: vscode.Position) {
    const project = await this.projectFiles.of(document);
    if (!project) return [];
    const text = document.getText();
    const location = getLocation(text, document.offsetAt(position));
    const { offset, length } = replacedAt(text, document.offsetAt(position));
    const range = new vscode.Range(document.positionAt(offset), document.positionAt(offset + length));
    const proposals = location.isAtPropertyKey
      ? await scriptKeys(project, this.scripts, text.slice(0, offset) + text.slice(offset + length), location)
      : await valuesFor(project, location);
    return proposals.map(({ value, detail, kind, documentation, given }) => {
      const item = new vscode.CompletionItem(value, kind);
      item.insertText =
        JSON.stringify(value) + (location.isAtPropertyKey ? rest(text.slice(offset + length), given) : '');
      item.filterText = JSON.stringify(value);
      item.range = range;
      if (detail !== undefined) item.detail = detail;
      if (documentation !== undefined) item.documentation = documentation;
      return item;
    });
  }
}

/** What a key that is inserted needs behind it. */
function rest(following: string, value: unknown): string {
  if (/^\s*:/.test(following)) return '';
  const next = /^(?:\s|\/\/.*|\/\*[^]*?\*\/)*(.?)/.exec(following)?.[1];
  return `: ${JSON.stringify(value ?? '')}${next === '"' ? ',' : ''}`;
}

async function valuesFor({ folder, reading }: OpenProject, location: Location): Promise<Proposal[]> {
  const names = (section: string) =>
    reading.entries
      .filter((entry) => entry.section === section)
      .map(({ name }) => ({ value: `${section}.${name}`, kind: vscode.CompletionItemKind.Reference }));
  if (location.matches(['jobs', '*', 'channels', '*'])) return names('data');
  if (location.matches(['endpoints', '*', 'model', 'from'])) return names('jobs');
  if (location.matches(['functions', '*', 'endpoint'])) return names('endpoints');
  if (location.matches(['functions', '*', 'policy'])) return filesOf(folder, '**/policies/*.json');
  if (location.matches(['functions', '*', 'handler'])) {
    const files = await filesOf(folder, '**/*.py');
    return files.map(({ value, kind }) => ({ value: value.replace(/\.py$/, '.lambda_handler'), kind }));
  }
  const { jobs } = reading.shown;
  if (location.matches(['jobs', '*', 'hyperparameters', 'from'])) {
    return names('jobs').filter(({ value }) => jobs[value.slice('jobs.'.length)]?.kind === 'tuning');
  }
  if (location.matches(['jobs', '*', 'objective', 'metric'])) {
    const metrics = jobs[String(location.path[1])]?.metrics ?? {};
    return Object.entries(metrics).map(([value, detail]) => ({
      value,
      detail,
      kind: vscode.CompletionItemKind.Reference,
    }));
  }
  if (location.matches(['*', '*', 'instance', 'type'])) return instanceProposals(use(location));
  if (location.matches(['jobs', '*', 'script']) || location.matches(['endpoints', '*', 'inference'])) {
    return filesOf(folder, '**/*.py');
  }
  if (location.matches(['data', '*', 'path']) || location.matches(['*', '*', 'source'])) return foldersOf(folder);
  return [];
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
