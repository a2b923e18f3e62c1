import * as vscode from 'vscode';
import { commands, views } from '../../contributions.js';
import { type Kind, kinds } from '../../inventory/resource.js';
import type { Parts } from '../parts.js';
import { pickOne } from '../quickPick.js';
import type { ListNode } from './nodes.js';
import { ProjectTree } from './projectTree.js';
import { ResourcesTree } from './resourcesTree.js';
import type { Filter } from './rows.js';

/** The views Resources and Project, and the commands of their nodes that look at or end something. */
export function registerTree(parts: Parts): vscode.Disposable[] {
  const { command, inventory } = parts;
  const resources = new ResourcesTree(parts);
  const project = new ProjectTree(parts);
  const resourcesView = vscode.window.createTreeView(views.resources, {
    treeDataProvider: resources,
    showCollapseAll: true,
  });
  return [
    resources,
    resourcesView,
    resources.attach(resourcesView),
    project,
    vscode.window.createTreeView(views.project, { treeDataProvider: project, showCollapseAll: true }),
    command(commands.refresh, () =>
      vscode.window.withProgress({ location: { viewId: views.resources } }, () => inventory.refresh()),
    ),
    command(commands.loadMore, (below: ListNode) =>
      vscode.window.withProgress({ location: { viewId: views.resources } }, () => resources.loadMore(below)),
    ),
    command(commands.filter, async () => {
      const filter = await askFilter(parts, resources.currentFilter);
      if (filter) resources.setFilter(filter);
    }),
    command(commands.clearFilter, () => resources.setFilter(undefined)),
  ];
}

/** A text for the name, or a state of those that are there. */
async function askFilter(
  { inventory }: Pick<Parts, 'inventory'>,
  current: Filter | undefined,
): Promise<Filter | undefined> {
  const states = new Set(
    kinds.flatMap((kind: Kind) =>
      inventory.collection(kind).items.flatMap((item) => ('state' in item ? [item.state as string] : [])),
    ),
  );
  const pick = vscode.window.createQuickPick<vscode.QuickPickItem & { readonly filter: Filter }>();
  pick.title = 'Filter resources';
  pick.placeholder = 'A part of the name, or a state';
  const byState = [...states]
    .sort()
    .map((state) => ({ label: state, description: 'state', filter: { name: '', state } }));
  const show = (name: string): void => {
    const byName = { label: `"${name}" in the name`, alwaysShow: true, filter: { name, state: undefined } };
    pick.items = name === '' ? byState : [byName, ...byState];
  };
  pick.onDidChangeValue(show);
  pick.value = current?.name ?? '';
  show(pick.value);
  return (await pickOne(pick))?.filter;
}
