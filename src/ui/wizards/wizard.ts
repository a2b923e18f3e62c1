import * as vscode from 'vscode';

/** One question of a wizard; it fills in a part of the answers. */
export interface Step<A, T extends vscode.QuickPickItem = vscode.QuickPickItem> {
  readonly title: string;
  readonly placeholder: string;
  /** Whether several may be chosen, or none; those that are `picked` are to begin with. */
  readonly many?: boolean;
  /** The choices, given the answers so far; a step without a choice to make (one item or none) is passed over. */
  items(answers: A): readonly T[];
  /** The answers with these; the first item is what is offered. */
  take(answers: A, ...items: T[]): A;
  /** A button on each item that leads elsewhere; the same step is asked again with the answers that come back. */
  readonly button?: {
    readonly icon: string;
    readonly tooltip: string;
    run(answers: A, item: T): Promise<A>;
  };
}

/**
 * Asks one thing after the other, with a way back and "2/4". A wizard only collects: what it knows ends in a file, which
 * the person reviews. Undefined when the person turns away.
 */
export async function ask<A>(title: string, steps: readonly Step<A>[], start: A): Promise<A | undefined> {
  const asked: { readonly index: number; readonly before: A }[] = [];
  let answers = start;
  for (let index = 0; index < steps.length;) {
    const step = steps[index]!;
    const items = step.items(answers);
    if (items.length < 2) {
      if (items.length > 0) answers = step.take(answers, ...items);
      index += 1;
      continue;
    }
    const left = steps.slice(index).filter((one) => one.items(answers).length > 1).length;
    const picked = await pick(`${title}: ${step.title}`, asked.length + 1, asked.length + left, step, items);
    if (picked === undefined) return undefined;
    if (picked === 'back') {
      const last = asked.pop()!;
      index = last.index;
      answers = last.before;
    } else if ('pressed' in picked) {
      answers = (await step.button?.run(answers, picked.pressed)) ?? answers;
    } else {
      asked.push({ index, before: answers });
      answers = step.take(answers, ...picked);
      index += 1;
    }
  }
  return answers;
}

type Picked = readonly vscode.QuickPickItem[] | 'back' | { readonly pressed: vscode.QuickPickItem } | undefined;

function pick<A>(
  title: string,
  step: number,
  totalSteps: number,
  { placeholder, many = false, button }: Step<A>,
  choices: readonly vscode.QuickPickItem[],
): Promise<Picked> {
  const buttons = button && [{ iconPath: new vscode.ThemeIcon(button.icon), tooltip: button.tooltip }];
  const items = choices.map((item) => (buttons ? { ...item, buttons } : item));
  const quickPick = vscode.window.createQuickPick();
  const canSelectMany = many;
  Object.assign(quickPick, { title, step, totalSteps, placeholder, items, canSelectMany, matchOnDescription: true });
  if (many) quickPick.selectedItems = items.filter(({ picked }) => picked === true);
  if (step > 1) quickPick.buttons = [vscode.QuickInputButtons.Back];
  return new Promise<Picked>((resolve) => {
    quickPick.onDidTriggerButton(() => resolve('back'));
    quickPick.onDidTriggerItemButton(({ item }) => resolve({ pressed: item }));
    quickPick.onDidAccept(() => {
      if (many || quickPick.selectedItems.length > 0) resolve(quickPick.selectedItems);
    });
    quickPick.onDidHide(() => resolve(undefined));
    quickPick.show();
  }).finally(() => quickPick.dispose());
}
