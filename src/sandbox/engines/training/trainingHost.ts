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
import { torchrunCommand, rankVariables } from '../../../container/torchrun.js';
import { type Cluster, configFiles, layout } from '../../../container/trainingFiles.js';
import { Container, type Runtime } from '../process/container.js';
import type { TrainingSpec } from '../training.js';
import { HostProcesses } from './hostProcesses.js';
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

/** What a host is told of the others. */
export interface HostNetwork {
  /** By the names of the hosts. */
  readonly addresses: Readonly<Record<string, string>>;
  /** Where the ranks of the job meet, on the first host. */
  readonly masterPort: number;
}

/** The folders of `/opt/ml` that are there before any data is. */
const folders = [
  ...[layout.code, layout.config, layout.data, layout.model, layout.outputData],
  ...[layout.intermediate, layout.checkpoints],
];

/** One host of a training job: its container, and in it what the training toolkit does around a script. */
export class TrainingHost {
  readonly container: Container;
  private readonly processes: HostProcesses;

  /**
   * @param folder of the host, in the job's folder.
   * @param onLines gets what is logged on this host.
   */
  constructor(
    private readonly runtime: TrainingRuntime,
    private readonly spec: TrainingSpec,
    private readonly cluster: Cluster,
    private readonly network: HostNetwork,
    folder: string,
    private readonly onLines: (lines: readonly string[]) => void,
  ) {
    const { keys } = spec;
    this.container = new Container(runtime, {
      ...{ folder, keys },
      network: { hostName: cluster.currentHost, hosts: network.addresses },
    });
    this.processes = new HostProcesses(this.container);
  }

  get name(): string {
    return this.cluster.currentHost;
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
    const exitCode = await this.run([entry, ...rest], [this.environment({})], '', error);
    return this.ended(exitCode, error);
  }

  /** SIGTERM to what runs; what would have come after it is not started any more. */
  terminate(): void {
    this.processes.terminate();
  }

  kill(): void {
    this.processes.kill();
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
    const environment = this.environment({ ...this.frameworkEnvironment(context), ...variables });

    const installed = await this.install(command, environment);
    if (installed) return installed;
    const banner = (shown: readonly string[]) => invocationBanner(trainingEnv(context), variables, shown);
    if (context.hyperparameters.framework.get('sagemaker_torch_distributed_enabled') === true) {
      return this.runRanks(command, environment, banner);
    }
    this.say('INFO', banner(command.shown));
    return this.step('ExecuteUserScriptError', command.argv, command.shown, [environment]);
  }

  /** As torchrun would: as many processes as the host has GPUs, else one. */
  private async runRanks(
    command: ScriptCommand,
    environment: Record<string, string>,
    banner: (shown: readonly string[]) => string[],
  ): Promise<ContainerEnd> {
    if (command.kind !== 'program') {
      return this.fails(
        command.kind === 'package'
          ? 'Python packages are not supported for torch_distributed. Please use a python script as the entry-point'
          : 'Unsupported entry point type for torch_distributed',
      );
    }
    const place = {
      ...{ hosts: this.cluster.hosts, host: this.name, ranksPerHost: Math.max(1, this.gpus.length) },
      ...{ masterAddress: this.masterAddress, masterPort: this.network.masterPort },
    };
    this.say('INFO', ['Starting distributed training through torchrun']);
    const [, ...script] = command.shown;
    const shown = torchrunCommand(place, script);
    this.say('INFO', banner(shown));
    const environments = Array.from({ length: place.ranksPerHost }, (_, localRank) => ({
      ...environment,
      ...rankVariables({ ...place, localRank }),
    }));
    return this.step('ExecuteUserScriptError', command.argv, shown, environments);
  }

  /** What the toolkit calls a ClientError: nothing was run. */
  private async fails(reason: string): Promise<ContainerEnd> {
    await writeNew(this.file(layout.failure), reason);
    this.say('ERROR', ['Reporting training FAILURE']);
    this.say('ERROR', [reason]);
    return this.ended(1, new ErrorMessage());
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
      return this.failed(await this.step('InstallModuleError', argv, argv, [pipEnvironment]));
    }
    if (command.kind !== 'program' || !listed) return undefined;
    if (await this.container.requirementsMet(requirements)) {
      this.onLines(['[sagemaker-sandbox] Everything in requirements.txt is installed already.']);
      return undefined;
    }
    this.say('INFO', ['Installing dependencies from requirements.txt']);
    const argv = [python, '-m', 'pip', 'install', '-r', 'requirements.txt'] as const;
    return this.failed(await this.step('InstallRequirementsError', argv, argv, [pipEnvironment]));
  }

  private failed(end: ContainerEnd): ContainerEnd | undefined {
    return end.exitCode === 0 ? undefined : end;
  }

  /** Runs one command in the script's folder, once in each environment; a failure is reported as the toolkit does. */
  private async step(
    error: string,
    argv: readonly [string, ...string[]],
    shown: readonly string[],
    environments: readonly Record<string, string>[],
  ): Promise<ContainerEnd> {
    const message = new ErrorMessage();
    const exitCode = await this.run(argv, environments, layout.code, message);
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

  private run(
    command: readonly [string, ...string[]],
    environments: readonly Record<string, string>[],
    workingFolder: string,
    error: ErrorMessage,
  ): Promise<number> {
    const onLines = (lines: readonly string[]) => {
      for (const line of lines) error.add(line);
      this.onLines(lines);
    };
    return this.processes.run({ command, workingFolder, onLines }, environments);
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
      gpus: this.gpus.length,
    };
  }

  private frameworkEnvironment(context: TrainingContext): Record<string, string> {
    return frameworkVariables(context, {
      region: this.spec.region,
      masterAddress: this.masterAddress,
      masterPort: this.network.masterPort,
      torch: this.runtime.interpreter.torch,
    });
  }

  /** Names of hosts are known in a private /etc/hosts alone. */
  private get masterAddress(): string {
    return this.runtime.isolation.kind === 'environment' ? '127.0.0.1' : this.cluster.hosts[0]!;
  }

  /** This host's part of the machine's GPUs; NCCL takes no GPU twice, so with fewer of them than hosts none has any. */
  private get gpus(): number[] {
    const { hosts } = this.cluster;
    const count = Math.floor(this.runtime.gpus / hosts.length);
    return Array.from({ length: count }, (_, index) => hosts.indexOf(this.name) * count + index);
  }

  private environment(own: Readonly<Record<string, string>>): Record<string, string> {
    return {
      ...platformVariables(this.spec),
      ...(this.runtime.isolation.kind === 'environment' && { SAGEMAKER_BASE_DIR: this.container.ml }),
      ...(this.runtime.gpus > 0 && this.cluster.hosts.length > 1 && { CUDA_VISIBLE_DEVICES: this.gpus.join(',') }),
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
