import * as vscode from 'vscode';
import { type Command, panels, type PanelType } from '../contributions.js';
import type { Parts } from './parts.js';

type Run = (...args: unknown[]) => unknown;
type Adopt = (view: vscode.WebviewPanel) => void;

/**
 * Stands for the actions until the first of them is called for: a window that only looks does not load them.
 * @param ids commands of the actions
 */
export function registerOnFirstUse(parts: Parts, ids: readonly Command[]): vscode.Disposable[] {
  const own: vscode.Disposable[] = [];
  let loading: ReturnType<typeof load> | undefined;
  const behind = async (id: Command | PanelType): Promise<Run> => {
    const found = (await (loading ??= load(parts, own))).get(id);
    if (!found) throw new Error(`Nothing stands behind ${id}.`);
    return found;
  };
  // Questions are of one moment: whether to launch, and which regex, do not come back with the window.
  const questions: readonly PanelType[] = [panels.launch, panels.metricRegex];
  const lasting = Object.values(panels).filter((type) => !questions.includes(type));
  return [
    ...ids.map((id) => parts.command(id, async (...args: unknown[]) => (await behind(id))(...args))),
    ...lasting.map((type) =>
      vscode.window.registerWebviewPanelSerializer(type, {
        deserializeWebviewPanel: async (view) => void (await behind(type))(view),
      }),
    ),
    new vscode.Disposable(() => {
      for (const one of own) one.dispose();
    }),
  ];
}

/** Registers the actions behind what stands for them. */
async function load(parts: Parts, own: vscode.Disposable[]): Promise<ReadonlyMap<Command | PanelType, Run>> {
  const { registerActions } = await import('./actions.js');
  const found = new Map<Command | PanelType, Run>();
  const noting = (id: Command | PanelType, run: Run | Adopt) => {
    found.set(id, run as Run);
    return new vscode.Disposable(() => found.delete(id));
  };
  own.push(...registerActions({ ...parts, command: (id, run) => noting(id, run as Run), restored: noting }));
  return found;
}
