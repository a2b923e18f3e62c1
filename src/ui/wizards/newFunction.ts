import * as vscode from 'vscode';
import { UserError } from '../../core/errors.js';
import {
  type FunctionChoice,
  functionEntry,
  handlerFile,
  policyFile,
  policyText,
} from '../../launch/proposeFunction.js';
import { projectNameOf } from '../../launch/session.js';
import type { Project } from '../../project/project.js';
import type { Parts } from '../parts.js';
import { proposeEntry } from '../projectFile/proposeEntry.js';
import { chosenProject } from './chosenProject.js';
import { ask, type Step } from './wizard.js';

/**
 * Puts a function in front of an endpoint of the project file, which it edits: saving accepts it. Its policy, and a handler
 * where there is none, are written beside it: nothing acts on them until then.
 */
export async function newFunction({
  projectFiles,
  extension,
}: Pick<Parts, 'projectFiles' | 'extension'>): Promise<void> {
  const open = await chosenProject(await projectFiles.all(), 'function');
  if (!open) return;
  const { folder, uri, reading } = open;
  const project = reading.project!;
  const [endpoint] = Object.keys(project.endpoints);
  if (endpoint === undefined)
    throw new UserError('A function stands in front of an endpoint: describe one in sagemaker.jsonc first.');
  const start: FunctionChoice = { name: 'predict', endpoint, memorySize: 256, timeout: 30, alias: 'live' };
  const choice = await ask('New function', stepsFor(project), start);
  if (!choice) return;
  // The sample's own: it minds what a handler has to, and it is tested.
  const handler = await vscode.workspace.fs.readFile(vscode.Uri.joinPath(extension, 'training', handlerFile));
  const policy = new TextEncoder().encode(policyText(projectNameOf(project, folder.name), choice));
  const files = new vscode.WorkspaceEdit();
  // What is there already is the person's.
  for (const [file, contents] of [
    [handlerFile, handler],
    [policyFile(choice.name), policy],
  ] as const) {
    files.createFile(vscode.Uri.joinPath(folder.uri, file), { ignoreIfExists: true, contents });
  }
  if (!(await vscode.workspace.applyEdit(files)))
    throw new UserError(`${handlerFile} and ${policyFile(choice.name)} could not be written into ${folder.name}.`);
  await proposeEntry(uri, 'functions', choice.name, functionEntry(choice));
  void vscode.window.showInformationMessage(
    `This is a proposal for a function in front of endpoints.${choice.endpoint}, with ${handlerFile} and ${policyFile(choice.name)}. Save it to accept it.`,
  );
}

function stepsFor(project: Project): Step<FunctionChoice>[] {
  return [
    choiceStep('endpoint', 'Which endpoint does it call?', Object.keys(project.endpoints), (answers, endpoint) => ({
      ...answers,
      endpoint,
    })),
    {
      title: 'name',
      placeholder: 'What is it called?',
      items: ({ endpoint }) => freeNames(project, endpoint).map((label) => ({ label })),
      take: (answers, item) => ({ ...answers, name: item?.label ?? answers.name }),
    },
    choiceStep('timeout', 'After how many seconds is a call ended?', [30, 10, 60, 120], (answers, timeout) => ({
      ...answers,
      timeout: Number(timeout),
    })),
    choiceStep(
      'memory',
      'How many MB does it have? Its share of a processor grows with them.',
      [256, 512, 1024, 1769],
      (answers, memory) => ({
        ...answers,
        memorySize: Number(memory),
      }),
    ),
    choiceStep('alias', 'By which alias is it called?', ['live', 'prod', 'dev'], (answers, alias) => ({
      ...answers,
      alias,
    })),
  ];
}

/** Three that no function has yet. */
function freeNames({ functions }: Project, endpoint: string): string[] {
  const numbered = [2, 3, 4, 5].map((number) => `predict-${number}`);
  return ['predict', endpoint, `predict-${endpoint}`.slice(0, 40), ...numbered]
    .filter((name) => !(name in functions))
    .slice(0, 3);
}

function choiceStep(
  title: string,
  placeholder: string,
  choices: readonly (string | number)[],
  take: (answers: FunctionChoice, choice: string) => FunctionChoice,
): Step<FunctionChoice> {
  return {
    title,
    placeholder,
    items: () => choices.map((choice) => ({ label: String(choice) })),
    take: (answers, item) => (item ? take(answers, item.label) : answers),
  };
}
