import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileError } from '../core/files.js';

/** `.sagemaker` in the workspace: what we remember of it. Kept out of git by a .gitignore of its own. */
export class StateFolder {
  private constructor(private readonly root: string) {}

  /** @throws {UserError} when the workspace cannot be written: nothing is made that nobody would remember */
  static async open(workspace: string): Promise<StateFolder> {
    const root = path.join(workspace, '.sagemaker');
    try {
      await mkdir(path.join(root, 'runs'), { recursive: true });
      await writeFile(path.join(root, '.gitignore'), '*\n');
    } catch (error) {
      throw fileError('What is made here cannot be written down', error);
    }
    return new StateFolder(root);
  }

  /** As it is, or is not: for looking only. */
  static at(workspace: string): StateFolder {
    return new StateFolder(path.join(workspace, '.sagemaker'));
  }

  readonly ledger = (): string => path.join(this.root, 'ledger.jsonl');
  readonly run = (id: string): string => path.join(this.root, 'runs', `${id}.json`);
  readonly runs = (): string => path.join(this.root, 'runs');
  /** Of one data folder in one bucket. */
  readonly manifest = (bucket: string, data: string): string =>
    path.join(this.root, 'transfer', bucket, `${data}.json`);
}
