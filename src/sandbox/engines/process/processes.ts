import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { closeSync, constants, openSync, readSync } from 'node:fs';
import { unlink } from 'node:fs/promises';
import { Socket } from 'node:net';
import { constants as system } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { hasCode } from '../../../core/errors.js';
import type { Enclosure, Isolation } from './isolation.js';
import { LineSplitter } from './lines.js';

export interface ProcessSpec {
  readonly command: readonly [string, ...string[]];
  readonly environment: Readonly<Record<string, string>>;
  readonly enclosure: Enclosure;
  /** Gives the process a socket as descriptor 4, the other end of which is `connection`. */
  readonly connected?: boolean;
  /** From `makePipeFile`, for who has time to make one before; it is used up. */
  readonly pipeFile?: string;
  /** See LineSplitter. */
  readonly keepReturns?: boolean;
  /** Gets what the process and its children print, stdout and stderr in the order in which they were written. */
  readonly onLines: (lines: readonly string[]) => void;
}

export interface RunningProcess {
  /**
   * Exit status as a shell gives it: 128 + n for death by signal n. Resolves when every process of the group is gone and
   * all of its output has been told; rejects when the program cannot be started.
   */
  readonly exited: Promise<number>;
  /** The other end of the process's descriptor 4, when it was asked for. */
  readonly connection: Socket | undefined;
  /** Of the launcher, whose descendants the program and all that it starts are; undefined when it could not be started. */
  readonly pid: number | undefined;
  /** Tells at once what has been written until now, an unfinished line as well. */
  drain(): void;
  /** SIGTERM to the program itself, not to the processes that it started: it may want to end them in order. */
  terminate(): void;
  /** SIGKILL to the program and everything that it started. */
  kill(): void;
}

/** How long a process that left the group (a daemon) may keep the output open after the program has ended. */
const strayOutputMs = 1000;

/**
 * Starts a program in a process group of its own. Its output is read as fast as it comes, so the program is never
 * blocked for longer than `onLines` takes.
 *
 * stdout and stderr are one real pipe: exact order between the two, and `/dev/stderr` can be opened by scripts. Node
 * itself can only make socket pairs, of which neither is true.
 */
export async function startProcess(isolation: Isolation, spec: ProcessSpec): Promise<RunningProcess> {
  const launch = isolation.launch(spec.command, spec.enclosure);
  const pipe = await openPipe(spec.pipeFile ?? (await makePipeFile(spec.enclosure.scratch)));
  const output = new Socket({ fd: pipe.reader, readable: true, writable: false });
  let child: ChildProcess;
  try {
    child = spawn(launch.file, launch.arguments, {
      cwd: launch.workingFolder,
      env: { ...spec.environment },
      detached: true,
      stdio: ['ignore', pipe.writer, pipe.writer, 'pipe', ...(spec.connected ? ['pipe' as const] : [])],
    });
  } catch (error) {
    output.destroy();
    throw error;
  } finally {
    closeSync(pipe.writer);
  }

  const lines = new LineSplitter(spec.keepReturns);
  output.on('data', (chunk: Buffer) => tell(lines.push(chunk)));
  const drained = new Promise<void>((resolve) => {
    output.once('error', () => output.destroy());
    output.once('close', () => {
      tell(lines.end());
      resolve();
    });
  });
  function tell(some: readonly string[]): void {
    if (some.length > 0) spec.onLines(some);
  }

  const status = new StatusReader(child);
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? 128 + system.signals[signal!]));
  });
  const exited = ended
    .finally(() => signalGroup(child, 'SIGKILL'))
    .finally(() => {
      const stray = setTimeout(() => output.destroy(), strayOutputMs);
      return drained.finally(() => clearTimeout(stray));
    });

  return {
    exited,
    connection: (child.stdio[4] as Socket | null | undefined) ?? undefined,
    pid: child.pid,
    drain: () => {
      if (output.destroyed) return;
      for (const chunk of written(pipe.reader)) tell(lines.push(chunk));
      tell(lines.end());
    },
    terminate: () => {
      if (running(child)) void status.mainProcess(launch).then((pid) => signalProcess(child, pid, 'SIGTERM'));
    },
    kill: () => signalGroup(child, 'SIGKILL'),
  };
}

/** A named pipe in `folder`. Node has no call for it. */
export async function makePipeFile(folder: string): Promise<string> {
  const file = path.join(folder, `output-${randomUUID()}`);
  // Whoever starts the sandbox with a PATH of their own need not think of this.
  const PATH = [process.env['PATH'], '/usr/bin', '/bin'].filter(Boolean).join(':');
  await promisify(execFile)('mkfifo', ['-m', '600', file], { env: { PATH } });
  return file;
}

/** A pipe that this process reads without blocking and a child writes to; its name is gone at once. */
async function openPipe(file: string): Promise<{ reader: number; writer: number }> {
  try {
    const reader = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    return { reader, writer: openSync(file, constants.O_WRONLY) };
  } finally {
    await unlink(file);
  }
}

/** No pipe holds more (fs.pipe-max-size, pipe(7)); whoever goes on writing would otherwise keep the reader for ever. */
const largestPipe = 1024 * 1024;

/** What is in the pipe now. Its reader does not block. */
function* written(reader: number): Iterable<Buffer> {
  for (let total = 0; total < largestPipe;) {
    const chunk = Buffer.allocUnsafe(64 * 1024);
    const size = readOrNothing(reader, chunk);
    if (size === 0) return;
    total += size;
    yield chunk.subarray(0, size);
  }
}

function readOrNothing(reader: number, chunk: Buffer): number {
  try {
    return readSync(reader, chunk);
  } catch (error) {
    if (hasCode(error, 'EAGAIN')) return 0;
    throw error;
  }
}

/** Reads on descriptor 3 which process is the program itself, when a launcher stands in between. */
class StatusReader {
  private text = '';
  private readonly changed: Promise<void>;

  constructor(private readonly child: ChildProcess) {
    const stream = child.stdio[3];
    this.changed = new Promise((resolve) => {
      child.once('exit', () => resolve());
      child.once('error', () => resolve());
      stream?.on('error', () => resolve());
      stream?.on('data', (chunk: Buffer) => {
        this.text += chunk.toString('utf8');
        resolve();
      });
    });
  }

  async mainProcess(launch: ReturnType<Isolation['launch']>): Promise<number | undefined> {
    if (!launch.findMain) return this.child.pid;
    await this.changed;
    return launch.findMain(this.text, () => running(this.child));
  }
}

function running(child: ChildProcess): boolean {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null;
}

function signalProcess(child: ChildProcess, pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid !== undefined && running(child)) send(pid, signal);
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid !== undefined) send(-child.pid, signal);
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // Gone already, which is what a signal that ends it wants.
    if (!hasCode(error, 'ESRCH')) throw error;
  }
}
