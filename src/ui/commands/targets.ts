import * as vscode from 'vscode';
import { type Command, commands } from '../../contributions.js';
import { UserError } from '../../core/errors.js';
import type { Inventory } from '../../inventory/inventory.js';
import type { Kind } from '../../inventory/resource.js';
import type { OpenProject, ProjectFiles, Section } from '../projectFile/projectFiles.js';

/** What a command acts on, as tree nodes, lenses, panels and links hand it over. */
export interface ResourceTarget<K extends Kind = Kind> {
  readonly resource: { readonly kind: K; readonly name: string; readonly arn: string };
}
/** One machine of a training job. */
export interface HostTarget extends ResourceTarget<'training-job'> {
  readonly host: string;
}
/** An alias or a version of a function. */
export interface QualifiedTarget extends ResourceTarget<'function'> {
  readonly qualifier: string;
}
export interface EntryTarget<S extends Section = Section> {
  /** `file` is the project file's URI as text. */
  readonly entry: { readonly file: string; readonly section: S; readonly name: string };
}

/** The command that shows a resource of a kind in a panel; a kind without one has its row alone. */
export const panelCommands: { readonly [K in Kind]?: Command } = {
  'training-job': commands.openJob,
  'tuning-job': commands.openTuningJob,
};

/** Whether an argument of a command is a resource of this kind; VS Code hands over whatever a caller gave. */
export function isResource<K extends Kind>(argument: unknown, kind: K): argument is ResourceTarget<K> {
  return isRecord(argument) && isRecord(argument['resource']) && argument['resource']['kind'] === kind;
}

export function isHost(argument: unknown): argument is HostTarget {
  return isResource(argument, 'training-job') && 'host' in argument && typeof argument.host === 'string';
}

export function isEntry<S extends Section>(argument: unknown, section: S): argument is EntryTarget<S> {
  return isRecord(argument) && isRecord(argument['entry']) && argument['entry']['section'] === section;
}

/** Asks which resource. Undefined when the person turns away. @throws {UserError} when there is none */
export async function pickResource<K extends Kind>(
  inventory: Inventory,
  kind: K,
  title: string,
  accepts: (resource: ReturnType<typeof inventory.collection<K>>['items'][number]) => boolean = () => true,
): Promise<ResourceTarget<K> | undefined> {
  const watching = inventory.watch(kind);
  try {
    // As it is now: what rests is looked at seldom, and somebody else may have made one since.
    await inventory.refresh(kind);
    const items = inventory.collection(kind).items.filter(accepts);
    if (items.length === 0) throw new UserError(`${title}: there is none.`);
    const picks = items.map((resource) => ({
      label: resource.name,
      description: 'state' in resource ? resource.state : '',
      target: { resource: { kind, name: resource.name, arn: resource.arn } },
    }));
    return (await vscode.window.showQuickPick(picks, { title, matchOnDescription: true }))?.target;
  } finally {
    watching.dispose();
  }
}

/** Asks which entry of a section; the only one is taken without a question. @throws {UserError} when there is none */
export async function pickEntry<S extends Section>(
  projectFiles: ProjectFiles,
  section: S,
  title: string,
): Promise<EntryTarget<S> | undefined> {
  const projects = await projectFiles.all();
  const picks = projects.flatMap(({ uri, folder, reading }) =>
    Object.keys(reading.project?.[section] ?? {}).map((name) => ({
      label: `${section}.${name}`,
      description: projects.length > 1 ? folder.name : '',
      target: { entry: { file: uri.toString(), section, name } },
    })),
  );
  if (picks.length === 0) {
    const errors = projects.some(({ reading }) => !reading.project);
    throw new UserError(
      errors
        ? 'sagemaker.jsonc has errors: mend them first (they are underlined).'
        : `There is no entry in "${section}" of a sagemaker.jsonc in this window.`,
    );
  }
  if (picks.length === 1) return picks[0]?.target;
  return (await vscode.window.showQuickPick(picks, { title }))?.target;
}

/** The project that an entry is in. @throws {UserError} when it has errors or is gone */
export async function projectOf(projectFiles: ProjectFiles, { entry }: EntryTarget): Promise<OpenProject> {
  const project = (await projectFiles.all()).find(({ uri }) => uri.toString() === entry.file);
  if (!project) throw new UserError('The project file is not there any more.');
  if (!project.reading.project) {
    throw new UserError('sagemaker.jsonc has errors: mend them first (they are underlined).');
  }
  if (!(entry.name in project.reading.project[entry.section])) {
    throw new UserError(`There is no ${entry.section}.${entry.name} in sagemaker.jsonc any more.`);
  }
  return project;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
