import * as vscode from 'vscode';

/** One question of a wizard; it fills in a part of the answers. */
export interface Step<A, T extends vscode.QuickPickItem = vscode.QuickPickItem> {
  readonly title: string;
  readonly placeholder: string;
  /** The choices, given the answers so far; a step without a choice to make (one item or none) is passed over. */
  items(answers: A): readonly T[];
  /** The answers with this one; the first item is what is offered. */
  take(answers: A, item: T): A;
}

/**
 * Asks one thing after the other, with a way back and "2/4". A wizard only collects: what it knows ends in a file, which
 * the person reviews. Undefined when the person turns away.
 */
export async function ask<A>(title: string, steps: readonly Step<A>[], start: A): Promise<A | undefined> {
  const asked = steps.filter((step) => step.items(start).length > 1);
  const history: A[] = [
    steps.reduce((answers, step) => {
      const [only, ...others] = step.items(answers);
      return only && others.length === 0 ? step.take(answers, only) : answers;
    }, start),
  ];
  while (history.length <= asked.length) {
    const index = history.length - 1;
    const answers = history[index]!;
    const step = asked[index]!;
    const picked = await pick(`${title}: ${step.title}`, index + 1, asked.length, step, answers);
    if (picked === undefined) return undefined;
    if (picked === 'back') history.pop();
    else history.push(step.take(answers, picked));
  }
  return history.at(-1);
}

function pick<A>(
  title: string,
  step: number,
  totalSteps: number,
  { items, placeholder }: Step<A>,
  answers: A,
): Promise<vscode.QuickPickItem | 'back' | undefined> {
  const quickPick = vscode.window.createQuickPick();
  Object.assign(quickPick, { title, step, totalSteps, placeholder, items: items(answers), matchOnDescription: true });
  if (step > 1) quickPick.buttons = [vscode.QuickInputButtons.Back];
  return new Promise<vscode.QuickPickItem | 'back' | undefined>((resolve) => {
    quickPick.onDidTriggerButton(() => resolve('back'));
    quickPick.onDidAccept(() => {
      const [item] = quickPick.selectedItems;
      if (item) resolve(item);
    });
    quickPick.onDidHide(() => resolve(undefined));
    quickPick.show();
  }).finally(() => quickPick.dispose());
}
