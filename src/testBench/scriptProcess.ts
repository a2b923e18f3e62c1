import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { constants as system } from 'node:os';
import { hasCode } from '../core/errors.js';

/** What the runner (resources/python/run_script.py) says of a request, or of the loading. */
export interface ScriptFrame {
  readonly head: ScriptHead;
  readonly body: Buffer;
  /** What the script printed meanwhile, on either stream. */
  readonly log: readonly string[];
}

interface ScriptHead {
  readonly bytes: number;
  /** Of the script's own work. */
  readonly milliseconds: number;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly functionError?: string;
  readonly error?: ScriptError;
}

/** Why a script could not be loaded, or where it left. */
export interface ScriptError {
  readonly type: string;
  readonly message: string;
  readonly traceback: string;
  /** Of a missing module. */
  readonly module?: string | null;
  readonly file?: string;
  readonly line?: number | null;
}

/** The process ended before it answered. */
export class ScriptEnded extends Error {
  override readonly name = 'ScriptEnded';

  constructor(
    /** As a shell gives it: 128 + n for death by signal n. */
    readonly status: number,
    readonly log: readonly string[],
  ) {
    super(`The script's process ended with exit code ${status}.`);
  }
}

interface Waiting {
  resolve(frame: ScriptFrame): void;
  reject(error: Error): void;
}

/** Bytes of a log that are kept of one request. */
const longestLog = 1024 * 1024;

/** A Python process with one script in it, which answers one request after another. */
export class ScriptProcess {
  /** The first frame: how the loading went. */
  readonly loaded: Promise<ScriptFrame>;
  private readonly child: ChildProcess;
  private readonly mark = randomUUID();
  private readonly replies: { head: ScriptHead; body: Buffer }[] = [];
  private readonly logs: string[] = [];
  private readonly waiting: Waiting[] = [];
  private unread = Buffer.alloc(0);
  private printed = '';
  private failure: Error | undefined;

  constructor(
    python: string,
    args: readonly string[],
    options: { readonly cwd: string; readonly environment: Readonly<Record<string, string | undefined>> },
  ) {
    this.child = spawn(python, args, {
      cwd: options.cwd,
      env: { ...options.environment, WORKBENCH_MARK: this.mark },
      // A group of its own: what the script starts ends with it.
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const { stdin, stdout, stderr } = this.child;
    // A process that ended says so by its exit.
    stdin!.on('error', () => undefined);
    stdout!.on('data', (chunk: Buffer) => this.readReply(chunk));
    stderr!.setEncoding('utf8').on('data', (text: string) => this.readLog(text));
    this.child.on('error', (error) => this.fail(error));
    // What it has started may hold its streams open, and keep the end from being seen.
    this.child.on('exit', () => this.kill());
    this.child.on('close', (code, signal) => {
      this.fail(new ScriptEnded(code ?? 128 + system.signals[signal!], lines(this.printed)));
    });
    this.loaded = this.next();
    // Whoever asks next hears of it.
    this.loaded.catch(() => undefined);
  }

  get ended(): boolean {
    return this.failure !== undefined;
  }

  /** @throws {ScriptEnded}, and the system's error where Python cannot be started */
  ask(head: object, body: Uint8Array): Promise<ScriptFrame> {
    const answer = this.next();
    this.child.stdin!.write(`${JSON.stringify({ ...head, bytes: body.length })}\n`);
    this.child.stdin!.write(body);
    return answer;
  }

  /** Ends the process and what it started. */
  kill(): void {
    if (this.child.pid === undefined) return;
    try {
      process.kill(-this.child.pid, 'SIGKILL');
    } catch (error) {
      if (!hasCode(error, 'ESRCH')) throw error;
    }
  }

  private next(): Promise<ScriptFrame> {
    return new Promise((resolve, reject) => {
      if (this.failure) return reject(this.failure);
      this.waiting.push({ resolve, reject });
    });
  }

  private readReply(chunk: Buffer): void {
    this.unread = Buffer.concat([this.unread, chunk]);
    for (;;) {
      const end = this.unread.indexOf('\n');
      if (end < 0) return;
      const head = JSON.parse(this.unread.subarray(0, end).toString('utf8')) as ScriptHead;
      const start = end + 1;
      if (this.unread.length < start + head.bytes) return;
      this.replies.push({ head, body: this.unread.subarray(start, start + head.bytes) });
      this.unread = this.unread.subarray(start + head.bytes);
      this.settle();
    }
  }

  private readLog(text: string): void {
    this.printed += text;
    const mark = `\n${this.mark}\n`;
    for (let end = this.printed.indexOf(mark); end >= 0; end = this.printed.indexOf(mark)) {
      this.logs.push(this.printed.slice(0, end));
      this.printed = this.printed.slice(end + mark.length);
      this.settle();
    }
    if (this.printed.length > 2 * longestLog) this.printed = this.printed.slice(-longestLog);
  }

  /** A frame is whole when its log has come too: they arrive by two pipes. */
  private settle(): void {
    if (this.replies.length === 0 || this.logs.length === 0) return;
    const reply = this.replies.shift()!;
    this.waiting.shift()?.resolve({ ...reply, log: lines(this.logs.shift()!) });
  }

  private fail(error: Error): void {
    this.failure ??= error;
    for (const each of this.waiting.splice(0)) each.reject(this.failure);
  }
}

function lines(text: string): string[] {
  const trimmed = text.slice(-longestLog).replace(/\n$/, '');
  // Lambda's runtimes write an event of several lines with carriage returns.
  return trimmed === '' ? [] : trimmed.split(/\r?\n|\r/);
}
