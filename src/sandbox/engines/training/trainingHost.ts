import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { invocationBanner, toolkitLog } from '../../../container/banner.js';
import { ErrorMessage, failureText, missingModule } from '../../../container/failure.js';
import { decodeHyperparameters, scriptArguments } from '../../../container/hyperparameters.js';
import { str } from '../../../container/pythonText.js';
import {
  frameworkVariables,
  platformVariables,
  type TrainingContext,
  trainingEnv,
  scriptVariables,
} from '../../../container/trainingEnvironment.js';
import { type Cluster, configFiles, layout } from '../../../container/trainingFiles.js';
import { Container, type Runtime } from '../process/container.js';
import { freePort } from '../process/machine.js';
import type { RunningProcess } from '../process/processes.js';
import type { TrainingSpec } from '../training.js';
import { readFailure, writeNew } from './outputFiles.js';
import { type ScriptCommand, scriptCommand } from './scriptCommand.js';

/** Where jobs run. */
export interface TrainingRuntime extends Runtime {
  /** How many the machine has. */
  readonly gpus: number;
}

/** How a host's container ended. */
export interface ContainerEnd {
  readonly exitCode: number;
  /** Content of the failure file; empty when there is none. */
  readonly failure: string;
  /** What to do about it, when that is known. */
  readonly hint: string;
}

/** The folders of `/opt/ml` that are there before any data is. */
const folders = [
  ...[layout.code, layout.config, layout.data, layout.model, layout.outputData],
  ...[layout.intermediate, layout.checkpoints],
];

/** One host of a training job: its container, and in it what the training toolkit does around a script. */
export class TrainingHost {
  readonly container: Container;
  private process: RunningProcess | undefined;
  private ending = false;

  /**
   * @param folder of the host, in the job's folder.
   * @param onLines gets what is logged on this host.
   */
  constructor(
    private readonly runtime: TrainingRuntime,
    private readonly spec: TrainingSpec,
    private readonly cluster: Cluster,
    folder: string,
    private readonly onLines: (lines: readonly string[]) => void,
  ) {
    const { currentHost: hostName, hosts } = cluster;
    this.container = new Container(runtime, { folder, keys: spec.keys, network: { hostName, hosts } });
  }

  /** Makes the folders and files that are there before any data is. */
  async prepare(): Promise<void> {
    await this.container.prepare(folders);
    const { hyperparameters, channels } = this.spec;
    const files = Object.entries(configFiles({ hyperparameters, channels, cluster: this.cluster }));
    await Promise.all(files.map(([name, text]) => writeFile(this.file(`${layout.config}/${name}`), text)));
  }

  /** Runs the container's command to its end. */
  async train(): Promise<ContainerEnd> {
    const [entry, ...rest] = [...(this.spec.entrypoint ?? []), ...(this.spec.arguments ?? [])];
    if (entry === undefined) return this.runScriptMode();
    const error = new ErrorMessage();
    const exitCode = await this.run([entry, ...rest], this.environment({}), '', error);
    return this.ended(exitCode, error);
  }

  /** SIGTERM to what runs; what would have come after it is not started any more. */
  terminate(): void {
    this.ending = true;
    this.process?.terminate();
  }

  kill(): void {
    this.ending = true;
    this.process?.kill();
  }

  /** The role's keys are not renewed any more. */
  close(): void {
    this.container.close();
  }

  private async runScriptMode(): Promise<ContainerEnd> {
    const context = this.context();
    const code = this.file(layout.code);
    const args = scriptArguments(context.hyperparameters.user);
    const command = await scriptCommand(code, context.program ?? 'None', this.container.python, args);
    const variables: Record<string, string> = {
      ...scriptVariables(context),
      PYTHONPATH: [`${this.container.base}/${layout.code}`, this.spec.environment['PYTHONPATH']]
        .filter(Boolean)
        .join(':'),
    };
    const environment = this.environment({ ...(await this.frameworkEnvironment(context)), ...variables });

    const installed = await this.install(command, environment);
    if (installed) return installed;
    const banner = invocationBanner(trainingEnv(context), variables, command.shown);
    this.say('INFO', banner);
    return this.step('ExecuteUserScriptError', command.argv, command.shown, environment);
  }

  /** Installs what the script's folder asks for. Undefined when the script can start. */
  private async install(
    command: ScriptCommand,
    environment: Record<string, string>,
  ): Promise<ContainerEnd | undefined> {
    const requirements = this.file(`${layout.code}/requirements.txt`);
    const listed = existsSync(requirements);
    const { python } = this.container;
    const pipEnvironment = { ...environment, ...this.container.pipSettings() };
    if (command.kind === 'package') {
      this.say('INFO', ['Installing module.']);
      const argv = [python, '-m', 'pip', 'install', '.', ...(listed ? ['-r', 'requirements.txt'] : [])] as const;
      return this.failed(await this.step('InstallModuleError', argv, argv, pipEnvironment));
    }
    if (command.kind !== 'program' || !listed) return undefined;
    if (await this.container.requirementsMet(requirements)) {
      this.onLines(['[sagemaker-sandbox] Everything in requirements.txt is installed already.']);
      return undefined;
    }
    this.say('INFO', ['Installing dependencies from requirements.txt']);
    const argv = [python, '-m', 'pip', 'install', '-r', 'requirements.txt'] as const;
    return this.failed(await this.step('InstallRequirementsError', argv, argv, pipEnvironment));
  }

  private failed(end: ContainerEnd): ContainerEnd | undefined {
    return end.exitCode === 0 ? undefined : end;
  }

  /** Runs one command in the script's folder; a failure is reported as the toolkit does. */
  private async step(
    error: string,
    argv: readonly [string, ...string[]],
    shown: readonly string[],
    environment: Record<string, string>,
  ): Promise<ContainerEnd> {
    const message = new ErrorMessage();
    const exitCode = await this.run(argv, environment, layout.code, message);
    if (exitCode === 0) {
      if (error === 'ExecuteUserScriptError') {
        this.say('INFO', ['Reporting training SUCCESS']);
        await writeNew(this.file(layout.success), '');
      }
      return { exitCode: 0, failure: '', hint: '' };
    }
    const text = failureText(error, { exitCode, message: message.toString(), command: shown });
    // A script that has written its own failure file knows better.
    await writeNew(this.file(layout.failure), text);
    this.say('ERROR', ['Reporting training FAILURE']);
    this.say('ERROR', text.split('\n'));
    this.say('ERROR', ['Encountered exit_code 1']);
    // The container is the toolkit: it ends with 1, whatever the script ended with (trainer.py).
    return this.ended(1, message);
  }

  private async ended(exitCode: number, message: ErrorMessage): Promise<ContainerEnd> {
    if (exitCode === 0) return { exitCode, failure: '', hint: '' };
    const failure = await readFailure(this.file(layout.failure));
    const module = missingModule(`${message.toString()}\n${failure}`);
    const hint = module === undefined ? '' : this.container.adviceOnModule(module, 'requirements.txt');
    return { exitCode, failure, hint };
  }

  private async run(
    command: readonly [string, ...string[]],
    environment: Record<string, string>,
    workingFolder: string,
    error: ErrorMessage,
  ): Promise<number> {
    const started = await this.container.run({
      ...{ command, environment, workingFolder },
      onLines: (lines) => {
        for (const line of lines) error.add(line);
        this.onLines(lines);
      },
    });
    this.process = started;
    if (this.ending) started.kill();
    try {
      return await started.exited;
    } finally {
      this.process = undefined;
    }
  }

  private context(): TrainingContext {
    const hyperparameters = decodeHyperparameters(this.spec.hyperparameters);
    const named = this.spec.environment['SAGEMAKER_PROGRAM'] ?? hyperparameters.toolkit.get('sagemaker_program');
    return {
      jobName: this.spec.name,
      program: named === undefined ? undefined : str(named),
      base: this.container.base,
      hyperparameters,
      channels: this.spec.channels,
      cluster: this.cluster,
      cpus: availableParallelism(),
      gpus: this.runtime.gpus,
    };
  }

  private async frameworkEnvironment(context: TrainingContext): Promise<Record<string, string>> {
    // Names of hosts are known in a private /etc/hosts alone.
    const named = this.runtime.isolation.kind !== 'environment';
    return frameworkVariables(context, {
      region: this.spec.region,
      masterAddress: named ? this.cluster.hosts[0]! : '127.0.0.1',
      masterPort: await freePort(),
      torch: this.runtime.interpreter.torch,
    });
  }

  private environment(own: Readonly<Record<string, string>>): Record<string, string> {
    return {
      ...platformVariables(this.spec),
      ...(this.runtime.isolation.kind === 'environment' && { SAGEMAKER_BASE_DIR: this.container.ml }),
      ...this.spec.environment,
      ...own,
    };
  }

  /** A file below `/opt/ml`, on this machine. */
  private file(name: string): string {
    return path.join(this.container.ml, name);
  }

  private say(level: 'INFO' | 'ERROR', lines: readonly string[]): void {
    this.onLines(toolkitLog(level, lines, new Date()));
  }
}
