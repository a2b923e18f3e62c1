import { mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { shellQuoted } from '../../../core/shell.js';
import type { Interpreter } from '../../../core/interpreter.js';

/**
 * A virtual environment over `interpreter`: everything that it has installed can be imported, and `pip install` stays
 * inside of `folder`. So a script may install packages, as it may in its container, even where the system's own Python is
 * externally managed (PEP 668).
 *
 * Made by hand, in about a millisecond: `python -m venv` takes a hundred, and needs a package of its own on Debian.
 */
export class VirtualEnvironment {
  /** For PATH: `python`, `python3` and `pip`. */
  readonly bin: string;
  readonly python: string;

  constructor(
    readonly folder: string,
    private readonly interpreter: Interpreter,
  ) {
    this.bin = path.join(folder, 'bin');
    this.python = path.join(this.bin, 'python3');
  }

  async make(): Promise<void> {
    const { bin, folder, interpreter, python } = this;
    const [major, minor] = interpreter.version.split('.');
    const packages = path.join(folder, 'lib', `python${major}.${minor}`, 'site-packages');
    await Promise.all([mkdir(bin, { recursive: true }), mkdir(packages, { recursive: true })]);
    const pip = `#!/bin/sh\nexec ${shellQuoted(python)} -m pip "$@"\n`;
    await Promise.all([
      writeFile(
        path.join(folder, 'pyvenv.cfg'),
        `home = ${path.dirname(interpreter.base)}\ninclude-system-site-packages = true\nversion = ${interpreter.version}\n`,
      ),
      symlink(interpreter.base, python),
      symlink('python3', path.join(bin, 'python')),
      writeFile(path.join(bin, 'pip'), pip, { mode: 0o755 }),
      writeFile(path.join(bin, 'pip3'), pip, { mode: 0o755 }),
      // "System" are the packages of the base: those of an environment in between, and the person's own, are added.
      writeFile(
        path.join(packages, 'sandbox.pth'),
        foreignPackages(interpreter)
          .map((found) => `import site; site.addsitedir(${JSON.stringify(found)})\n`)
          .join(''),
      ),
    ]);
  }
}

function foreignPackages({ path: own, base, packages, userPackages }: Interpreter): readonly string[] {
  return [...(own === base ? [] : packages), ...(userPackages === undefined ? [] : [userPackages])];
}
