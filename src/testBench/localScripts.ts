import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Cloud } from '../aws/cloud.js';
import type { ModelFolders } from './modelFolders.js';
import { type ScriptCloud, scriptEnvironment } from './scriptEnvironment.js';
import { type ScriptFrame, ScriptProcess } from './scriptProcess.js';
import type { ScriptTarget } from './target.js';

export interface LocalScriptsOptions {
  /** `resources/python` of the extension. */
  readonly resources: string;
  /** The Python that runs scripts; asked for each start. @throws {NoPythonError} */
  readonly python: () => Promise<string>;
  readonly models: ModelFolders;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Where a script's answer comes from, beside the script. */
export interface ScriptPlace {
  /** Asked for a model that is not unpacked yet. */
  readonly cloud: () => Promise<Pick<Cloud, 'objects'>>;
  /** The sandbox, when it is the active connection. */
  readonly reachable: ScriptCloud | undefined;
}

export interface ScriptLimits {
  /** For the answer, without the start. */
  readonly seconds: number;
  readonly place: ScriptPlace;
  readonly signal: AbortSignal;
}

/** One answer of a script. */
export interface ScriptAnswer {
  readonly frame: ScriptFrame;
  /** Milliseconds of a process that was started for it, until it had loaded the script and its model. */
  readonly start: number | undefined;
}

/** The script did not load: its frame has the error. */
export class ScriptNotLoaded extends Error {
  override readonly name = 'ScriptNotLoaded';

  constructor(readonly frame: ScriptFrame) {
    super('The script cannot be loaded.');
  }
}

/** No answer came in time; the process was ended. */
export class ScriptLate extends Error {
  override readonly name = 'ScriptLate';

  constructor(readonly seconds: number) {
    super(`No answer within ${seconds} seconds.`);
  }
}

/** One script with its model: its process, and those who wait for it. */
interface Lane {
  process?: ScriptProcess;
  stamp: string;
  /** Requests that are being answered, or wait. */
  users: number;
  /** Ends when the last of them has its answer. */
  tail: Promise<unknown>;
}

/** So many scripts stay loaded: a comparison needs two, and each may hold a model. */
const mostLoaded = 3;
/** What SageMaker gives a container until its first ping (SAGEMAKER_STARTUP_TIMEOUT). */
const loadSeconds = 600;

/** Processes with the scripts of the workspace, kept between requests and made anew when a script changes. */
export class LocalScripts {
  /** The one that was used last comes last. */
  private readonly lanes = new Map<string, Lane>();

  constructor(private readonly options: LocalScriptsOptions) {}

  /**
   * Asks a script once, after those who asked before. An abort ends its process: Python cannot be interrupted.
   * @throws {ScriptNotLoaded} {ScriptLate} {ScriptEnded}, and {UserError} for its model or Python
   */
  async ask(target: ScriptTarget, head: object, body: Uint8Array, limits: ScriptLimits): Promise<ScriptAnswer> {
    const { place, signal } = limits;
    const [kind, what] =
      target.handler === undefined
        ? ['inference', await this.modelFolder(target, place, signal)]
        : ['handler', target.handler];
    const args = [path.join(this.options.resources, 'run_script.py'), kind, target.file, what];
    const lane = this.laneFor(JSON.stringify([args, target.environment, place.reachable]));
    lane.users++;
    const turn = lane.tail
      .then(() => this.answer(lane, { target, args, head, body }, limits))
      .finally(() => lane.users--);
    lane.tail = turn.catch(() => undefined);
    return turn;
  }

  /** labels.json and what else the model brings. @throws {UserError} when there is no model */
  modelFolder(target: ScriptTarget, { cloud }: ScriptPlace, signal: AbortSignal): Promise<string> {
    return this.options.models.folderOf(target.model, cloud, signal);
  }

  /** Ends every process. */
  dispose(): void {
    for (const { process } of this.lanes.values()) process?.kill();
    this.lanes.clear();
  }

  private laneFor(key: string): Lane {
    const lane: Lane = this.lanes.get(key) ?? { stamp: '', users: 0, tail: Promise.resolve() };
    this.lanes.delete(key);
    this.lanes.set(key, lane);
    const [oldest] = [...this.lanes].filter(([, { users }]) => users === 0);
    if (this.lanes.size > mostLoaded && oldest && oldest[1] !== lane) {
      oldest[1].process?.kill();
      this.lanes.delete(oldest[0]);
    }
    return lane;
  }

  private async answer(
    lane: Lane,
    { target, args, head, body }: ScriptRequest,
    { seconds, place, signal }: ScriptLimits,
  ): Promise<ScriptAnswer> {
    signal.throwIfAborted();
    const since = performance.now();
    const isNew = await this.renew(lane, target, args, place);
    const child = lane.process!;
    const end = () => {
      child.kill();
      delete lane.process;
    };
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
    try {
      const loaded = await within(loadSeconds, child.loaded, end);
      if (loaded.head.error) throw new ScriptNotLoaded(loaded);
      const start = isNew ? performance.now() - since : undefined;
      return { frame: await within(seconds, child.ask(head, body), end), start };
    } catch (error) {
      end();
      throw error;
    } finally {
      signal.removeEventListener('abort', end);
    }
  }

  /** A process that ended, or whose script or model has changed since, is replaced. True when a new one was started. */
  private async renew(lane: Lane, target: ScriptTarget, args: readonly string[], place: ScriptPlace): Promise<boolean> {
    const folder = path.dirname(target.file);
    const { resources, environment, python } = this.options;
    const model = target.handler === undefined ? await stampOf(args.at(-1)!, /./) : '';
    const stamp = (await stampOf(folder, /\.py$/)) + model;
    if (lane.process && !lane.process.ended && lane.stamp === stamp) return false;
    lane.process?.kill();
    lane.stamp = stamp;
    lane.process = new ScriptProcess(await python(), args, {
      cwd: folder,
      environment: scriptEnvironment(environment, target.environment ?? {}, resources, place.reachable),
    });
    return true;
  }
}

interface ScriptRequest {
  readonly target: ScriptTarget;
  readonly args: readonly string[];
  readonly head: object;
  readonly body: Uint8Array;
}

/** What changes with the files of a folder; its modules may import each other. */
async function stampOf(folder: string, names: RegExp): Promise<string> {
  const found = (await readdir(folder)).filter((name) => names.test(name)).sort();
  const times = await Promise.all(found.map((name) => stat(path.join(folder, name)).then(({ mtimeMs }) => mtimeMs)));
  return JSON.stringify([found, times]);
}

/** @throws {ScriptLate} after `seconds`, when `end` was called */
async function within<T>(seconds: number, answer: Promise<T>, end: () => void): Promise<T> {
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    end();
  }, seconds * 1000);
  try {
    return await answer;
  } catch (error) {
    throw late ? new ScriptLate(seconds) : error;
  } finally {
    clearTimeout(timer);
  }
}
