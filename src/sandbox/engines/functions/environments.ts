import { randomUUID } from 'node:crypto';
import path from 'node:path';
import type { InitializationType } from '../../../container/functionEnvironment.js';
import { ServiceError } from '../../protocol/service.js';
import type { LogSink } from '../../services/ports.js';
import type { FunctionSpec } from '../functions.js';
import { findRuntime, type Machine, type Runtime } from '../process/container.js';
import { removeFolder } from '../process/removeFolder.js';
import { NoPythonError } from '../../../core/interpreter.js';
import { CodeFolders } from './codeFolders.js';
import { Environment } from './environment.js';

/** Makes execution environments, and knows all that are there. */
export class Environments {
  private readonly root: string;
  private readonly codes: CodeFolders;
  private readonly alive = new Set<Environment>();
  /** Resolves when what a sandbox that was killed has left is gone; none of it is alive. */
  private readonly swept: Promise<void>;
  private readonly starting = new Set<Promise<unknown>>();
  private closed = false;

  constructor(
    private readonly machine: Machine,
    private readonly logs: LogSink,
  ) {
    this.root = machine.folders.functionEnvironments();
    this.codes = new CodeFolders(path.join(this.root, 'code'));
    this.swept = removeFolder(this.root);
    this.swept.catch(() => undefined); // Reported by the first environment, which waits for it.
  }

  /**
   * A new environment that has tried to load the handler.
   * @param onExit called when its process ends by itself, or is ended.
   * @returns it, and whether the handler is loaded.
   * @throws {ServiceError} InvalidRuntimeException, InvalidZipFileException; what `spec.keys` throws.
   */
  start(
    spec: FunctionSpec,
    initialization: InitializationType,
    onExit: (environment: Environment) => void,
  ): Promise<{ environment: Environment; loaded: boolean }> {
    const started = this.make(spec, initialization, onExit);
    const settled = started.catch(() => undefined).finally(() => this.starting.delete(settled));
    this.starting.add(settled);
    return started;
  }

  async end(environment: Environment): Promise<void> {
    await environment.end();
    this.alive.delete(environment);
  }

  /** Resolves when none is left. */
  async close(): Promise<void> {
    this.closed = true;
    await Promise.all([...this.alive].map((environment) => this.end(environment)));
    await Promise.all(this.starting);
    await Promise.all([...this.alive].map((environment) => this.end(environment)));
    await removeFolder(this.root);
  }

  private async make(
    spec: FunctionSpec,
    initialization: InitializationType,
    onExit: (environment: Environment) => void,
  ): Promise<{ environment: Environment; loaded: boolean }> {
    const keys = spec.keys();
    const runtime = await this.findRuntime();
    await this.swept;
    const { folder: code, release: releaseCode } = await this.unpack(spec, runtime);
    const environment: Environment = new Environment({
      ...{ runtime, spec, keys, code, releaseCode, initialization, logs: this.logs },
      folder: path.join(this.root, randomUUID()),
      onExit: () => onExit(environment),
    });
    this.alive.add(environment);
    try {
      if (this.closed) throw new ServiceError('ServiceException', 'The sandbox is being stopped.', 500);
      return { environment, loaded: await environment.initialise() };
    } catch (error) {
      await this.end(environment);
      throw error;
    }
  }

  private async findRuntime(): Promise<Runtime> {
    try {
      return await findRuntime(this.machine);
    } catch (error) {
      if (error instanceof NoPythonError) throw new ServiceError('InvalidRuntimeException', error.message, 502);
      throw error;
    }
  }

  private async unpack(spec: FunctionSpec, runtime: Runtime): ReturnType<CodeFolders['use']> {
    try {
      return await this.codes.use(spec.codeFile, runtime);
    } catch (error) {
      // Lambda's words (aws-sdk's documentation of Invoke: InvalidZipFileException).
      throw Object.assign(
        new ServiceError('InvalidZipFileException', 'Lambda could not unzip the deployment package.', 502),
        { cause: error },
      );
    }
  }
}
