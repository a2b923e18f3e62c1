import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { type Search, type SearchDescription, SearchEnded, type SearchSpec } from '../tuning.js';

export interface TunerProgram {
  readonly python: string;
  /** `tuner.py`, whose head names the protocol. */
  readonly script: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** A search in a Python process of its own. */
export class OptunaSearch implements Search {
  private constructor(
    private readonly tuner: TunerProcess,
    readonly runtime: string,
    private readonly description: Promise<SearchDescription>,
  ) {
    description.catch(() => undefined); // Told to whoever asks.
  }

  /** @throws {SearchEnded} with the reason when this Python cannot search. */
  static async start(program: TunerProgram, spec: SearchSpec): Promise<OptunaSearch> {
    const tuner = new TunerProcess(program);
    const { optuna } = (await tuner.answer()) as { optuna: string };
    const description = tuner.ask(spec) as Promise<SearchDescription>;
    return new OptunaSearch(tuner, `Optuna ${optuna} (${program.python})`, description);
  }

  /** Resolves when the process is gone. */
  get ended(): Promise<void> {
    return this.tuner.ended;
  }

  describe(): Promise<SearchDescription> {
    return this.description;
  }

  async ask(index: number): Promise<Readonly<Record<string, string>>> {
    const { parameters } = (await this.tuner.ask({ ask: index })) as { parameters: Record<string, string> };
    return parameters;
  }

  tell(index: number, value: number | null): void {
    this.tuner.tell({ tell: index, value });
  }

  close(): void {
    this.tuner.kill();
  }
}

/** Characters of stderr that are kept: the reason stands at its end. */
const keptComplaints = 4096;

/** A process that runs `tuner.py`. It answers in the order in which it was asked. */
class TunerProcess {
  readonly ended: Promise<void>;
  private readonly child: ChildProcess;
  private readonly waiting: { resolve: (answer: unknown) => void; reject: (error: Error) => void }[] = [];
  private complaints = '';
  private end: SearchEnded | undefined;

  constructor({ python, script, environment }: TunerProgram) {
    const child = spawn(python, [script], { env: { ...environment }, stdio: ['pipe', 'pipe', 'pipe'] });
    this.child = child;
    child.stderr.on('data', (chunk: Buffer) => {
      this.complaints = (this.complaints + chunk.toString()).slice(-keptComplaints);
    });
    // What is written to a process that ends is lost; that it has ended is told by `close`.
    child.stdin.on('error', () => undefined);
    createInterface({ input: child.stdout }).on('line', (line) => {
      // Other lines are not the program's: a Python may be set up to greet.
      if (line.startsWith('{')) this.waiting.shift()?.resolve(JSON.parse(line));
    });
    this.ended = new Promise((resolve) => {
      child.once('error', (error) => (this.complaints = error.message));
      child.once('close', () => {
        const reason = this.complaints.trim().split('\n').at(-1) ?? '';
        this.end = new SearchEnded(reason === '' ? 'The search has ended.' : reason);
        for (const { reject } of this.waiting.splice(0)) reject(this.end);
        resolve();
      });
    });
  }

  tell(message: object): void {
    this.child.stdin?.write(`${JSON.stringify(message)}\n`);
  }

  ask(message: object): Promise<unknown> {
    this.tell(message);
    return this.answer();
  }

  /** @throws {SearchEnded} */
  answer(): Promise<unknown> {
    if (this.end) return Promise.reject(this.end);
    return new Promise((resolve, reject) => this.waiting.push({ resolve, reject }));
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }
}
