import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Interpreter, Interpreters } from '../../../core/interpreter.js';
import type { TemporaryKeys } from '../../services/ports.js';
import type { Folders, Settings } from '../../settings.js';
import { childEnvironment } from './childEnvironment.js';
import type { Enclosure, Isolation, Root } from './isolation.js';
import { makePipeFile, type RunningProcess, startProcess } from './processes.js';
import { removeFolder } from './removeFolder.js';
import { RoleCredentials } from './roleCredentials.js';
import { personsTorchHome, shareTorchHome } from './torchHome.js';
import { VirtualEnvironment } from './virtualEnvironment.js';

/** What the sandbox has for every container. */
export interface Machine {
  readonly settings: Settings;
  readonly folders: Folders;
  readonly interpreters: Pick<Interpreters, 'find'>;
  /** Found once, beside everything else that starts. */
  readonly isolation: Promise<Isolation>;
  /** The sandbox's address, `http://127.0.0.1:<port>`; it is known when the first container starts. */
  readonly endpoint: () => string;
  /** The environment in which the sandbox was started. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The shipped folder that holds `python/`. */
  readonly resources: string;
}

/** A machine with what had to be looked for on it. */
export interface Runtime {
  readonly machine: Machine;
  readonly interpreter: Interpreter;
  readonly isolation: Isolation;
}

/** @throws {NoPythonError} */
export async function findRuntime(machine: Machine): Promise<Runtime> {
  const [interpreter, isolation] = await Promise.all([machine.interpreters.find(), machine.isolation]);
  return { machine, interpreter, isolation };
}

export interface ContainerSpec {
  /** The container's own; it is made. */
  readonly folder: string;
  /** New keys of the role as which its programs act. */
  readonly keys: () => TemporaryKeys;
  /** Makes it a Lambda environment: this folder is `/var/task`, read-only, and there is no `/opt/ml`. */
  readonly task?: string;
  /** Its host name, and the addresses of all hosts by their names. */
  readonly network?: { readonly hostName: string; readonly hosts: Readonly<Record<string, string>> };
}

export interface Program {
  readonly command: readonly [string, ...string[]];
  /** What the container's contract and the request say. */
  readonly environment: Readonly<Record<string, string>>;
  /** Below `/opt/ml` or `/var/task`, with `/`. */
  readonly workingFolder: string;
  /** Gives the program a socket as descriptor 4. */
  readonly connected?: boolean;
  /** See LineSplitter. */
  readonly keepReturns?: boolean;
  readonly onLines: (lines: readonly string[]) => void;
}

/**
 * What stands for a SageMaker container, or a Lambda environment, on this machine: a folder that is its `/opt/ml` or
 * `/var/task`, a home, a `/tmp` and a Python of its own, the keys of its role, and programs that see these and little else.
 */
export class Container {
  /** The folder on this machine that its programs see as `/opt/ml`. */
  readonly ml: string;
  private readonly root: Root;
  private readonly credentials: RoleCredentials;
  private readonly virtual: VirtualEnvironment;
  /** Folders that containers share: what pip and torch have downloaded. */
  private readonly caches: { readonly pip: string; readonly torch: string };
  /** Made before the first program is there: it starts sooner. */
  private pipeFile: string | undefined;

  constructor(
    private readonly runtime: Runtime,
    private readonly spec: ContainerSpec,
  ) {
    const { folders, settings } = runtime.machine;
    this.ml = this.inside('ml');
    this.root =
      spec.task === undefined
        ? { path: '/opt/ml', folder: this.ml, writable: true }
        : { path: '/var/task', folder: spec.task, writable: false };
    this.credentials = new RoleCredentials(this.inside('role'), settings.region, spec.keys);
    this.virtual = new VirtualEnvironment(this.inside('venv'), runtime.interpreter);
    this.caches = { pip: folders.cache('pip'), torch: folders.cache('torch') };
  }

  /** The path under which its programs find their root: `/opt/ml` or `/var/task` where that can be had. */
  get base(): string {
    return this.runtime.isolation.rootPath(this.root);
  }

  /** Its own Python: `pip install` stays inside of the container. */
  get python(): string {
    return this.virtual.python;
  }

  /** In which Python, and how much apart from this machine, its programs run: a line for the log. */
  get description(): string {
    const { interpreter, isolation } = this.runtime;
    const { path: python, version, torch } = interpreter;
    return (
      `[sagemaker-sandbox] Python ${version} (${python}), ${torch === undefined ? 'without torch' : `torch ${torch}`}; ` +
      `isolation: ${isolation.description}.`
    );
  }

  /**
   * Makes the folders, the Python and the role's keys, which are fresh until `close`.
   * @param folders below `/opt/ml`.
   * @throws what `keys` throws.
   */
  async prepare(folders: readonly string[]): Promise<void> {
    const { caches, spec, virtual } = this;
    const own = [...folders.map((name) => path.join('ml', name)), 'home', 'tmp', 'scratch'];
    await Promise.all([
      ...[...own.map((name) => this.inside(name)), caches.pip].map((folder) => mkdir(folder, { recursive: true })),
      shareTorchHome(personsTorchHome(this.runtime.machine.environment), caches.torch),
    ]);
    this.credentials.start();
    await Promise.all([
      virtual.make(),
      makePipeFile(this.inside('scratch')).then((made) => (this.pipeFile = made)),
      spec.network && this.writeHostsFile(spec.network.hosts),
    ]);
  }

  run({
    command,
    environment,
    workingFolder,
    connected = false,
    keepReturns = false,
    onLines,
  }: Program): Promise<RunningProcess> {
    const { credentials, pipeFile, runtime } = this;
    this.pipeFile = undefined;
    return startProcess(runtime.isolation, {
      ...{ command, connected, keepReturns, onLines },
      ...(pipeFile !== undefined && { pipeFile }),
      enclosure: this.enclosure(workingFolder),
      environment: childEnvironment({
        sandbox: runtime.machine.environment,
        endpoint: runtime.machine.endpoint(),
        region: runtime.machine.settings.region,
        home: this.inside('home'),
        configFile: credentials.configFile,
        credentialsFile: credentials.credentialsFile,
        path: [this.virtual.bin],
        pythonPath: [this.modules],
        torchHome: this.caches.torch,
        own: environment,
      }),
    });
  }

  /** The shipped folder of Python modules and programs (resources/python). */
  get modules(): string {
    return path.join(this.runtime.machine.resources, 'python');
  }

  /** For programs that are pip. Its settings are the person's: where their packages come from is for them to say. */
  pipSettings(): Record<string, string> {
    const own = Object.entries(this.runtime.machine.environment).filter(
      (entry): entry is [string, string] => entry[0].startsWith('PIP_') && entry[1] !== undefined,
    );
    return { ...Object.fromEntries(own), PIP_CACHE_DIR: this.caches.pip, PIP_DISABLE_PIP_VERSION_CHECK: '1' };
  }

  /**
   * Whether everything that a requirements file asks for is there already: asking pip costs a second and perhaps a
   * network, and most scripts need neither.
   */
  requirementsMet(file: string): Promise<boolean> {
    const check = path.join(this.modules, 'requirements_met.py');
    return promisify(execFile)(this.python, [check, file], { env: {}, timeout: 30_000 }).then(
      () => true,
      () => false,
    );
  }

  /** What helps when `module` cannot be imported. @param requirements the file that may name its package. */
  adviceOnModule(module: string, requirements: string): string {
    const { path: python, version } = this.runtime.interpreter;
    return (
      `The sandbox's Python is ${python} (${version}), which has no "${module}": ` +
      `name the package in ${requirements}, install it there, or start the sandbox with --python.`
    );
  }

  /** The role's keys are not renewed any more. */
  close(): void {
    this.credentials.stop();
  }

  async remove(): Promise<void> {
    this.close();
    await removeFolder(this.spec.folder);
  }

  private enclosure(workingFolder: string): Enclosure {
    const { interpreter, machine } = this.runtime;
    const { environment, settings } = machine;
    const reading = [
      ...[this.inside('role'), this.modules],
      ...[...interpreter.prefixes, ...interpreter.packages, interpreter.userPackages],
      personsTorchHome(environment),
    ].filter((folder): folder is string => folder !== undefined && existsSync(folder));
    const writing = [this.inside('home'), this.virtual.folder, this.caches.pip, this.caches.torch];
    const { network } = this.spec;
    return {
      root: this.root,
      tmp: this.inside('tmp'),
      scratch: this.inside('scratch'),
      ...(network && { network: { hostsFile: this.inside('hosts'), hostName: network.hostName } }),
      visible: [
        ...reading.map((folder) => ({ folder, writable: false })),
        ...writing.map((folder) => ({ folder, writable: true })),
      ],
      hidden: [settings.dataDir, path.join(environment['HOME'] ?? homedir(), '.aws')],
      workingFolder,
    };
  }

  private async writeHostsFile(hosts: Readonly<Record<string, string>>): Promise<void> {
    const own = Object.entries(hosts)
      .map(([host, address]) => `${address} ${host}\n`)
      .join('');
    const machine = await readFile('/etc/hosts', 'utf8').catch(() => '127.0.0.1 localhost\n');
    await writeFile(this.inside('hosts'), own + machine);
  }

  private inside(name: string): string {
    return path.join(this.spec.folder, name);
  }
}
