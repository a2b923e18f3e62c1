import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { lstat, mkdir, readdir, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { missingModule } from '../../../container/failure.js';
import { inferenceEnvironment } from '../../../container/inferenceEnvironment.js';
import { extractionFailed, failureReason } from '../../../container/inferenceMessages.js';
import type { Settings } from '../../settings.js';
import type { StoredObject } from '../../store/objects.js';
import { extractTarGz } from '../process/archives.js';
import { childEnvironment } from '../process/childEnvironment.js';
import type { ModelSpec } from '../hosting.js';
import type { WorkerProcess } from './inferenceWorker.js';
import type { Interpreter, Interpreters } from '../process/interpreter.js';
import type { Enclosure, Isolation } from '../process/isolation.js';
import { type InferenceContainer, NotServing } from './modelServer.js';
import { startProcess } from '../process/processes.js';
import { RoleCredentials } from '../process/roleCredentials.js';
import { personsTorchHome, shareTorchHome } from '../process/torchHome.js';
import { isCode } from '../training/trainingFailure.js';
import { makeVirtualEnvironment, type VirtualEnvironment } from '../process/virtualEnvironment.js';

/** What the machine gives to every container. */
export interface Machine {
  readonly settings: Settings;
  readonly interpreters: Pick<Interpreters, 'find'>;
  /** Found once, beside everything else that starts. */
  readonly isolation: Promise<Isolation>;
  /** The shipped folder that holds `python/`. */
  readonly resources: string;
  /** The environment in which the sandbox was started. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The sandbox's address, `http://127.0.0.1:<port>`. */
  readonly endpoint: () => string;
}

/** What one container is made of. */
export interface ContainerParts {
  readonly machine: Machine;
  readonly model: ModelSpec;
  /** The instance's own; it is made, and removed at the end. */
  readonly folder: string;
  /** Folders that containers share: what pip and torch have downloaded. */
  readonly caches: { readonly pip: string; readonly torch: string };
  readonly log: (lines: readonly string[]) => void;
}

/** Where all workers of an instance run: Python, with the packages that the model asks for. */
interface Python {
  readonly interpreter: Interpreter;
  readonly isolation: Isolation;
  readonly venv: VirtualEnvironment;
}

interface Program {
  readonly command: readonly [string, ...string[]];
  readonly environment?: Readonly<Record<string, string>>;
  readonly connected?: boolean;
}

/** One instance's container: a folder with the model in `/opt/ml/model`, the role's keys, and Python processes. */
export class LocalContainer implements InferenceContainer {
  private readonly credentials: RoleCredentials;
  private interpreter: Interpreter | undefined;
  private python: Promise<Python> | undefined;

  constructor(private readonly parts: ContainerParts) {
    const { machine, model } = parts;
    this.credentials = new RoleCredentials(this.inside('role'), machine.settings.region, model.keys);
  }

  /**
   * Makes the folder.
   * @throws {Error} whose message is the endpoint's FailureReason, for an archive that cannot be unpacked.
   */
  async prepare(archive: StoredObject | undefined): Promise<void> {
    const { caches, machine } = this.parts;
    const folders = ['ml/model', 'tmp', 'scratch', 'home', 'venv'].map((name) => this.inside(name));
    await Promise.all([...folders, ...Object.values(caches)].map((folder) => mkdir(folder, { recursive: true })));
    if (archive) await this.unpack(archive);
    await shareTorchHome(personsTorchHome(machine.environment), caches.torch);
    this.credentials.start();
  }

  async start(signal: AbortSignal): Promise<WorkerProcess> {
    const python = await (this.python ??= this.preparePython(signal));
    const serve = path.join(this.runners, 'serve.py');
    const worker = await this.run(python, { command: [python.venv.python, serve, '4'], connected: true });
    return { ...worker, connection: worker.connection! };
  }

  advice(reason: string): string | undefined {
    const module = missingModule(reason);
    if (module !== undefined && this.interpreter) {
      const { path: python, version } = this.interpreter;
      return (
        `The Python that serves models here is ${python} (${version}), which has no "${module}": ` +
        'name the package in code/requirements.txt, install it there, or start the sandbox with --python.'
      );
    }
    if (existsSync(this.inside('ml/model/code'))) return undefined;
    return 'The model archive has no code/ folder with inference.py, so the default handlers were used.';
  }

  async dispose(): Promise<void> {
    this.credentials.stop();
    await rm(this.parts.folder, { recursive: true, force: true });
  }

  /** SageMaker fails for symbolic links, too (re:Post knowledge center, "sagemaker-endpoint-creation-fail"). */
  private async unpack(archive: StoredObject): Promise<void> {
    const target = this.inside('ml/model');
    const failed = (why: string, cause?: unknown) =>
      new Error(failureReason(extractionFailed(this.parts.model.dataUrl!), why), { cause });
    try {
      await extractTarGz(archive.file, target);
    } catch (error) {
      if (isCode(error, 'ENOSPC', 'EDQUOT')) throw failed('There is no space left on the disk.', error);
      throw failed(error instanceof Error ? `(${error.message})` : '', error);
    }
    for (const name of await readdir(target, { recursive: true })) {
      if ((await lstat(path.join(target, name))).isSymbolicLink()) throw failed(`(${name} is a symbolic link.)`);
    }
  }

  /** @throws {NotServing} when the packages of requirements.txt cannot be installed. */
  private async preparePython(signal: AbortSignal): Promise<Python> {
    const { machine, log } = this.parts;
    const [interpreter, isolation] = await Promise.all([machine.interpreters.find(), machine.isolation]);
    this.interpreter = interpreter;
    log([
      `[sagemaker-sandbox] Python ${interpreter.version} (${interpreter.path}), isolation: ${isolation.description}.`,
    ]);
    const python = { interpreter, isolation, venv: await makeVirtualEnvironment(interpreter, this.inside('venv')) };
    const requirements = 'model/code/requirements.txt';
    const file = path.join(this.inside('ml'), requirements);
    if (existsSync(file) && !(await this.installed(python, file))) {
      await this.install(python, path.posix.join(this.mlPath(isolation), requirements), signal);
    }
    return python;
  }

  private async install(python: Python, file: string, signal: AbortSignal): Promise<void> {
    const { machine, caches } = this.parts;
    const settings = Object.entries(machine.environment).filter(([name]) => name.startsWith('PIP_'));
    const pip = await this.run(python, {
      command: [python.venv.python, '-m', 'pip', 'install', '-r', file],
      environment: {
        ...(Object.fromEntries(settings) as Record<string, string>),
        PIP_CACHE_DIR: caches.pip,
        PIP_DISABLE_PIP_VERSION_CHECK: '1',
      },
    });
    const stop = () => pip.kill();
    signal.addEventListener('abort', stop);
    if (signal.aborted) stop();
    const status = await pip.exited.finally(() => signal.removeEventListener('abort', stop));
    if (status !== 0) throw new NotServing(`pip install -r requirements.txt ended with exit code ${status}.`);
  }

  /** Asking pip costs a second and perhaps a network; most models need neither. */
  private installed({ venv }: Python, file: string): Promise<boolean> {
    const check = path.join(this.runners, 'requirements_met.py');
    return promisify(execFile)(venv.python, [check, file], { env: {}, timeout: 30_000 }).then(
      () => true,
      () => false,
    );
  }

  private run({ interpreter, isolation, venv }: Python, { command, environment, connected = false }: Program) {
    const { machine, model, caches, log } = this.parts;
    const { region } = machine.settings;
    return startProcess(isolation, {
      command,
      connected,
      enclosure: this.enclosure(interpreter),
      onLines: log,
      environment: childEnvironment({
        sandbox: machine.environment,
        endpoint: machine.endpoint(),
        region,
        home: this.inside('home'),
        configFile: this.credentials.configFile,
        credentialsFile: this.credentials.credentialsFile,
        path: [venv.bin],
        pythonPath: [this.runners],
        torchHome: caches.torch,
        own: { ...inferenceEnvironment(model.environment, region, this.mlPath(isolation)), ...environment },
      }),
    });
  }

  private enclosure({ prefixes, packages, userPackages }: Interpreter): Enclosure {
    const { settings, environment } = this.parts.machine;
    const personal = [userPackages, personsTorchHome(environment)].filter((folder) => folder !== undefined);
    const reading = [this.inside('role'), this.runners, ...prefixes, ...packages, ...personal].filter(existsSync);
    const writing = [this.inside('home'), this.inside('venv'), ...Object.values(this.parts.caches)];
    return {
      ml: this.inside('ml'),
      tmp: this.inside('tmp'),
      scratch: this.inside('scratch'),
      visible: [
        ...reading.map((folder) => ({ folder, writable: false })),
        ...writing.map((folder) => ({ folder, writable: true })),
      ],
      hidden: [settings.dataDir, path.join(environment['HOME'] ?? homedir(), '.aws')],
      workingFolder: 'model',
    };
  }

  private get runners(): string {
    return path.join(this.parts.machine.resources, 'python');
  }

  private mlPath(isolation: Isolation): string {
    return isolation.mlPath({ ml: this.inside('ml') });
  }

  private inside(name: string): string {
    return path.join(this.parts.folder, name);
  }
}
