import * as vscode from 'vscode';
import { commands, contextKeys } from '../../contributions.js';
import type { Watch } from '../../inventory/collection.js';
import type { Collection, Inventory, InventoryChange } from '../../inventory/inventory.js';
import { type DescribedFunction, isMoving, type Kind, type ResourceOf } from '../../inventory/resource.js';
import type { RunHistory } from '../../launch/runHistory.js';
import type { Parts } from '../parts.js';
import { functionChildren, qualifierItem, versionNodes, versionsItem } from './functionNodes.js';
import {
  CategoryNode,
  errorNode,
  failureNodes,
  HostNode,
  isFunction,
  isList,
  type ListNode,
  MoreNode,
  type Node,
  ResourceNode,
  TextNode,
  VariantNode,
  type VersionsNode,
} from './nodes.js';
import { hostsOf, resourceItem } from './resourceItems.js';
import { categoryText, type Filter, matches } from './rows.js';
import { tooltip } from './tooltips.js';
import { hostItem, moreItem, textItem, variantItem } from './treeItems.js';

const categories = [
  new CategoryNode('tuning-job', 'Tuning jobs'),
  new CategoryNode('training-job', 'Training jobs'),
  new CategoryNode('endpoint', 'Endpoints'),
  new CategoryNode('function', 'Functions'),
  new CategoryNode('model', 'Models'),
];
/** Milliseconds between two looks at the clock, for the ages of what runs. */
const tick = 10_000;

/** The view Resources: what exists in the cloud. A kind is asked after while its category is open, and so are trials. */
export class ResourcesTree implements vscode.TreeDataProvider<Node> {
  private readonly changed = new vscode.EventEmitter<Node | undefined>();
  readonly onDidChangeTreeData = this.changed.event;
  /** Nodes that VS Code holds, by their ids, so that one of them can be refreshed. */
  private readonly shown = new Map<string, ResourceNode>();
  /** By the ids of categories and tuning jobs that are open. */
  private readonly watches = new Map<string, Watch>();
  /** Ids of the functions that are open. */
  private readonly openFunctions = new Set<string>();
  private readonly listening: vscode.Disposable;
  readonly inventory: Inventory;
  readonly runs: RunHistory;
  private readonly connections: Parts['connections'];
  /** What the row of each category says. */
  private readonly categoryTexts = new Map<Kind, string>();
  private filter: Filter | undefined;
  private view: vscode.TreeView<Node> | undefined;

  constructor({ inventory, runs, connections }: Pick<Parts, 'inventory' | 'runs' | 'connections'>) {
    this.inventory = inventory;
    this.runs = runs;
    this.connections = connections;
    const clock = setInterval(() => this.view?.visible && this.refreshRunning(), tick);
    this.listening = vscode.Disposable.from(
      inventory.onDidChange((change) => this.show(change)),
      connections.onDidChange(() => {
        // Trials are of one account; the inventory has dropped them.
        for (const { id } of categories) this.unwatch(`${id}/`);
        this.changed.fire(undefined);
      }),
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
      view.onDidCollapseElement(({ element }) => this.unwatch(element.id)),
      // VS Code keeps the children of what was closed, and does not ask for them again.
      view.onDidExpandElement(
        ({ element }) =>
          (isList(element) || isFunction(element)) && !this.isOpen(element.id) && this.changed.fire(element),
      ),
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
    if (node.type === 'versions') {
      const detail = this.functionDetail(node);
      return detail ? versionNodes(node, detail) : [];
    }
    if (node.type !== 'resource') return [];
    const { value } = node;
    switch (value.kind) {
      case 'tuning-job':
        return this.resources(node);
      case 'training-job':
        return Array.from(
          { length: hostsOf(value, this.inventory) },
          (_, index) => new HostNode(node, `algo-${index + 1}`),
        );
      case 'endpoint':
        return (this.inventory.detail(value, true)?.variants ?? []).map((variant) => new VariantNode(node, variant));
      case 'function':
        return this.insideFunction(node, value);
      case 'model':
        return [];
    }
  }

  /** The next page below a category or a tuning job. */
  async loadMore(below: ListNode): Promise<void> {
    await (below.type === 'category' ? this.inventory.more(below.kind) : this.inventory.trials(below.value).loadMore());
  }

  /** Whether what is within it is shown, and so kept fresh. */
  isOpen(id: string): boolean {
    return this.watches.has(id) || this.openFunctions.has(id);
  }

  getParent(node: Node): Node | undefined {
    return node.type === 'category' ? undefined : node.parent;
  }

  getTreeItem(node: Node): vscode.TreeItem {
    switch (node.type) {
      case 'category':
        return this.categoryItem(node);
      case 'resource':
        return resourceItem(node, this);
      case 'variant':
        return variantItem(node);
      case 'host':
        return hostItem(node);
      case 'versions':
        return versionsItem(node, this.functionDetail(node.parent));
      case 'qualifier':
        return qualifierItem(node, this.functionDetail(node.parent), new Date());
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
    return failureNodes(state.error, choice.kind === 'sandbox' ? 'Start the sandbox' : 'Connect again');
  }

  private resources(parent: ListNode): Node[] {
    this.watch(parent);
    const { items, status, more, error } = this.listOf(parent);
    const { filter } = this;
    const nodes: Node[] = items
      .filter((resource) => parent.type === 'resource' || !filter || matches(resource, filter))
      .map((resource) => new ResourceNode(parent, resource));
    for (const node of nodes) if (node.type === 'resource') this.shown.set(node.id, node);
    if (more) nodes.push(new MoreNode(parent));
    if (error !== undefined) nodes.unshift(errorNode(parent, error));
    else if (nodes.length === 0 && (status === 'unread' || status === 'reading')) {
      nodes.push(new TextNode(`${parent.id}/loading`, parent, 'Loading', 'loading~spin'));
    } else if (nodes.length === 0 && parent.type === 'resource') {
      nodes.push(new TextNode(`${parent.id}/none`, parent, 'No trial was started', 'circle-outline'));
    } else if (items.length === 0 && parent.type === 'category' && parent.kind === 'function') {
      const make = { title: 'New Function…', command: commands.newFunction };
      const text = 'No functions yet: make one that calls an endpoint…';
      nodes.push(new TextNode(`${parent.id}/none`, parent, text, 'add', undefined, make));
    }
    return nodes;
  }

  private insideFunction(node: ResourceNode, value: ResourceOf<'function'>): Node[] {
    this.openFunctions.add(node.id);
    const detail = this.inventory.detail(value, true);
    if (detail) return functionChildren(node, detail, new Date());
    const error = this.inventory.detailError(value);
    if (error !== undefined) return [errorNode(node, error)];
    return [new TextNode(`${node.id}/loading`, node, 'Loading', 'loading~spin')];
  }

  private functionDetail(node: ResourceNode | VersionsNode): DescribedFunction | undefined {
    const { value } = node.type === 'versions' ? node.parent : node;
    return value.kind === 'function' ? this.inventory.detail(value, false) : undefined;
  }

  private listOf(parent: ListNode): Collection<Kind> {
    return parent.type === 'category' ? this.inventory.collection(parent.kind) : this.inventory.trials(parent.value);
  }

  private watch(parent: ListNode): void {
    if (this.watches.has(parent.id)) return;
    const watch =
      parent.type === 'category' ? this.inventory.watch(parent.kind) : this.inventory.trials(parent.value).watch(true);
    this.watches.set(parent.id, watch);
  }

  /** What is closed is not asked after, nor what is open within it. */
  private unwatch(path: string): void {
    const isWithin = (id: string): boolean => id === path || id.startsWith(path.endsWith('/') ? path : `${path}/`);
    for (const id of [...this.openFunctions].filter(isWithin)) this.openFunctions.delete(id);
    for (const [id, watch] of this.watches) {
      if (!isWithin(id)) continue;
      watch.dispose();
      this.watches.delete(id);
    }
  }

  private show({ kind, arns, trialsOf }: InventoryChange): void {
    const category = categories.find((one) => one.kind === kind);
    // What a category says of its resources is on its own row, which is drawn with them.
    if (arns !== undefined && this.textOf(kind) === this.categoryTexts.get(kind)) this.showAnew(new Set(arns));
    else if (arns !== undefined) this.changed.fire(category);
    else if (trialsOf !== undefined) this.nodesOf(new Set([trialsOf])).forEach((node) => this.changed.fire(node));
    else {
      this.changed.fire(category);
      // Which of them are trials shows by the names of tuning jobs.
      if (kind === 'tuning-job') this.changed.fire(categories.find((one) => one.kind === 'training-job'));
    }
    this.showFilter();
    this.showBadge();
  }

  private showAnew(arns: ReadonlySet<string>): void {
    for (const node of this.nodesOf(arns)) {
      const value = this.listOf(node.parent).items.find(({ arn }) => arn === node.value.arn);
      if (!value) continue;
      // VS Code knows nodes by identity: the one that it holds gets the new value.
      Object.assign(node, { value });
      this.changed.fire(node);
    }
  }

  private nodesOf(arns: ReadonlySet<string>): ResourceNode[] {
    return [...this.shown.values()].filter(({ value }) => arns.has(value.arn));
  }

  private refreshRunning(): void {
    for (const node of this.shown.values()) {
      const { value } = node;
      const ages = isMoving(value) || (value.kind === 'endpoint' && value.state === 'InService');
      if (ages || this.openFunctions.has(node.id)) this.changed.fire(node);
    }
  }

  private categoryItem(node: CategoryNode): vscode.TreeItem {
    const expanded = node.kind !== 'model';
    const treeItem = new vscode.TreeItem(
      node.label,
      expanded ? vscode.TreeItemCollapsibleState.Expanded : vscode.TreeItemCollapsibleState.Collapsed,
    );
    treeItem.id = node.id;
    treeItem.contextValue = 'category';
    treeItem.description = this.textOf(node.kind);
    this.categoryTexts.set(node.kind, treeItem.description);
    return treeItem;
  }

  /** Empty until the kind is read. */
  private textOf(kind: Kind): string {
    const { items, more, status } = this.inventory.collection(kind);
    const { filter } = this;
    const hidden = filter ? items.filter((resource) => !matches(resource, filter)).length : 0;
    return status === 'read' ? categoryText(items, more, hidden) : '';
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
