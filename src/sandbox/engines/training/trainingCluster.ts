import { randomInt } from 'node:crypto';
import path from 'node:path';
import { decodeHyperparameters } from '../../../container/hyperparameters.js';
import { str } from '../../../container/pythonText.js';
import { hostNames } from '../../../container/trainingFiles.js';
import type { LogSink } from '../../services/ports.js';
import type { Objects } from '../../store/objects.js';
import { CappedLog } from '../process/cappedLog.js';
import { freePort, loopbackInterface } from '../process/machine.js';
import type { TrainingSpec } from '../training.js';
import { Checkpoints } from './checkpoints.js';
import type { JobFailed } from './trainingFailure.js';
import { type ContainerEnd, TrainingHost, type TrainingRuntime } from './trainingHost.js';
import { TrainingInput } from './trainingInput.js';
import { TrainingOutput } from './trainingOutput.js';

export const logGroup = '/aws/sagemaker/TrainingJobs';

export interface ClusterOptions {
  readonly objects: Objects;
  readonly logs: LogSink;
  /** The job's own; it is made. */
  readonly folder: string;
  readonly signal: AbortSignal;
  /** Gets what is logged on any host. */
  readonly onLines: (lines: readonly string[]) => void;
}

/** The host that failed first. */
export interface HostFailure {
  readonly host: string;
  readonly end: ContainerEnd;
}

interface Member {
  readonly host: TrainingHost;
  readonly log: CappedLog;
  readonly checkpoints: Checkpoints | undefined;
}

/** The hosts of a job: they start together, since they wait for each other, and the first that fails ends them all. */
export class TrainingCluster {
  private readonly members: readonly Member[];
  private ending = false;

  private constructor(
    private readonly runtime: TrainingRuntime,
    private readonly spec: TrainingSpec,
    private readonly options: ClusterOptions,
    masterPort: number,
  ) {
    const { objects, logs, folder, onLines } = options;
    const hosts = hostNames(spec.instance.count);
    const network = { addresses: addressesOf(hosts), masterPort };
    const started = Math.floor(Date.now() / 1000);
    this.members = hosts.map((currentHost) => {
      const log = new CappedLog(logs, logGroup, `${spec.name}/${currentHost}-${started}`);
      const cluster = {
        ...{ currentHost, hosts },
        ...{ instanceType: spec.instance.type, networkInterface: loopbackInterface() },
      };
      const host = new TrainingHost(runtime, spec, cluster, network, path.join(folder, currentHost), (lines) => {
        log.append(lines);
        onLines(lines);
      });
      const { checkpoints } = spec;
      return { host, log, checkpoints: checkpoints && new Checkpoints(objects, spec, checkpoints, host.container.ml) };
    });
  }

  /** Makes the hosts with all that is on them before any data is. */
  static async prepare(
    runtime: TrainingRuntime,
    spec: TrainingSpec,
    options: ClusterOptions,
  ): Promise<TrainingCluster> {
    const cluster = new TrainingCluster(runtime, spec, options, await freePort());
    try {
      await cluster.onEach(async ({ host, log }) => {
        await host.prepare();
        log.append([host.container.description]);
      });
      return cluster;
    } catch (error) {
      cluster.close();
      throw error;
    }
  }

  /** Brings data, script and checkpoints to every host. @throws {JobFailed} */
  async download(): Promise<void> {
    const { objects, signal } = this.options;
    const { isolation } = this.runtime;
    const source = decodeHyperparameters(this.spec.hyperparameters).toolkit.get('sagemaker_submit_directory');
    const fromS3 = source !== undefined && str(source).startsWith('s3://');
    await this.onEach(async ({ host, checkpoints }, index) => {
      const { ml, base } = host.container;
      const place = { ml, index, hosts: this.members.length };
      const input = new TrainingInput(objects, this.spec, place, isolation.keepsReadOnly, signal);
      await Promise.all([
        ...this.spec.channels.map((channel) => input.channel(channel)),
        ...(fromS3 ? [input.source(str(source), base)] : []),
        checkpoints?.restore(),
      ]);
      if (source !== undefined && !fromS3) await input.source(str(source), base);
    });
  }

  /**
   * Runs every host to its end.
   * @returns which one failed first, if one did.
   * @throws {JobFailed} when checkpoints cannot be uploaded.
   */
  async train(): Promise<HostFailure | undefined> {
    let failure: HostFailure | undefined;
    let lost: JobFailed | undefined;
    const running = new Set(this.members);
    await this.onEach(async (member) => {
      const { host, checkpoints } = member;
      checkpoints?.start((error) => {
        lost ??= error;
        this.kill();
      });
      try {
        const end = await host.train();
        running.delete(member);
        if (end.exitCode === 0) return;
        failure ??= { host: host.name, end };
        // Told to end, each of them has the time of grace.
        if (this.ending) return;
        this.kill();
        for (const { log } of running) log.append([`[sagemaker-sandbox] Ended, because ${host.name} has failed.`]);
      } catch (error) {
        this.kill();
        throw error;
      } finally {
        await checkpoints?.stop();
      }
    });
    if (lost) throw lost;
    if (!this.options.signal.aborted) await this.onEach(async ({ checkpoints }) => checkpoints?.finish());
    return failure;
  }

  /** @returns the model's address. @throws {JobFailed} */
  upload(): Promise<string> {
    const { objects, signal } = this.options;
    const hosts = this.members.map(({ host }) => ({ name: host.name, ml: host.container.ml }));
    return new TrainingOutput(objects, this.spec, hosts, signal, (line) => this.remark(line)).upload();
  }

  /** Writes a line of the sandbox's own into the first host's log. */
  remark(line: string): void {
    this.members[0]!.log.append([line]);
  }

  terminate(): void {
    this.ending = true;
    for (const { host } of this.members) host.terminate();
  }

  kill(): void {
    this.ending = true;
    for (const { host } of this.members) host.kill();
  }

  close(): void {
    for (const { host, log } of this.members) {
      host.close();
      log.close();
    }
  }

  /** A failure is thrown when nothing is under way any more on any host. */
  private async onEach(work: (member: Member, index: number) => Promise<void>): Promise<void> {
    const results = await Promise.allSettled(this.members.map(work));
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
  }
}

/**
 * Loopback addresses, which Linux has 16 million of, in a network of the job's own: hosts of two jobs may listen on one
 * port.
 */
function addressesOf(hosts: readonly string[]): Record<string, string> {
  const network = `127.${randomInt(1, 255)}.${randomInt(256)}`;
  return Object.fromEntries(hosts.map((host) => [host, `${network}.${Number(host.replace('algo-', ''))}`]));
}
