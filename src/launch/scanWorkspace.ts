import type { Dirent } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import {
  channelsRead,
  hyperparametersOf,
  onlyFlags,
  type ScriptArgument,
  scriptArguments,
} from '../python/argparse.js';
import { type EventKeys, eventKeys } from '../python/eventKeys.js';
import { type ScriptHandlers, scriptHandlers } from '../python/handlers.js';
import { hostUses, undividedStep } from '../python/hostUses.js';
import { type HandlerReading, readHandler } from '../python/lambdaHandler.js';
import { type PrintedMetric, printedMetrics } from '../python/printedMetrics.js';
import { Script } from '../python/script.js';

export interface TrainingScript {
  /** Relative to the workspace, with slashes. */
  readonly path: string;
  readonly hyperparameters: readonly ScriptArgument[];
  /** Switches, which SageMaker cannot pass: it gives every argument a value. */
  readonly switches: readonly ScriptArgument[];
  /** All its flags, when it stops at any other; undefined when that cannot be told. */
  readonly onlyFlags: readonly string[] | undefined;
  readonly channels: readonly string[];
  readonly metrics: readonly PrintedMetric[];
}

/** What a workspace holds that a project file can name; the likeliest first. Paths are relative, with slashes. */
export interface WorkspaceScan {
  readonly scripts: readonly TrainingScript[];
  /** Scripts with a `model_fn`. */
  readonly inference: readonly string[];
  /** Folders that look like data: splits, class folders of pictures, tables. */
  readonly data: readonly string[];
}

const deepest = 3;
/** Entries that are looked at in all: a home folder that was opened by mistake must not be read for minutes. */
const mostEntries = 5_000;
const largestScript = 500_000;
const mostScripts = 200;
const passedOver = /^(\..*|node_modules|__pycache__|venv|env|site-packages|out|dist|build)$/;
const dataFile = /\.(csv|tsv|parquet|jsonl|npz|npy|h5|tfrecord)$/i;
const picture = /\.(jpe?g|png|bmp|webp)$/i;
const split = /^(train|training|valid|validation|val|test)$/i;

/** What a Lambda handler reads of its event; undefined when the script has no such function. */
export function readEventKeys(text: string, handler: string): EventKeys | undefined {
  return eventKeys(new Script(text), handler);
}

/** Reads scripts and folder names; runs nothing, changes nothing. */
export async function scanWorkspace(workspace: string, signal: AbortSignal): Promise<WorkspaceScan> {
  const scripts: { path: string; text: string }[] = [];
  const data: { path: string; likely: number }[] = [];
  let left = mostEntries;

  const visit = async (folder: string, depth: number): Promise<void> => {
    signal.throwIfAborted();
    const entries = await readdir(path.join(workspace, folder), { withFileTypes: true }).catch((): Dirent[] => []);
    left -= entries.length;
    const likely = depth === 0 ? 0 : dataLikelihood(folder, entries);
    if (likely > 0) {
      data.push({ path: folder, likely });
      return;
    }
    for (const entry of entries) {
      const relative = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isFile() && entry.name.endsWith('.py')) {
        const file = path.join(workspace, relative);
        if ((await stat(file)).size <= largestScript)
          scripts.push({ path: relative, text: await readFile(file, 'utf8') });
      } else if (entry.isDirectory() && depth < deepest && left > 0 && !passedOver.test(entry.name)) {
        await visit(relative, depth + 1);
      }
    }
  };
  await visit('', 0);

  const read = scripts.map(({ path, text }) => ({ path, script: new Script(text) }));
  const serving = read.filter(({ script }) => script.functions().includes('model_fn'));
  const training = read
    .filter((one) => !serving.includes(one))
    .map(({ path, script }) => trainingScript(path, script))
    .filter((script) => trainingLikelihood(script) > 0)
    .sort((a, b) => trainingLikelihood(b) - trainingLikelihood(a));
  return {
    scripts: training,
    inference: serving.map(({ path }) => path),
    data: data.toSorted((a, b) => b.likely - a.likely).map(({ path }) => path),
  };
}

/** What a script says about itself; undefined for one that is too large to be written by hand. */
export function readTrainingScript(path: string, text: string): TrainingScript | undefined {
  return text.length > largestScript ? undefined : trainingScript(path, new Script(text));
}

function trainingScript(path: string, script: Script): TrainingScript {
  const found = scriptArguments(script);
  return {
    path,
    hyperparameters: hyperparametersOf(found),
    switches: found.filter(({ isSwitch }) => isSwitch),
    onlyFlags: onlyFlags(script),
    channels: channelsRead(script),
    metrics: printedMetrics(script),
  };
}

function trainingLikelihood({ path, channels, hyperparameters, metrics }: TrainingScript): number {
  return (
    (/(^|\/)[^/]*((?<!pre)train(?!ed)|hpo|fit)[^/]*\.py$/i.test(path) ? 4 : 0) +
    (channels.length > 0 ? 3 : 0) +
    (hyperparameters.length > 0 && metrics.length > 0 ? 2 : 0)
  );
}

function dataLikelihood(folder: string, entries: readonly Dirent[]): number {
  const names = (kind: 'isDirectory' | 'isFile') => entries.flatMap((entry) => (entry[kind]() ? [entry.name] : []));
  const splits = names('isDirectory').filter((name) => split.test(name)).length;
  if (splits > 1) return 4;
  const files = names('isFile');
  if (files.some((name) => name.endsWith('.py'))) return 0;
  if (files.some((name) => dataFile.test(name))) return 3;
  if (files.filter((name) => picture.test(name)).length > 3) return 2;
  return /^(data|dataset|images?)$/i.test(path.basename(folder)) && entries.length > 0 && files.length > 0 ? 1 : 0;
}

/** Whether a training that runs on several hosts knows of them. */
export interface HostReading {
  /** The first place: `train.py: from torch import distributed`; undefined when there is none. */
  readonly reads: string | undefined;
  /** Where its entry point would have to divide the work. */
  readonly undivided: string | undefined;
}

/**
 * What the scripts of a source say of hosts and ranks. Undefined when the entry point is no Python script, or the folder
 * holds too many to tell.
 */
export async function readHosts(
  files: readonly { readonly path: string; readonly absolute: string; readonly size: number }[],
  entryPoint: string,
): Promise<HostReading | undefined> {
  const found = files.filter(({ path, size }) => path.endsWith('.py') && size <= largestScript);
  if (found.length > mostScripts || !found.some(({ path }) => path === entryPoint)) return undefined;
  // The entry point first: what it says itself is what a person knows.
  const order = found.toSorted((a, b) => Number(b.path === entryPoint) - Number(a.path === entryPoint));
  const scripts = await Promise.all(
    order.map(async ({ path, absolute }) => ({ path, script: new Script(await readFile(absolute, 'utf8')) })),
  );
  const first = scripts.flatMap(({ path, script }) => hostUses(script).map(({ text }) => `${path}: ${text}`))[0];
  const step = scripts[0] && undividedStep(scripts[0].script);
  return { reads: first, undivided: step && `${entryPoint}: ${step.text}` };
}

/** What a file says of the handler that it is to have; undefined when it is too large to be written by hand. */
export function readHandlerFile(text: string, name: string): HandlerReading | undefined {
  return text.length > largestScript ? undefined : readHandler(new Script(text), name);
}

/** What a script has to be called by; nothing in one that is too large to be written by hand. */
export function readHandlers(text: string, named: readonly string[]): ScriptHandlers {
  return text.length > largestScript ? { handlers: [], isWhole: true } : scriptHandlers(new Script(text), named);
}
