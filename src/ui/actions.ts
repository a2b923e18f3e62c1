import type * as vscode from 'vscode';
import { registerFunctions } from './commands/functions.js';
import { registerLaunching } from './commands/launching.js';
import { registerResources } from './commands/resources.js';
import { registerSample } from './commands/sample.js';
import { registerJobPanel } from './panels/job.js';
import { registerTestBench } from './panels/testBench.js';
import { registerTuningPanel } from './panels/tuning.js';
import type { ActionParts } from './parts.js';
import { registerWizards } from './wizards/newProjectFile.js';

/** What a person starts: commands that act, panels, wizards. A bundle that is loaded with the first of them (onFirstUse.ts). */
export function registerActions(parts: ActionParts): vscode.Disposable[] {
  return [
    registerLaunching,
    registerFunctions,
    registerResources,
    registerJobPanel,
    registerTuningPanel,
    registerTestBench,
    registerSample,
    registerWizards,
  ].flatMap((register) => register(parts));
}
