import { existsSync } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import path from 'node:path';
import { missingModule } from '../../../container/failure.js';
import { inferenceEnvironment } from '../../../container/inferenceEnvironment.js';
import { extractionFailed, failureReason } from '../../../container/inferenceMessages.js';
import { messageOf } from '../../../core/errors.js';
import { isFullDisk } from '../../store/fullDisk.js';
import type { StoredObject } from '../../store/objects.js';
import type { ModelSpec } from '../hosting.js';
import { extractTarGz } from '../process/archives.js';
import type { CappedLog } from '../process/cappedLog.js';
import { Container, type Runtime } from '../process/container.js';
import type { RunningProcess } from '../process/processes.js';
import type { WorkerProcess } from './inferenceWorker.js';
import { type InferenceContainer, NotServing } from './modelServer.js';

/** What one instance is made of. */
export interface InstanceParts {
  readonly runtime: Runtime;
  readonly model: ModelSpec;
  /** The instance's own; it is made, and removed at the end. */
  readonly folder: string;
  readonly log: CappedLog;
}

const requirements = 'model/code/requirements.txt';

/** One instance's container: the model in `/opt/ml/model`, and Python processes that serve it. */
export class ModelContainer implements InferenceContainer {
  private readonly container: Container;
  private ready: Promise<void> | undefined;

  constructor(private readonly parts: InstanceParts) {
    const { runtime, model, folder } = parts;
    this.container = new Container(runtime, { folder, keys: model.keys });
  }

  /** @throws {Error} whose message is the endpoint's FailureReason, for an archive that cannot be unpacked. */
  async prepare(archive: StoredObject | undefined): Promise<void> {
    await this.container.prepare(['model']);
    if (archive) await this.unpack(archive);
  }

  async start(signal: AbortSignal): Promise<WorkerProcess> {
    await (this.ready ??= this.installPackages(signal));
    const serve = path.join(this.container.modules, 'serve.py');
    const worker = await this.run([this.container.python, serve, '4'], {}, true);
    return { ...worker, connection: worker.connection! };
  }

  advice(reason: string): string | undefined {
    const module = missingModule(reason);
    if (module !== undefined) return this.container.adviceOnModule(module, 'code/requirements.txt');
    if (existsSync(this.file('model/code'))) return undefined;
    return 'The model archive has no code/ folder with inference.py, so the default handlers were used.';
  }

  dispose(): Promise<void> {
    this.parts.log.close();
    return this.container.remove();
  }

  /** SageMaker fails for symbolic links, too (re:Post knowledge center, "sagemaker-endpoint-creation-fail"). */
  private async unpack(archive: StoredObject): Promise<void> {
    const target = this.file('model');
    const failed = (why: string, cause?: unknown) =>
      new Error(failureReason(extractionFailed(this.parts.model.dataUrl!), why), { cause });
    try {
      await extractTarGz(archive.file, target);
    } catch (error) {
      if (isFullDisk(error)) throw failed('There is no space left on the disk.', error);
      throw failed(`(${messageOf(error)})`, error);
    }
    for (const name of await readdir(target, { recursive: true })) {
      if ((await lstat(path.join(target, name))).isSymbolicLink()) throw failed(`(${name} is a symbolic link.)`);
    }
  }

  /** What the model's requirements.txt asks for. @throws {NotServing} when it cannot be installed. */
  private async installPackages(signal: AbortSignal): Promise<void> {
    const { container } = this;
    this.parts.log.append([container.description]);
    const file = this.file(requirements);
    if (!existsSync(file) || (await container.requirementsMet(file))) return;
    const argv = [
      container.python,
      '-m',
      'pip',
      'install',
      '-r',
      path.posix.join(container.base, requirements),
    ] as const;
    const pip = await this.run(argv, container.pipSettings());
    const stop = () => pip.kill();
    signal.addEventListener('abort', stop);
    if (signal.aborted) stop();
    const status = await pip.exited.finally(() => signal.removeEventListener('abort', stop));
    if (status !== 0) throw new NotServing(`pip install -r requirements.txt ended with exit code ${status}.`);
  }

  private run(
    command: readonly [string, ...string[]],
    more: Readonly<Record<string, string>>,
    connected = false,
  ): Promise<RunningProcess> {
    const { runtime, model, log } = this.parts;
    const own = inferenceEnvironment(model.environment, runtime.machine.settings.region, this.container.base);
    return this.container.run({
      ...{ command, connected, onLines: (lines) => log.append(lines) },
      environment: { ...own, ...more },
      workingFolder: 'model',
    });
  }

  /** A file below `/opt/ml`, on this machine. */
  private file(name: string): string {
    return path.join(this.container.ml, name);
  }
}
