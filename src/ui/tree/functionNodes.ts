import * as vscode from 'vscode';
import { commands } from '../../contributions.js';
import type { DescribedFunction } from '../../inventory/resource.js';
import { ago, firstSentence } from '../words.js';
import { aliasRow, versionRow } from './functionRows.js';
import { type Node, QualifierNode, type ResourceNode, TextNode, VersionsNode } from './nodes.js';
import { item } from './treeItems.js';

/** What hangs below a function: its aliases, its versions, what is reserved for it, and what went wrong with it lately. */
export function functionChildren(node: ResourceNode, detail: DescribedFunction, now: Date): Node[] {
  const { aliases, versions, reservedConcurrency: reserved, lastError } = detail;
  const nodes: Node[] = aliases.map(({ name }) => new QualifierNode(node, node.value, name));
  if (versions.length > 0) nodes.push(new VersionsNode(node));
  if (reserved !== undefined) {
    const text = reserved === 0 ? 'Reserved concurrency 0: every call is refused' : `Reserved concurrency ${reserved}`;
    nodes.push(new TextNode(`${node.id}/reserved`, node, text, 'pie-chart'));
  }
  if (lastError === 'unknown') {
    nodes.push(new TextNode(`${node.id}/error`, node, 'Its log may not be read', 'lock'));
  } else if (lastError) {
    const { message, timestamp } = lastError;
    const text = `${firstSentence(message.replace(/^\[ERROR\]\s*/, ''))} · ${ago(timestamp, now)}`;
    const show = { title: 'Show log', command: commands.showResourceLog, arguments: [node] };
    nodes.push(
      new TextNode(`${node.id}/error`, node, text, 'warning', `${message.trim()}\n\nClick for its log.`, show),
    );
  }
  if (nodes.length === 0) {
    nodes.push(new TextNode(`${node.id}/none`, node, 'No version was published', 'circle-outline'));
  }
  return nodes;
}

export function versionNodes(node: VersionsNode, { versions }: DescribedFunction): Node[] {
  return versions.map(({ version }) => new QualifierNode(node, node.parent.value, version));
}

export function versionsItem({ id }: VersionsNode, detail: DescribedFunction | undefined): vscode.TreeItem {
  const count = detail?.versions.length ?? 0;
  const treeItem = item(id, 'Versions', {
    description: String(count),
    icon: 'versions',
    color: 'none',
    capabilities: [],
  });
  treeItem.collapsibleState = vscode.TreeItemCollapsibleState.Collapsed;
  return treeItem;
}

export function qualifierItem(
  { id, qualifier, parent }: QualifierNode,
  detail: DescribedFunction | undefined,
  now: Date,
): vscode.TreeItem {
  const alias = parent.type === 'resource' && detail?.aliases.find(({ name }) => name === qualifier);
  const version = parent.type === 'versions' && detail?.versions.find((one) => one.version === qualifier);
  const row = detail && ((alias && aliasRow(alias, detail)) || (version && versionRow(version, detail, now)));
  return item(id, qualifier, row || { description: '', icon: 'circle-outline', color: 'none', capabilities: [] });
}
