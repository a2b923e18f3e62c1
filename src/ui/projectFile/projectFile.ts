import * as vscode from 'vscode';
import { commands } from '../../contributions.js';
import { sections } from '../../project/entries.js';
import { projectFileName } from '../../project/read.js';
import { type EntryTarget, isEntry, pickEntry, projectOf } from '../commands/targets.js';
import type { Parts } from '../parts.js';
import { EntryCompletion, InstanceHover } from './completion.js';
import { rangeOf, showDiagnostics } from './diagnostics.js';
import { HandlerLenses } from './handlerLenses.js';
import { EntryLenses } from './lenses.js';
import type { ProjectFiles } from './projectFiles.js';
import { QuickFixes } from './quickFixes.js';
import { Scripts } from './scripts.js';

/** What an editor shows of sagemaker.jsonc: diagnostics, completion, hovers, lenses. */
export function registerProjectFile(parts: Parts): vscode.Disposable[] {
  const { projectFiles, command } = parts;
  const selector: vscode.DocumentSelector = { pattern: `**/${projectFileName}` };
  const lenses = new EntryLenses(parts);
  const handlers = new HandlerLenses(projectFiles);
  const scripts = new Scripts();
  return [
    lenses,
    handlers,
    showDiagnostics(projectFiles, scripts),
    vscode.languages.registerCodeLensProvider(selector, lenses),
    vscode.languages.registerCodeLensProvider({ scheme: 'file', pattern: '**/*.py' }, handlers),
    vscode.languages.registerCompletionItemProvider(
      selector,
      new EntryCompletion(projectFiles, scripts),
      '"',
      ':',
      ' ',
    ),
    vscode.languages.registerHoverProvider(selector, new InstanceHover()),
    vscode.languages.registerCodeActionsProvider(selector, new QuickFixes(projectFiles, scripts), {
      providedCodeActionKinds: [vscode.CodeActionKind.QuickFix],
    }),
    command(commands.openEntry, (target?: unknown) => openEntry(projectFiles, target)),
  ];
}

async function openEntry(projectFiles: ProjectFiles, argument: unknown): Promise<void> {
  const target: EntryTarget | undefined = sections.some((section) => isEntry(argument, section))
    ? (argument as EntryTarget)
    : await pickEntry(projectFiles, 'jobs', 'Go to entry');
  if (!target) return;
  const { uri, reading } = await projectOf(projectFiles, target);
  const { section, name } = target.entry;
  const place = reading.entries.find((entry) => entry.section === section && entry.name === name);
  const editor = await vscode.window.showTextDocument(uri);
  if (!place) return;
  const range = rangeOf(place.range);
  editor.selection = new vscode.Selection(range.start, range.start);
  editor.revealRange(range, vscode.TextEditorRevealType.InCenterIfOutsideViewport);
}
