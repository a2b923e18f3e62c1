import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { availableParallelism, homedir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
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
import { childEnvironment } from '../process/childEnvironment.js';
import type { Interpreter } from '../process/interpreter.js';
import type { Enclosure, Isolation } from '../process/isolation.js';
import { freePort } from '../process/machine.js';
import { readFailure, writeNew } from './outputFiles.js';
import { makePipeFile, type RunningProcess, startProcess } from '../process/processes.js';
import { RoleCredentials } from '../process/roleCredentials.js';
import { type ScriptCommand, scriptCommand } from './scriptCommand.js';
import { personsTorchHome, shareTorchHome } from '../process/torchHome.js';
import type { TrainingSpec } from '../training.js';
import { makeVirtualEnvironment, type VirtualEnvironment } from '../process/virtualEnvironment.js';

/** What all hosts of all jobs have in common. */
export interface HostMachine {
  readonly isolation: Isolation;
  readonly interpreter: Interpreter;
  readonly gpus: number;
  readonly endpoint: string;
  /** The environment in which the sandbox was started. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The Python files that are shipped (resources/python). */
  readonly pythonResources: string;
  readonly dataDir: string;
  readonly torchCache: string;
  readonly pipCache: string;
}

/** How a host's container ended. */
export interface ContainerEnd {
  readonly exitCode: number;
  /** Content of the failure file; empty when there is none. */
  readonly failure: string;
  /** What to do about it, when that is known. */
  readonly hint: string;
}

/** One machine of a training job: its `/opt/ml`, its environment, its processes. */
export class TrainingHost {
  /** The host's `/opt/ml`. */
  readonly ml: string;
  private readonly credentials: RoleCredentials;
  private virtual: VirtualEnvironment | undefined;
  private pipeFile: string | undefined;
  private process: RunningProcess | undefined;
  private ending = false;

  /**
   * @param folder of the host, in the job's folder.
   * @param onLines gets what is logged on this host.
   */
  constructor(
    private readonly machine: HostMachine,
    private readonly spec: TrainingSpec,
    private readonly cluster: Cluster,
    private readonly folder: string,
    private readonly onLines: (lines: readonly string[]) => void,
  ) {
    this.ml = path.join(folder, 'ml');
    this.credentials = new RoleCredentials(path.join(folder, 'aws'), spec.region, spec.keys);
  }

  /** What the host's processes see as `/opt/ml`. */
  get base(): string {
    return this.machine.isolation.mlPath({ ml: this.ml });
  }

  /** Makes the folders and files that are there before any data is. */
  async prepare(): Promise<void> {
    const { interpreter, environment, torchCache, pipCache } = this.machine;
    const inside = [layout.code, layout.config, layout.data, layout.model, layout.outputData, layout.intermediate];
    await Promise.all([
      ...[...inside, layout.checkpoints].map((name) => mkdir(path.join(this.ml, name), { recursive: true })),
      ...['home', 'tmp', 'scratch'].map((name) => mkdir(path.join(this.folder, name), { recursive: true })),
      mkdir(pipCache, { recursive: true }),
      shareTorchHome(personsTorchHome(environment), torchCache),
    ]);
    this.credentials.start();
    const { cluster } = this;
    const { hyperparameters, channels } = this.spec;
    const files = Object.entries(configFiles({ hyperparameters, channels, cluster }));
    await Promise.all([
      ...files.map(([name, text]) => writeFile(path.join(this.ml, layout.config, name), text)),
      this.writeHostsFile(),
      makeVirtualEnvironment(interpreter, path.join(this.folder, 'venv')).then((made) => (this.virtual = made)),
      makePipeFile(path.join(this.folder, 'scratch')).then((made) => (this.pipeFile = made)),
    ]);
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
    this.credentials.stop();
  }

  private async runScriptMode(): Promise<ContainerEnd> {
    const context = this.context();
    const code = path.join(this.ml, layout.code);
    const args = scriptArguments(context.hyperparameters.user);
    const command = await scriptCommand(code, context.program ?? 'None', this.virtual!.python, args);
    const variables: Record<string, string> = {
      ...scriptVariables(context),
      PYTHONPATH: [`${this.base}/${layout.code}`, this.spec.environment['PYTHONPATH']].filter(Boolean).join(':'),
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
    const requirements = path.join(this.ml, layout.code, 'requirements.txt');
    const listed = existsSync(requirements);
    const python = this.virtual!.python;
    // pip is the person's: where their packages come from is for them to say.
    const pip = Object.entries(this.machine.environment).filter(([name]) => /^PIP_/.test(name));
    const pipEnvironment = {
      ...environment,
      ...(Object.fromEntries(pip) as Record<string, string>),
      PIP_CACHE_DIR: this.machine.pipCache,
      PIP_DISABLE_PIP_VERSION_CHECK: '1',
    };
    if (command.kind === 'package') {
      this.say('INFO', ['Installing module.']);
      const argv = [python, '-m', 'pip', 'install', '.', ...(listed ? ['-r', 'requirements.txt'] : [])] as const;
      return this.failed(await this.step('InstallModuleError', argv, argv, pipEnvironment));
    }
    if (command.kind !== 'program' || !listed) return undefined;
    if (await this.requirementsMet(requirements)) {
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
        await writeNew(path.join(this.ml, layout.success), '');
      }
      return { exitCode: 0, failure: '', hint: '' };
    }
    const text = failureText(error, { exitCode, message: message.toString(), command: shown });
    // A script that has written its own failure file knows better.
    await writeNew(path.join(this.ml, layout.failure), text);
    this.say('ERROR', ['Reporting training FAILURE']);
    this.say('ERROR', text.split('\n'));
    this.say('ERROR', ['Encountered exit_code 1']);
    // The container is the toolkit: it ends with 1, whatever the script ended with (trainer.py).
    return this.ended(1, message);
  }

  private async ended(exitCode: number, message: ErrorMessage): Promise<ContainerEnd> {
    if (exitCode === 0) return { exitCode, failure: '', hint: '' };
    const failure = await readFailure(path.join(this.ml, layout.failure));
    return { exitCode, failure, hint: this.hint(missingModule(`${message.toString()}\n${failure}`)) };
  }

  private hint(module: string | undefined): string {
    if (module === undefined) return '';
    const { path: python, version } = this.machine.interpreter;
    return (
      `The Python that runs jobs here is ${python} (${version}), which has no "${module}": ` +
      'name the package in requirements.txt, install it there, or start the sandbox with --python.'
    );
  }

  private async run(
    command: readonly [string, ...string[]],
    environment: Record<string, string>,
    workingFolder: string,
    error: ErrorMessage,
  ): Promise<number> {
    const { pipeFile } = this;
    this.pipeFile = undefined;
    const started = await startProcess(this.machine.isolation, {
      command,
      ...(pipeFile !== undefined && { pipeFile }),
      environment,
      enclosure: this.enclosure(workingFolder),
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
      base: this.base,
      hyperparameters,
      channels: this.spec.channels,
      cluster: this.cluster,
      cpus: availableParallelism(),
      gpus: this.machine.gpus,
    };
  }

  private async frameworkEnvironment(context: TrainingContext): Promise<Record<string, string>> {
    // Names of hosts are known in a private /etc/hosts alone.
    const named = this.machine.isolation.kind !== 'environment';
    return frameworkVariables(context, {
      region: this.spec.region,
      masterAddress: named ? this.cluster.hosts[0]! : '127.0.0.1',
      masterPort: await freePort(),
      torch: this.machine.interpreter.torch,
    });
  }

  private environment(own: Readonly<Record<string, string>>): Record<string, string> {
    const { endpoint, environment, isolation, pythonResources, torchCache } = this.machine;
    return childEnvironment({
      sandbox: environment,
      endpoint,
      region: this.spec.region,
      home: path.join(this.folder, 'home'),
      configFile: this.credentials.configFile,
      credentialsFile: this.credentials.credentialsFile,
      path: [this.virtual!.bin],
      pythonPath: [pythonResources],
      torchHome: torchCache,
      own: {
        ...platformVariables(this.spec),
        ...(isolation.kind === 'environment' && { SAGEMAKER_BASE_DIR: this.ml }),
        ...this.spec.environment,
        ...own,
      },
    });
  }

  private enclosure(workingFolder: string): Enclosure {
    const { dataDir, environment, interpreter, pipCache, pythonResources, torchCache } = this.machine;
    const reading = [
      path.dirname(this.credentials.configFile),
      pythonResources,
      ...interpreter.prefixes,
      ...interpreter.packages,
      ...(interpreter.userPackages === undefined ? [] : [interpreter.userPackages]),
      personsTorchHome(environment),
    ];
    const writing = [path.join(this.folder, 'home'), path.join(this.folder, 'venv'), pipCache, torchCache];
    return {
      ml: this.ml,
      tmp: path.join(this.folder, 'tmp'),
      scratch: path.join(this.folder, 'scratch'),
      network: { hostsFile: path.join(this.folder, 'hosts'), hostName: this.cluster.currentHost },
      visible: [
        ...reading.filter(existsSync).map((folder) => ({ folder, writable: false })),
        ...writing.map((folder) => ({ folder, writable: true })),
      ],
      hidden: [dataDir, path.join(environment['HOME'] ?? homedir(), '.aws')],
      workingFolder,
    };
  }

  private async writeHostsFile(): Promise<void> {
    const own = this.cluster.hosts.map((host) => `127.0.0.1 ${host}\n`).join('');
    const machine = await readFile('/etc/hosts', 'utf8').catch(() => '127.0.0.1 localhost\n');
    await writeFile(path.join(this.folder, 'hosts'), own + machine);
  }

  private async requirementsMet(file: string): Promise<boolean> {
    const check = path.join(this.machine.pythonResources, 'requirements_met.py');
    return promisify(execFile)(this.virtual!.python, [check, file], { env: {}, timeout: 30_000 }).then(
      () => true,
      () => false,
    );
  }

  private say(level: 'INFO' | 'ERROR', lines: readonly string[]): void {
    this.onLines(toolkitLog(level, lines, new Date()));
  }
}
