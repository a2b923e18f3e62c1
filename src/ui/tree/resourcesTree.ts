import * as vscode from 'vscode';
import { isAccessDenied } from '../../aws/errors.js';
import { commands, contextKeys } from '../../contributions.js';
import { messageOf } from '../../core/errors.js';
import type { Watch } from '../../inventory/collection.js';
import type { Inventory, InventoryChange } from '../../inventory/inventory.js';
import type { Kind, Resource } from '../../inventory/resource.js';
import type { RunHistory } from '../../launch/runHistory.js';
import type { Parts } from '../parts.js';
import { CategoryNode, item, MoreNode, type Node, ResourceNode, TextNode, VariantNode } from './nodes.js';
import { categoryText, endpointRow, type Filter, matches, modelRow, type Row, trainingJobRow } from './rows.js';
import { tooltip } from './tooltips.js';

const categories = [
  new CategoryNode('training-job', 'Training jobs'),
  new CategoryNode('endpoint', 'Endpoints'),
  new CategoryNode('model', 'Models'),
];
/** Milliseconds between two looks at the clock, for the ages of what runs. */
const tick = 10_000;

/** The view Resources: what exists in the cloud. A kind is asked after while its category is open. */
export class ResourcesTree implements vscode.TreeDataProvider<Node> {
  private readonly changed = new vscode.EventEmitter<Node | undefined>();
  readonly onDidChangeTreeData = this.changed.event;
  /** Nodes that VS Code holds, so that one of them can be refreshed. */
  private readonly shown = new Map<string, ResourceNode>();
  private readonly watches = new Map<Kind, Watch>();
  private readonly listening: vscode.Disposable;
  private readonly inventory: Inventory;
  private readonly runs: RunHistory;
  private readonly connections: Parts['connections'];
  private filter: Filter | undefined;
  private view: vscode.TreeView<Node> | undefined;

  constructor({ inventory, runs, connections }: Pick<Parts, 'inventory' | 'runs' | 'connections'>) {
    this.inventory = inventory;
    this.runs = runs;
    this.connections = connections;
    const clock = setInterval(() => this.view?.visible && this.refreshRunning(), tick);
    this.listening = vscode.Disposable.from(
      inventory.onDidChange((change) => this.show(change)),
      connections.onDidChange(() => this.changed.fire(undefined)),
      runs.onDidChange(() => categories.forEach((category) => this.changed.fire(category))),
      new vscode.Disposable(() => clearInterval(clock)),
    );
  }

  /** The view that shows this, once VS Code has made it. */
  attach(view: vscode.TreeView<Node>): vscode.Disposable {
    this.view = view;
    return vscode.Disposable.from(
      view.onDidChangeVisibility(({ visible }) => {
        this.watches.forEach((watch) => watch.setVisible(visible));
        if (visible) this.refreshRunning();
      }),
      view.onDidCollapseElement(({ element }) => element.type === 'category' && this.unwatch(element.kind)),
    );
  }

  setFilter(filter: Filter | undefined): void {
    this.filter = filter;
    void vscode.commands.executeCommand('setContext', contextKeys.filtered, filter !== undefined);
    categories.forEach((category) => this.changed.fire(category));
    this.showFilter();
  }

  get currentFilter(): Filter | undefined {
    return this.filter;
  }

  getChildren(node?: Node): Node[] {
    if (!node) return this.roots();
    if (node.type === 'category') return this.resources(node);
    if (node.type === 'resource' && node.value.kind === 'endpoint') {
      const detail = this.inventory.detail(node.value, true);
      return (detail?.variants ?? []).map((variant) => new VariantNode(node, variant));
    }
    return [];
  }

  getParent(node: Node): Node | undefined {
    return node.type === 'category' ? undefined : node.parent;
  }

  getTreeItem(node: Node): vscode.TreeItem {
    switch (node.type) {
      case 'category':
        return this.categoryItem(node);
      case 'resource':
        return this.resourceItem(node);
      case 'variant':
        return variantItem(node);
      case 'text':
        return textItem(node);
      case 'more':
        return moreItem(node);
    }
  }

  async resolveTreeItem(treeItem: vscode.TreeItem, node: Node): Promise<vscode.TreeItem> {
    if (node.type !== 'resource') return treeItem;
    const { value } = node;
    const detail = value.kind === 'model' ? undefined : this.inventory.detail(value, true);
    treeItem.tooltip = tooltip(value, detail, this.runs.find(value.name)?.record, new Date());
    return treeItem;
  }

  dispose(): void {
    this.listening.dispose();
    this.watches.forEach((watch) => watch.dispose());
    this.changed.dispose();
  }

  private roots(): Node[] {
    const { state, choice } = this.connections;
    if (state.status !== 'failed') return categories;
    const message = messageOf(state.error);
    const retry = choice.kind === 'sandbox' ? 'Start the sandbox' : 'Connect again';
    return [
      new TextNode('failed', undefined, message, 'error', message),
      new TextNode('retry', undefined, retry, 'debug-restart', undefined, {
        title: retry,
        command: commands.retryConnection,
      }),
      new TextNode('switch', undefined, 'Switch connection…', 'plug', undefined, {
        title: '',
        command: commands.switchConnection,
      }),
    ];
  }

  private resources(category: CategoryNode): Node[] {
    const { kind } = category;
    this.watch(kind);
    const { items, status, more, error } = this.inventory.collection(kind);
    const nodes: Node[] = items
      .filter((resource) => !this.filter || matches(resource, this.filter))
      .map((resource) => new ResourceNode(category, resource));
    for (const node of nodes) if (node.type === 'resource') this.shown.set(node.value.arn, node);
    if (more) nodes.push(new MoreNode(category));
    if (error !== undefined) nodes.unshift(errorNode(category, error));
    else if (status === 'unread' || status === 'reading') {
      if (nodes.length === 0) nodes.push(new TextNode(`${category.id}/loading`, category, 'Loading', 'loading~spin'));
    }
    return nodes;
  }

  private watch(kind: Kind): void {
    if (!this.watches.has(kind)) this.watches.set(kind, this.inventory.watch(kind));
  }

  private unwatch(kind: Kind): void {
    this.watches.get(kind)?.dispose();
    this.watches.delete(kind);
  }

  private show({ kind, arns }: InventoryChange): void {
    const category = categories.find((one) => one.kind === kind);
    if (arns === undefined) this.changed.fire(category);
    else {
      for (const arn of arns) {
        const node = this.shown.get(arn);
        const value = this.inventory.collection(kind).items.find((resource: Resource) => resource.arn === arn);
        if (!node || !value || !category) continue;
        // VS Code knows nodes by identity: the one that it holds gets the new value.
        Object.assign(node, { value });
        this.changed.fire(node);
      }
    }
    this.showFilter();
    this.showBadge();
  }

  private refreshRunning(): void {
    for (const node of this.shown.values()) {
      const { value } = node;
      if ('state' in value && ['InProgress', 'Stopping', 'InService', 'Creating', 'Updating'].includes(value.state)) {
        this.changed.fire(node);
      }
    }
  }

  private categoryItem(node: CategoryNode): vscode.TreeItem {
    const { items, more, status } = this.inventory.collection(node.kind);
    const { filter } = this;
    const hidden = filter ? items.filter((resource) => !matches(resource, filter)).length : 0;
    const expanded = node.kind !== 'model';
    const treeItem = new vscode.TreeItem(
      node.label,
      expanded ? vscode.TreeItemCollapsibleState.Expanded : vscode.TreeItemCollapsibleState.Collapsed,
    );
    treeItem.id = node.id;
    treeItem.contextValue = 'category';
    if (status === 'read') treeItem.description = categoryText(items, more, hidden);
    return treeItem;
  }

  private resourceItem({ id, value }: ResourceNode): vscode.TreeItem {
    const treeItem = item(id, value.name, this.row(value));
    const target = { resource: { kind: value.kind, name: value.name, arn: value.arn } };
    if (value.kind === 'training-job') {
      treeItem.command = { title: 'Show', command: commands.openJob, arguments: [target] };
    }
    if (value.kind === 'endpoint') treeItem.collapsibleState = vscode.TreeItemCollapsibleState.Collapsed;
    return treeItem;
  }

  private row(resource: Resource): Row {
    const now = new Date();
    if (resource.kind === 'model') return modelRow(resource, now);
    if (resource.kind === 'endpoint') {
      return endpointRow(resource, this.inventory.detail(resource, resource.state === 'InService'), now);
    }
    const detail = this.inventory.detail(resource, resource.state === 'InProgress');
    return trainingJobRow(resource, detail, this.runs.find(resource.name)?.record, now);
  }

  /** The view says that it does not show everything. */
  private showFilter(): void {
    if (!this.view) return;
    const { filter } = this;
    const parts = [filter?.name ? `name with "${filter.name}"` : '', filter?.state ?? ''].filter((part) => part !== '');
    this.view.message = filter ? `Filtered: ${parts.join(', ')}. Only what is loaded is searched.` : '';
  }

  private showBadge(): void {
    if (!this.view) return;
    const running = this.inventory
      .collection('training-job')
      .items.filter(({ state }) => state === 'InProgress').length;
    this.view.badge = running > 0 ? { value: running, tooltip: `${running} running` } : undefined;
  }
}

function errorNode(category: CategoryNode, error: unknown): TextNode {
  const message = messageOf(error);
  const icon = isAccessDenied(error) ? 'lock' : 'warning';
  const again = { title: 'Refresh', command: commands.refresh };
  return new TextNode(`${category.id}/error`, category, message, icon, `${message}\n\nClick to try again.`, again);
}

function variantItem({ id, variant }: VariantNode): vscode.TreeItem {
  const { name, model, instanceType, instances, desired, weight } = variant;
  const count = `${instances === desired ? instances : `${instances} of ${desired}`} × ${instanceType ?? 'serverless'}`;
  const description = `${count}${model === undefined ? '' : ` · ${model}`}${weight === 1 ? '' : ` · weight ${weight}`}`;
  return item(id, name, { description, icon: 'server', color: 'none', capabilities: [] });
}

function textItem({ id, text, icon, tooltip: hover, command }: TextNode): vscode.TreeItem {
  const treeItem = new vscode.TreeItem(text);
  treeItem.id = id;
  treeItem.iconPath = new vscode.ThemeIcon(icon);
  treeItem.tooltip = hover ?? text;
  if (command) treeItem.command = command;
  return treeItem;
}

function moreItem(node: MoreNode): vscode.TreeItem {
  const treeItem = new vscode.TreeItem('Load 100 more');
  treeItem.id = node.id;
  treeItem.iconPath = new vscode.ThemeIcon('ellipsis');
  treeItem.command = { title: 'Load 100 more', command: commands.loadMore, arguments: [node.parent.kind] };
  return treeItem;
}

export { textItem };
