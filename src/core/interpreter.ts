import { execFile } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { writeFileAtomically } from './atomicFile.js';

/** A Python that runs jobs, model servers and scripts. */
export interface Interpreter {
  /** `sys.executable`: behind a shim (pyenv) this is the real one, in a virtual environment the environment's own. */
  readonly path: string;
  /** The program behind it: the same, but for a virtual environment the one that it was made from. */
  readonly base: string;
  /** `3.11.2` */
  readonly version: string;
  /** `torch.__version__`; undefined when torch cannot be imported. */
  readonly torch: string | undefined;
  /** Folder prefixes of the interpreter and its standard library. */
  readonly prefixes: readonly string[];
  /** Folders of its installed packages. */
  readonly packages: readonly string[];
  /** The person's own package folder (`~/.local/lib/…`), which a process with another home would not find. */
  readonly userPackages: string | undefined;
}

export interface InterpreterOptions {
  /** `--python`: the one to take, whatever it can import. */
  readonly configured: string | undefined;
  /** Where `.venv` is looked for. */
  readonly workingFolder: string;
  /** The PATH on which `python3` is looked for. */
  readonly searchPath: string | undefined;
  /** Remembers what an interpreter can do: importing torch takes seconds. */
  readonly cacheFile: string;
}

/** No Python that runs; the message says where one was looked for and what to do. */
export class NoPythonError extends Error {
  override readonly name = 'NoPythonError';
}

/** What was found out about a candidate, and the modification times on which that depends. */
interface Finding {
  readonly interpreter: Interpreter;
  /** Of the program and of its package folders: installing a package changes the folder's time. */
  readonly stamps: Readonly<Record<string, number>>;
}

const probe = `
import json, os, site, sys
try:
    import torch
    version = torch.__version__
except Exception:
    version = None
user = site.getusersitepackages()
print("\\n" + json.dumps({
    "path": sys.executable,
    "base": getattr(sys, "_base_executable", sys.executable),
    "version": "%d.%d.%d" % sys.version_info[:3],
    "torch": version,
    "prefixes": sorted({sys.prefix, sys.base_prefix}),
    "packages": [folder for folder in site.getsitepackages() if os.path.isdir(folder)],
    "userPackages": user if site.ENABLE_USER_SITE and os.path.isdir(user) else None,
}))
`;

/**
 * Finds the Python for jobs: the configured one, else the first of `.venv`, `python3` on PATH and `/usr/bin/python3` that
 * imports torch, else the first of them that runs.
 */
export class Interpreters {
  private cache: Promise<Record<string, Finding>> | undefined;
  private search: Promise<Interpreter> | undefined;

  constructor(private readonly options: InterpreterOptions) {}

  /** Fast when nothing changed since the last time; callers at the same time share one search. @throws {NoPythonError} */
  find(): Promise<Interpreter> {
    return (this.search ??= this.searchAnew().finally(() => (this.search = undefined)));
  }

  /** Where a Python is looked for, those of them that are there. */
  async candidates(): Promise<string[]> {
    const places = this.places();
    const there = await Promise.all(places.map(exists));
    return places.filter((_, index) => there[index]);
  }

  private async searchAnew(): Promise<Interpreter> {
    const { configured } = this.options;
    if (configured !== undefined) {
      const found = await this.examine(configured);
      if (found) return found;
      throw new NoPythonError(
        `The Python that is configured (the setting sandbox.python, or --python ${configured}) does not run: name another one.`,
      );
    }
    const places = this.places();
    let first: Interpreter | undefined;
    for (const candidate of places) {
      const found = await this.examine(candidate);
      if (found?.torch !== undefined) return found;
      first ??= found;
    }
    if (first) return first;
    throw new NoPythonError(
      `No Python was found (looked for ${places.join(', ')}). Install Python 3, or name one (the setting sandbox.python, or --python).`,
    );
  }

  private places(): string[] {
    const onPath = (this.options.searchPath ?? '').split(':').filter((folder) => path.isAbsolute(folder));
    return [
      path.join(this.options.workingFolder, '.venv', 'bin', 'python3'),
      ...onPath.map((folder) => path.join(folder, 'python3')),
      '/usr/bin/python3',
    ];
  }

  /** What the interpreter can do; undefined when it does not run. */
  private async examine(file: string): Promise<Interpreter | undefined> {
    const known = await (this.cache ??= this.readCache());
    const finding = known[file];
    if (finding && sameStamps(finding.stamps, await stampsOf(Object.keys(finding.stamps)))) return finding.interpreter;
    if (!(await exists(file))) return undefined;

    const interpreter = await run(file);
    if (!interpreter) return undefined;
    const { packages, userPackages } = interpreter;
    const stamps = await stampsOf([file, interpreter.path, ...packages, ...(userPackages ? [userPackages] : [])]);
    known[file] = { interpreter, stamps };
    await writeFileAtomically(this.options.cacheFile, `${JSON.stringify(known, undefined, 1)}\n`);
    return interpreter;
  }

  private async readCache(): Promise<Record<string, Finding>> {
    try {
      return JSON.parse(await readFile(this.options.cacheFile, 'utf8')) as Record<string, Finding>;
    } catch {
      return {}; // Not there yet, or not whole: everything is found out anew.
    }
  }
}

async function run(file: string): Promise<Interpreter | undefined> {
  try {
    const { stdout } = await promisify(execFile)(file, ['-c', probe], { timeout: 60_000 });
    const found = JSON.parse(stdout.trim().split('\n').at(-1)!) as Interpreter;
    // Python's None is null in JSON.
    return { ...found, torch: found.torch ?? undefined, userPackages: found.userPackages ?? undefined };
  } catch {
    return undefined; // Not a Python, or a broken one.
  }
}

async function exists(file: string): Promise<boolean> {
  return (await modified(file)) !== undefined;
}

async function stampsOf(files: readonly string[]): Promise<Record<string, number>> {
  const times = await Promise.all(files.map(async (file) => [file, (await modified(file)) ?? 0] as const));
  return Object.fromEntries(times);
}

async function modified(file: string): Promise<number | undefined> {
  return stat(file).then(
    ({ mtimeMs }) => mtimeMs,
    () => undefined,
  );
}

function sameStamps(left: Readonly<Record<string, number>>, right: Readonly<Record<string, number>>): boolean {
  return Object.entries(left).every(([file, time]) => right[file] === time);
}
