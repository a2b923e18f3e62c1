import * as vscode from 'vscode';
import type { Command, PanelType } from '../../contributions.js';
import type { Kind } from '../../inventory/resource.js';
import { isResource, pickResource } from '../commands/targets.js';
import type { ActionParts } from '../parts.js';

/** What shows one resource in a webview. */
interface ResourcePanel {
  reveal(): void;
  dispose(): void;
}

/** Resources of one kind that are looked at in a panel each. */
interface ResourcePanels {
  readonly kind: Kind;
  readonly command: Command;
  readonly viewType: PanelType;
  /** Of the list to choose from, when the command is not called on a resource. */
  readonly title: string;
  /** @param closed called when the person closes it */
  open(view: vscode.WebviewPanel, name: string, closed: () => void): ResourcePanel;
}

/** The command that shows a resource: a panel for each that is looked at, which comes back when the window is reloaded. */
export function registerResourcePanels(
  { command, inventory, restored }: Pick<ActionParts, 'command' | 'inventory' | 'restored'>,
  { kind, command: id, viewType, title, open }: ResourcePanels,
): vscode.Disposable[] {
  const shown = new Map<string, ResourcePanel>();
  const adopt = (view: vscode.WebviewPanel, name: string): void => {
    shown.set(
      name,
      open(view, name, () => shown.delete(name)),
    );
  };
  return [
    command(id, async (argument: unknown) => {
      const target = isResource(argument, kind) ? argument : await pickResource(inventory, kind, title);
      if (!target) return;
      const { name } = target.resource;
      const panel = shown.get(name);
      if (panel) panel.reveal();
      else adopt(vscode.window.createWebviewPanel(viewType, name, vscode.ViewColumn.Active), name);
    }),
    // The title is the resource's name: all that is needed to show it again.
    restored(viewType, (view) => adopt(view, view.title)),
    new vscode.Disposable(() => shown.forEach((panel) => panel.dispose())),
  ];
}
