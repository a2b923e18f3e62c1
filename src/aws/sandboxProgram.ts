import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open, readFile, truncate } from 'node:fs/promises';
import path from 'node:path';

/** One start of the sandbox. */
export interface StartedProgram {
  readonly pid: number | undefined;
  readonly ended: boolean;
  /** What it has said so far, with what to do about it where that is known. */
  complaint(): Promise<string>;
}

/** Bytes of a log after which it begins anew. */
const longestLog = 1024 * 1024;

/** `dist/sandbox.js` on the Node of this process, as a process that outlives it. */
export class SandboxProgram {
  /** @param logFile beside the data folder, which has to be empty or a sandbox's own */
  constructor(
    private readonly file: string,
    readonly logFile: string,
  ) {}

  async start(args: readonly string[]): Promise<StartedProgram> {
    const folder = path.dirname(this.logFile);
    await mkdir(folder, { recursive: true });
    // Appended to: of two windows that start one at the same moment, neither overwrites what the other's says.
    const output = await open(this.logFile, 'a', 0o600);
    try {
      let { size: begin } = await output.stat();
      if (begin > longestLog) {
        await truncate(this.logFile);
        begin = 0;
      }
      const child = spawn(process.execPath, [this.file, ...args], {
        // A session of its own: no window, and no terminal, takes it down with it.
        detached: true,
        stdio: ['ignore', output.fd, output.fd],
        // VS Code's own program is Electron, which is Node when it is told so.
        env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
        cwd: folder,
      });
      await once(child, 'spawn');
      child.unref();
      return {
        pid: child.pid,
        get ended() {
          return child.exitCode !== null || child.signalCode !== null;
        },
        complaint: async () => {
          const text = (await readFile(this.logFile)).subarray(begin).toString().trim();
          return explain(text, child.signalCode);
        },
      };
    } finally {
      await output.close();
    }
  }
}

function explain(text: string, signal: NodeJS.Signals | null): string {
  if (text.includes('node:sqlite')) {
    return (
      `it keeps its state in node:sqlite, which this Node (${process.versions.node}) does not have. ` +
      'Use VS Code 1.104 or newer, or start `npx sagemaker-sandbox` with Node 22.13 or newer.'
    );
  }
  const said = text.replace(/^sagemaker-sandbox: /gm, '').slice(-1000);
  return said || (signal === null ? 'it said nothing.' : `it was ended by ${signal}.`);
}
