import path from 'node:path';
import * as vscode from 'vscode';
import type { Target as Asked } from '../../testBench/target.js';
import { messageOf } from '../../core/errors.js';
import type { Watch } from '../../inventory/collection.js';
import type { ResourceOf } from '../../inventory/resource.js';
import { functionEnvironment } from '../../launch/functionEnvironment.js';
import { projectNameOf } from '../../launch/session.js';
import type { Parts } from '../parts.js';
import type { OpenProject } from '../projectFile/projectFiles.js';
import { type About, longestAnswer, type ScriptTarget, type Target, type Targets } from './testBench.protocol.js';

/** An endpoint goes on answering while it is updated. */
export function answers({ state }: ResourceOf<'endpoint'>): boolean {
  return ['InService', 'Updating', 'SystemUpdating', 'RollingBack'].includes(state);
}

/** The scripts that entries of the project file run, with what they are called. */
export function scriptsOf(projects: readonly OpenProject[]): Targets['scripts'] {
  return projects.flatMap(({ folder, reading }) => {
    const root = folder.uri.fsPath;
    const { endpoints = {}, functions = {} } = reading.project ?? {};
    return [
      ...Object.entries(endpoints).map(([name, { source, inference }]) => {
        const file = path.join(root, source ?? '', inference);
        return script({ kind: 'script', file, entry: `endpoints.${name}` }, root);
      }),
      ...Object.entries(functions).map(([name, { source, handler }]) => {
        const [module = '', attribute = ''] = splitHandler(handler);
        const file = path.join(root, source ?? '', `${module}.py`);
        return script({ kind: 'script', file, handler: attribute, entry: `functions.${name}` }, root);
      }),
    ];
  });
}

/** `code/inference.py, as endpoints.breeds` */
function script(target: ScriptTarget, root: string): Targets['scripts'][number] {
  return { target, label: scriptLabel(target, root) };
}

/** What a script is called that a person points at. */
function scriptLabel({ file, handler, entry }: ScriptTarget, root: string | undefined): string {
  const inside = root === undefined ? file : path.relative(root, file).replaceAll(path.sep, '/');
  return `${inside}${handler === undefined ? '' : `, ${handler}`}${entry === undefined ? '' : `, as ${entry}`}`;
}

/** "package/module.function": module may be a path, in Lambda's own way. */
function splitHandler(handler: string): [string, string] {
  const dot = handler.lastIndexOf('.');
  return [handler.slice(0, dot).replaceAll('.', '/'), handler.slice(dot + 1)];
}

/** The project and the entry that a script runs as. */
function entryOf(target: ScriptTarget, projects: readonly OpenProject[]) {
  const [section, name = ''] = (target.entry ?? '').split('.');
  const open = projects.find(({ folder }) => isInside(folder.uri.fsPath, target.file));
  return { open, section, name };
}

/** What the room asks: a script with the model, the environment and the limits of its entry. */
export function askedTarget(target: Target, projects: readonly OpenProject[], { runs }: Parts): Asked {
  if (target.kind === 'endpoint') {
    const { name, variant } = target;
    return { kind: 'endpoint', name, ...(variant !== undefined && { variant }) };
  }
  if (target.kind === 'function') {
    const { name, qualifier } = target;
    return { kind: 'function', name, ...(qualifier !== undefined && { qualifier }) };
  }
  const { file, handler } = target;
  const { open, section, name } = entryOf(target, projects);
  const asked = { kind: 'script' as const, file, ...(handler !== undefined && { handler }) };
  const project = open?.reading.project;
  if (!open || !project) return asked;
  if (section === 'functions') {
    const entry = project.functions[name];
    if (!entry) return asked;
    const environment = functionEnvironment(projectNameOf(project, open.folder.name), entry);
    return { ...asked, environment, timeout: entry.timeout };
  }
  const entry = project.endpoints[name];
  if (!entry) return asked;
  const archive =
    'data' in entry.model ? entry.model.data : runs.lastModel(open.folder.uri.fsPath, entry.model.from)?.results.model;
  return { ...asked, environment: entry.environment, ...(archive !== undefined && { model: { archive } }) };
}

/** Variants, aliases and versions, and how long it may take: asked for when a target is chosen. */
export async function partsOf(
  parts: Parts,
  target: Target,
  projects: readonly OpenProject[],
): Promise<Pick<About, 'parts' | 'usual' | 'timeout'>> {
  // Nobody waits for it.
  const { signal } = new AbortController();
  if (target.kind === 'script') {
    const asked = askedTarget(target, projects, parts);
    const timeout = asked.kind === 'script' ? asked.timeout : undefined;
    return { parts: [], ...(timeout !== undefined && { timeout }) };
  }
  const cloud = await parts.connections.cloud();
  if (target.kind === 'endpoint') {
    const { variants } = await cloud.endpoints.detail(target.name, signal);
    const choices = variants.map(({ name }) => ({ value: name, label: `variant ${name}` }));
    return { parts: choices.length > 1 ? choices : [], timeout: longestAnswer };
  }
  const detail = await cloud.functions.describe(target.name, signal);
  if (!detail) return { parts: [] };
  const { aliases, versions, timeout } = detail;
  const [usual] = aliases;
  return {
    ...(usual && { usual: usual.name }),
    parts: [
      ...aliases.map(({ name, version }) => ({ value: name, label: `${name} → ${version}` })),
      ...versions.map(({ version }) => ({ value: version, label: `version ${version}` })),
    ],
    timeout,
  };
}

export function isInside(folder: string, file: string): boolean {
  const relative = path.relative(folder, file);
  return !relative.startsWith('..') && !path.isAbsolute(relative);
}

/** The script behind a function of the workspace: the one that an entry deploys under this name. */
export function openScript(
  uri: vscode.Uri,
  handler: string | undefined,
  projects: readonly OpenProject[],
): ScriptTarget {
  const same = scriptsOf(projects).find(({ target }) => target.file === uri.fsPath && target.handler === handler);
  return same?.target ?? { kind: 'script', file: uri.fsPath, ...(handler !== undefined && { handler }) };
}

/** What a tab is called. */
export function titleOf(target: Target): string {
  return target.kind === 'script' ? path.basename(target.file) : target.name;
}

/** Whether it takes an event, which is JSON, and no body of any type. */
export function takesEvent(target: Target): boolean {
  return target.kind === 'function' || (target.kind === 'script' && target.handler !== undefined);
}

/** What can be asked, as the inventory and the project files say it: kept fresh while a panel is open. */
export class TargetList {
  private readonly watches: readonly Watch[];
  private readonly registered: readonly vscode.Disposable[];
  /** Scripts that no entry runs, and folders that are no data of the project file: a person has pointed at them. */
  private readonly scripts = new Map<string, ScriptTarget>();
  private readonly folders = new Set<string>();

  constructor(
    private readonly parts: Parts,
    visible: boolean,
    private readonly changed: () => void,
  ) {
    const { inventory, connections, projectFiles } = parts;
    this.watches = watched.map((kind) => inventory.watch(kind, { visible }));
    this.registered = [
      ...this.watches,
      inventory.onDidChange(({ kind, arns }) => (kind === 'endpoint' || (kind === 'function' && !arns)) && changed()),
      connections.onDidChange(changed),
      projectFiles.onDidChange(changed),
    ];
  }

  setVisible(visible: boolean): void {
    for (const watch of this.watches) watch.setVisible(visible);
  }

  add(target: Target): void {
    if (target.kind === 'script' && target.entry === undefined)
      this.scripts.set(`${target.file} ${target.handler ?? ''}`, target);
    this.changed();
  }

  async chooseFolder(): Promise<void> {
    const [folder] =
      (await vscode.window.showOpenDialog({
        title: 'A folder with a folder of pictures for each class',
        openLabel: 'Choose',
        canSelectFolders: true,
        canSelectFiles: false,
      })) ?? [];
    if (!folder) return;
    this.folders.add(folder.fsPath);
    this.changed();
  }

  /** `the sandbox`, `profile dev, eu-west-1` */
  get connection(): string {
    const { choice, state } = this.parts.connections;
    if (choice.kind === 'sandbox') return 'the sandbox';
    const region = state.status === 'connected' ? state.cloud.connection.region : choice.region;
    return region === undefined ? `profile ${choice.profile}` : `profile ${choice.profile}, ${region}`;
  }

  async view(): Promise<Targets> {
    const { inventory, connections, projectFiles } = this.parts;
    const projects = await projectFiles.all();
    const [endpoints, functions] = [inventory.collection('endpoint'), inventory.collection('function')];
    const connection = connections.state;
    const statuses = [endpoints, functions].map(({ status, items }) =>
      status === 'reading' && items.length > 0 ? 'read' : status,
    );
    const failed = connection.status === 'failed' || statuses.every((status) => status === 'failed');
    const reason = connection.status === 'failed' ? connection.error : endpoints.error;
    const reading = statuses.some((status) => status === 'unread' || status === 'reading');
    const root = (file: string) => projects.find(({ folder }) => isInside(folder.uri.fsPath, file))?.folder.uri.fsPath;
    const own = [...this.scripts.values()].map((target) => ({ target, label: scriptLabel(target, root(target.file)) }));
    return {
      type: 'targets',
      endpoints: failed ? [] : endpoints.items.filter(answers).map(({ name }) => name),
      functions: failed ? [] : functions.items.map(({ name }) => name),
      scripts: [...scriptsOf(projects), ...own],
      status: failed ? 'failed' : reading ? 'reading' : 'read',
      ...(failed && { problem: messageOf(reason) }),
      connection: this.connection,
      folders: [...dataFolders(projects), ...[...this.folders].map((folder) => ({ path: folder, label: folder }))],
    };
  }

  dispose(): void {
    vscode.Disposable.from(...this.registered).dispose();
  }
}

const watched = ['endpoint', 'function'] as const;

/** The data folders of the project files. */
function dataFolders(projects: readonly OpenProject[]): Targets['folders'] {
  return projects.flatMap(({ folder, reading }) =>
    Object.values(reading.project?.data ?? {}).map(({ path: data }) => ({
      path: path.join(folder.uri.fsPath, data),
      label: data,
    })),
  );
}
