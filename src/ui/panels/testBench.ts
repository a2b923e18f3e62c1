import * as vscode from 'vscode';
import { commands, panels } from '../../contributions.js';
import type { Kind } from '../../inventory/resource.js';
import { isEntry, isResource, projectOf } from '../commands/targets.js';
import type { ActionParts, Parts } from '../parts.js';
import { deployedName } from '../projectFile/projectFiles.js';
import type { Target } from './testBench.protocol.js';
import { TestBench, testBenchKind } from './testBenchPanel.js';
import { answers, openScript } from './testBenchTargets.js';

/** "Test Endpoint", "Test Function", "Test Script": one panel a window, whose target can be changed in it. */
export function registerTestBench(parts: ActionParts): vscode.Disposable[] {
  let bench: TestBench | undefined;
  const adopt = (view: vscode.WebviewPanel) => (bench = new TestBench(parts, view, () => (bench = undefined)));
  const open = (target: Target | undefined) => {
    if (bench) bench.reveal();
    else adopt(vscode.window.createWebviewPanel(testBenchKind.viewType, 'Test bench', vscode.ViewColumn.Active));
    if (target) bench?.target(target);
  };
  const opening =
    (find: (argument: unknown, more: unknown) => Promise<Found>) => async (argument?: unknown, more?: unknown) => {
      const { target, cancelled } = await find(argument, more);
      if (!cancelled) open(target);
    };
  return [
    parts.command(
      commands.testEndpoint,
      opening((argument) => endpointFor(parts, argument)),
    ),
    parts.command(
      commands.testFunction,
      opening((argument) => functionFor(parts, argument)),
    ),
    parts.command(
      commands.testScript,
      opening((file, handler) => scriptFor(parts, file, handler)),
    ),
    parts.restored(panels.testBench, (view) => {
      if (bench) view.dispose();
      else adopt(view);
    }),
  ];
}

/** Without a target the panel itself says what is missing. */
interface Found {
  readonly target?: Target;
  readonly cancelled?: true;
}

async function endpointFor(parts: Parts, argument: unknown): Promise<Found> {
  if (isResource(argument, 'endpoint')) return { target: { kind: 'endpoint', name: argument.resource.name } };
  if (isEntry(argument, 'endpoints')) {
    const project = await projectOf(parts.projectFiles, argument);
    return { target: { kind: 'endpoint', name: deployedName(project, argument.entry.name) } };
  }
  return pick(parts, 'endpoint', 'Test Endpoint', () =>
    parts.inventory
      .collection('endpoint')
      .items.filter(answers)
      .map(({ name }) => name),
  );
}

async function functionFor(parts: Parts, argument: unknown): Promise<Found> {
  if (isResource(argument, 'function')) {
    const target = { kind: 'function', name: argument.resource.name } as const;
    const qualifier = 'qualifier' in argument ? argument.qualifier : undefined;
    return { target: typeof qualifier === 'string' ? { ...target, qualifier } : target };
  }
  if (isEntry(argument, 'functions')) {
    const project = await projectOf(parts.projectFiles, argument);
    const { name } = argument.entry;
    const alias = project.reading.project?.functions[name]?.alias;
    const whole = { kind: 'function', name: deployedName(project, name) } as const;
    return { target: alias === undefined ? whole : { ...whole, qualifier: alias } };
  }
  return pick(parts, 'function', 'Test Function', () =>
    parts.inventory.collection('function').items.map(({ name }) => name),
  );
}

/** The only one is taken without a question. */
async function pick(
  { inventory }: Parts,
  kind: Extract<Kind, 'endpoint' | 'function'>,
  title: string,
  names: () => string[],
): Promise<Found> {
  const watching = inventory.watch(kind);
  try {
    if (inventory.collection(kind).status !== 'read') await inventory.refresh(kind);
    const found = names();
    const name = found.length < 2 ? found[0] : await vscode.window.showQuickPick(found, { title });
    if (name !== undefined) return { target: { kind, name } };
    return found.length < 2 ? {} : { cancelled: true };
  } finally {
    watching.dispose();
  }
}

/** @param file as a lens hands it over; without it, that of the editor */
async function scriptFor({ projectFiles }: Parts, file: unknown, handler: unknown): Promise<Found> {
  const uri = file instanceof vscode.Uri ? file : vscode.window.activeTextEditor?.document.uri;
  if (!uri || uri.scheme !== 'file') return {};
  return { target: openScript(uri, typeof handler === 'string' ? handler : undefined, await projectFiles.all()) };
}
