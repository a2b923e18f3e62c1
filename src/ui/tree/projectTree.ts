import * as vscode from 'vscode';
import { type Capability, commands } from '../../contributions.js';
import { sections } from '../../project/entries.js';
import type { Parts } from '../parts.js';
import { deployedFunctionName, deployedName, type OpenProject } from '../projectFile/projectFiles.js';
import { lastRun } from '../words.js';
import { EntryNode, FolderNode, type ProjectNode, SectionNode, TextNode } from './nodes.js';
import type { Row } from './rows.js';
import { item, textItem } from './treeItems.js';

type Needed = Pick<Parts, 'projectFiles' | 'runs' | 'inventory'>;

/** The view Project: the entries of the project files, each with what became of it last. */
export class ProjectTree implements vscode.TreeDataProvider<ProjectNode> {
  private readonly changed = new vscode.EventEmitter<ProjectNode | undefined>();
  readonly onDidChangeTreeData = this.changed.event;
  private readonly listening: vscode.Disposable;

  constructor(private readonly parts: Needed) {
    const again = (): void => this.changed.fire(undefined);
    const { projectFiles, runs, inventory } = parts;
    this.listening = vscode.Disposable.from(
      projectFiles.onDidChange(again),
      runs.onDidChange(again),
      inventory.onDidChange(({ kind }) => (kind === 'endpoint' || kind === 'function') && again()),
    );
  }

  async getChildren(node?: ProjectNode): Promise<ProjectNode[]> {
    const projects = await this.parts.projectFiles.all();
    if (!node) {
      const [only] = projects;
      if (!only) return [];
      return projects.length === 1
        ? this.inside(only)
        : projects.map(({ folder, uri }) => new FolderNode(folder.name, uri.toString()));
    }
    const file = node.type === 'folder' || node.type === 'section' ? node.file : undefined;
    const project = projects.find(({ uri }) => uri.toString() === file);
    if (!project) return [];
    if (node.type === 'folder') return this.inside(project);
    return project.reading.entries
      .filter((entry) => node.type === 'section' && entry.section === node.section)
      .map(({ name }) => new EntryNode({ file: project.uri.toString(), section: (node as SectionNode).section, name }));
  }

  async getTreeItem(node: ProjectNode): Promise<vscode.TreeItem> {
    if (node.type === 'text') return textItem(node);
    if (node.type === 'entry') return this.entryItem(node);
    const label = node.type === 'folder' ? node.name : node.section;
    const treeItem = new vscode.TreeItem(label, vscode.TreeItemCollapsibleState.Expanded);
    treeItem.id = node.id;
    return treeItem;
  }

  dispose(): void {
    this.listening.dispose();
    this.changed.dispose();
  }

  private inside({ uri, reading }: OpenProject): ProjectNode[] {
    const file = uri.toString();
    const used = sections.filter((section) => reading.entries.some((entry) => entry.section === section));
    const nodes: ProjectNode[] = used.map((section) => new SectionNode(file, section));
    const [error] = reading.diagnostics.filter(({ severity }) => severity === 'error');
    if (error) {
      const open = { title: 'Open', command: 'vscode.open', arguments: [uri, { selection: lineOf(error.range.line) }] };
      nodes.unshift(new TextNode(`${file}/error`, undefined, error.message, 'error', error.message, open));
    }
    return nodes;
  }

  private async entryItem(node: EntryNode): Promise<vscode.TreeItem> {
    const { entry } = node;
    const project = (await this.parts.projectFiles.all()).find(({ uri }) => uri.toString() === entry.file);
    const treeItem = item(node.id, entry.name, project ? this.row(project, entry) : empty);
    treeItem.command = { title: 'Go to entry', command: commands.openEntry, arguments: [{ entry }] };
    return treeItem;
  }

  private row(project: OpenProject, { section, name }: EntryNode['entry']): Row {
    const { folder, reading } = project;
    const { runs, inventory } = this.parts;
    const whole = reading.project;
    const can = (...capabilities: Capability[]): Capability[] => (whole ? ['hasEntry', ...capabilities] : ['hasEntry']);
    if (section === 'data') {
      return {
        description: reading.shown.data[name]?.path ?? '',
        icon: 'database',
        color: 'none',
        capabilities: can('uploadable'),
      };
    }
    if (section === 'endpoints') {
      const found = inventory.find('endpoint', deployedName(project, name));
      const state = found?.state ?? lastRun(runs.last(folder.uri.fsPath, `endpoints.${name}`), new Date());
      return {
        description: state ?? 'not deployed',
        icon: 'broadcast',
        color: found?.state === 'InService' ? 'passed' : 'none',
        capabilities: can('deployable'),
      };
    }
    if (section === 'functions') {
      const found = inventory.find('function', deployedFunctionName(project, name));
      const record = runs.last(folder.uri.fsPath, `functions.${name}`);
      return {
        description: lastRun(record, new Date()) ?? (found ? 'deployed' : 'not deployed'),
        icon: 'symbol-function',
        color: record?.outcome === 'Failed' ? 'failed' : found ? 'passed' : 'none',
        capabilities: can('deployableFunction'),
      };
    }
    const record = runs.last(folder.uri.fsPath, `jobs.${name}`);
    const description = lastRun(record, new Date()) ?? 'not launched yet';
    const capabilities = can('launchable');
    if (!record) return { description, icon: 'circle-outline', color: 'none', capabilities };
    if (record.ended === undefined) return { description, icon: 'sync', color: 'running', capabilities };
    return record.outcome === 'Completed'
      ? { description, icon: 'pass', color: 'passed', capabilities }
      : { description, icon: 'error', color: 'failed', capabilities };
  }
}

const empty: Row = { description: '', icon: 'circle-outline', color: 'none', capabilities: [] };

function lineOf(line: number): vscode.Range {
  return new vscode.Range(line - 1, 0, line - 1, 0);
}
