import * as vscode from 'vscode';
import { commands } from '../../contributions.js';
import { UserError } from '../../core/errors.js';
import type { OpenProject } from '../projectFile/projectFiles.js';

/**
 * The project file that a wizard adds to. Undefined when the person turns away.
 * @param what it adds: `tuning job`
 * @throws {UserError} when there is none without errors
 */
export async function chosenProject(projects: readonly OpenProject[], what: string): Promise<OpenProject | undefined> {
  if (projects.length === 0) {
    const run = () => vscode.commands.executeCommand<void>(commands.newProjectFile);
    throw new UserError(`A ${what} is described in sagemaker.jsonc, and this window has none yet.`, {
      remedy: { label: 'New Project File', run },
    });
  }
  const whole = projects.filter(({ reading }) => reading.project);
  if (whole.length === 0) throw new UserError('sagemaker.jsonc has errors: mend them first (they are underlined).');
  if (whole.length === 1) return whole[0];
  const items = whole.map((project) => ({ label: project.folder.name, project }));
  return (await vscode.window.showQuickPick(items, { title: `New ${what}: folder` }))?.project;
}
