import * as vscode from 'vscode';
import { commands } from '../../contributions.js';
import type { Inventory } from '../../inventory/inventory.js';
import { isMoving, type Resource } from '../../inventory/resource.js';
import type { RunHistory } from '../../launch/runHistory.js';
import { functionRow } from './functionRows.js';
import { isList, type ResourceNode } from './nodes.js';
import { endpointRow, modelRow, type Row, trainingJobRow } from './rows.js';
import { item } from './treeItems.js';
import { shortTrial, trialLabel, trialRow, tuningJobOf, tuningJobRow } from './tuningRows.js';

/** What rows are made from. */
interface Known {
  readonly inventory: Inventory;
  readonly runs: RunHistory;
  /** Whether the node of this id is open. */
  isOpen(id: string): boolean;
}

/** So few functions are described without being opened, so that their rows say where their aliases point. */
const fewFunctions = 20;

export function resourceItem(node: ResourceNode, known: Known): vscode.TreeItem {
  const { id, value, resource } = node;
  const treeItem = item(id, labelOf(node, known.inventory), rowOf(node, known));
  treeItem.accessibilityInformation = { label: `${value.name}, ${String(treeItem.description)}` };
  if (value.kind === 'training-job') {
    treeItem.command = { title: 'Show', command: commands.openJob, arguments: [{ resource }] };
  }
  if (value.kind === 'tuning-job') {
    treeItem.command = { title: 'Show', command: commands.openTuningJob, arguments: [{ resource }] };
  }
  if (isList(node) || ['endpoint', 'function'].includes(value.kind) || hostsOf(value, known.inventory) > 0) {
    treeItem.collapsibleState = vscode.TreeItemCollapsibleState.Collapsed;
  }
  return treeItem;
}

/** The machines of a training job that runs on several; 0 for one alone, and where it is not known. */
export function hostsOf(value: Resource, inventory: Inventory): number {
  const count = value.kind === 'training-job' ? (inventory.detail(value, false)?.instance.count ?? 0) : 0;
  return count > 1 ? count : 0;
}

/** In a narrow view a name loses its end, which is what tells a trial from its siblings. */
function labelOf({ parent, value }: ResourceNode, inventory: Inventory): string {
  if (parent.type === 'resource') return trialLabel(value.name, parent.value.name);
  if (value.kind !== 'training-job') return value.name;
  return shortTrial(value.name, inventory.collection('training-job').items, inventory);
}

function rowOf({ id, parent, value }: ResourceNode, tree: Known): Row {
  const { inventory, runs } = tree;
  const now = new Date();
  const record = runs.find(value.name)?.record;
  switch (value.kind) {
    case 'tuning-job': {
      const known = inventory.detail(value, false);
      // What has been asked for once stays true: the last trials end with the job.
      const detail = inventory.detail(value, isMoving(value) || known !== undefined || tree.isOpen(id));
      return tuningJobRow(value, detail, record, now);
    }
    case 'training-job': {
      if (parent.type === 'resource' && parent.value.kind === 'tuning-job') {
        return trialRow(value, inventory.detail(parent.value, false), inventory.detail(value, false), now);
      }
      const detail = inventory.detail(value, value.state === 'InProgress');
      return trainingJobRow(value, detail, record, now, tuningJobOf(value.name, inventory));
    }
    case 'endpoint':
      return endpointRow(value, inventory.detail(value, value.state === 'InService'), now);
    case 'function': {
      const { items, more } = inventory.collection('function');
      const known = inventory.detail(value, false) !== undefined;
      const few = !more && items.length <= fewFunctions;
      return functionRow(value, inventory.detail(value, known || few || tree.isOpen(id)));
    }
    case 'model':
      return modelRow(value, now);
  }
}
