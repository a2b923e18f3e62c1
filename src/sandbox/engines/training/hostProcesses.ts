import type { Container, Program } from '../process/container.js';
import type { RunningProcess } from '../process/processes.js';

/** The processes that a host runs at a time: one, or one for each of its ranks. */
export class HostProcesses {
  private running: RunningProcess[] = [];
  private ending = false;

  constructor(private readonly container: Container) {}

  /**
   * Runs a program once in each environment; the first that fails takes the others with it.
   * @returns the status of the first that failed, else 0.
   */
  async run(
    program: Omit<Program, 'environment'>,
    environments: readonly Readonly<Record<string, string>>[],
  ): Promise<number> {
    let failure = 0;
    const one = async (environment: Readonly<Record<string, string>>): Promise<void> => {
      const started = await this.container.run({ ...program, environment });
      this.running.push(started);
      if (this.ending || failure !== 0) started.kill();
      const status = await started.exited;
      failure ||= status;
      // Told to end, each of them has the time of grace.
      if (status !== 0 && !this.ending) this.killRunning();
    };
    try {
      await Promise.all(environments.map(one));
      return failure;
    } catch (error) {
      this.kill();
      throw error;
    } finally {
      this.running = [];
    }
  }

  /** SIGTERM to what runs; what would have come after it is not started any more. */
  terminate(): void {
    this.ending = true;
    for (const process of this.running) process.terminate();
  }

  kill(): void {
    this.ending = true;
    this.killRunning();
  }

  private killRunning(): void {
    for (const process of this.running) process.kill();
  }
}
