import * as vscode from 'vscode';
import { functionPageSize, pageSize } from '../../aws/page.js';
import { commands } from '../../contributions.js';
import type { HostNode, MoreNode, TextNode, VariantNode } from './nodes.js';
import type { Row } from './rows.js';

const colors: Readonly<Record<Row['color'], string | undefined>> = {
  running: 'charts.blue',
  passed: 'testing.iconPassed',
  failed: 'testing.iconFailed',
  none: undefined,
};

/** A row as VS Code shows it. */
export function item(id: string, label: string, { description, icon, color, capabilities }: Row): vscode.TreeItem {
  const made = new vscode.TreeItem(label);
  made.id = id;
  made.description = description;
  const themed = colors[color];
  made.iconPath = new vscode.ThemeIcon(icon, themed === undefined ? undefined : new vscode.ThemeColor(themed));
  made.contextValue = ['node', ...capabilities].join('.');
  // The state is an icon and a text; a screen reader gets both as words.
  made.accessibilityInformation = { label: `${label}, ${description}` };
  return made;
}

export function variantItem({ id, variant }: VariantNode): vscode.TreeItem {
  const { name, model, instanceType, instances, desired, weight } = variant;
  const count = `${instances === desired ? instances : `${instances} of ${desired}`} × ${instanceType ?? 'serverless'}`;
  const description = `${count}${model === undefined ? '' : ` · ${model}`}${weight === 1 ? '' : ` · weight ${weight}`}`;
  return item(id, name, { description, icon: 'server', color: 'none', capabilities: [] });
}

/** Its click opens what this host alone has written. */
export function hostItem({ id, host, resource }: HostNode): vscode.TreeItem {
  const treeItem = item(id, host, { description: '', icon: 'vm', color: 'none', capabilities: ['hasLog'] });
  treeItem.command = { title: 'Show log', command: commands.showResourceLog, arguments: [{ resource, host }] };
  return treeItem;
}

export function textItem({ id, text, icon, tooltip: hover, command }: TextNode): vscode.TreeItem {
  const treeItem = new vscode.TreeItem(text);
  treeItem.id = id;
  treeItem.iconPath = new vscode.ThemeIcon(icon);
  treeItem.tooltip = hover ?? text;
  if (command) treeItem.command = command;
  return treeItem;
}

export function moreItem(node: MoreNode): vscode.TreeItem {
  const { parent } = node;
  const size = parent.type === 'category' && parent.kind === 'function' ? functionPageSize : pageSize;
  const title = `Load ${size} more`;
  const treeItem = new vscode.TreeItem(title);
  treeItem.id = node.id;
  treeItem.iconPath = new vscode.ThemeIcon('ellipsis');
  treeItem.command = { title, command: commands.loadMore, arguments: [parent] };
  return treeItem;
}
