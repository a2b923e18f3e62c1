import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { randomUUID } from 'node:crypto';
import type { Runtime } from '../process/container.js';
import { removeFolder } from '../process/removeFolder.js';

interface Unpacked {
  readonly folder: string;
  readonly ready: Promise<void>;
  users: number;
}

/** Unpacked deployment packages: one folder for all environments of a package, for as long as there are any. */
export class CodeFolders {
  private readonly unpacked = new Map<string, Unpacked>();

  constructor(private readonly root: string) {}

  /** The package's files. `release` is called once for each call. @throws {Error} when it is no zip file. */
  async use(codeFile: string, { interpreter, machine }: Runtime): Promise<{ folder: string; release: () => void }> {
    let code = this.unpacked.get(codeFile);
    if (!code) {
      const folder = path.join(this.root, randomUUID());
      code = { folder, ready: unpack(codeFile, folder, interpreter.path, machine.resources), users: 0 };
      this.unpacked.set(codeFile, code);
    }
    code.users++;
    const release = () => this.release(codeFile, code);
    try {
      await code.ready;
    } catch (error) {
      release();
      throw error;
    }
    return { folder: code.folder, release };
  }

  private release(codeFile: string, code: Unpacked): void {
    code.users--;
    if (code.users > 0) return;
    if (this.unpacked.get(codeFile) === code) this.unpacked.delete(codeFile);
    void removeFolder(code.folder);
  }
}

async function unpack(codeFile: string, folder: string, python: string, resources: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const program = path.join(resources, 'python', 'unpack_package.py');
  await promisify(execFile)(python, [program, codeFile, folder], { env: {} });
}
