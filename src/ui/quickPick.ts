import type * as vscode from 'vscode';

/** Shows a quick pick and resolves with what was chosen, by mouse or keyboard; undefined when the person turned away. */
export async function pickOne<T extends vscode.QuickPickItem>(pick: vscode.QuickPick<T>): Promise<T | undefined> {
  pick.show();
  try {
    return await new Promise<T | undefined>((resolve) => {
      // Of a click the selected one is it; the active one is still that of the keyboard.
      pick.onDidAccept(() => resolve(pick.selectedItems[0]));
      pick.onDidHide(() => resolve(undefined));
    });
  } finally {
    pick.dispose();
  }
}
