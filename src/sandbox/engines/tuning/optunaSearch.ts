import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { type Search, type SearchDescription, SearchEnded, type SearchSpec } from '../tuning.js';

export interface OptunaProgram {
  readonly python: string;
  /** `tuner.py`, whose head names the protocol. */
  readonly program: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** Characters of stderr that are kept: the reason stands at its end. */
const keptComplaints = 4096;

/** One Python process that runs `tuner.py`. It answers in the order in which it was asked, and ends with its stdin. */
export class OptunaSearch implements Search {
  /** Resolves when the process is gone. */
  readonly ended: Promise<void>;
  runtime = '';
  private readonly child: ChildProcess;
  private readonly waiting: { resolve: (answer: unknown) => void; reject: (error: Error) => void }[] = [];
  private description: Promise<SearchDescription> | undefined;
  private complaints = '';
  private end: SearchEnded | undefined;

  private constructor({ python, program, environment }: OptunaProgram) {
    this.child = spawn(python, [program], { env: { ...environment }, stdio: ['pipe', 'pipe', 'pipe'] });
    this.child.stderr?.on('data', (chunk: Buffer) => {
      this.complaints = (this.complaints + chunk.toString()).slice(-keptComplaints);
    });
    // What is written to a process that ends is lost; that it has ended is told by `close`.
    this.child.stdin?.on('error', () => undefined);
    createInterface({ input: this.child.stdout! }).on('line', (line) => {
      // Other lines are not the program's: a Python may be set up to greet.
      if (line.startsWith('{')) this.waiting.shift()?.resolve(JSON.parse(line));
    });
    this.ended = new Promise((resolve) => {
      this.child.once('error', (error) => (this.complaints = error.message));
      this.child.once('close', () => {
        const reason = this.complaints.trim().split('\n').at(-1) ?? '';
        this.end = new SearchEnded(reason === '' ? 'The search has ended.' : reason);
        for (const { reject } of this.waiting.splice(0)) reject(this.end);
        resolve();
      });
    });
  }

  /** @throws {SearchEnded} with the reason when this Python cannot search. */
  static async start(program: OptunaProgram, spec: SearchSpec): Promise<OptunaSearch> {
    const search = new OptunaSearch(program);
    const { optuna } = (await search.answer()) as { optuna: string };
    search.runtime = `Optuna ${optuna} (${program.python})`;
    search.write(spec);
    search.description = search.answer() as Promise<SearchDescription>;
    search.description.catch(() => undefined); // Told to whoever asks.
    return search;
  }

  describe(): Promise<SearchDescription> {
    return this.description!;
  }

  async ask(index: number): Promise<Readonly<Record<string, string>>> {
    this.write({ ask: index });
    const { parameters } = (await this.answer()) as { parameters: Record<string, string> };
    return parameters;
  }

  tell(index: number, value: number | null): void {
    this.write({ tell: index, value });
  }

  close(): void {
    this.child.kill('SIGKILL');
  }

  private write(message: object): void {
    this.child.stdin?.write(`${JSON.stringify(message)}\n`);
  }

  private answer(): Promise<unknown> {
    if (this.end) return Promise.reject(this.end);
    return new Promise((resolve, reject) => this.waiting.push({ resolve, reject }));
  }
}
