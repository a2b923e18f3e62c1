import type { Search } from '../../engines/tuning.js';
import { TuningRun, type TuningRunParts } from './tuningRun.js';

/** The tuning jobs that run. */
export class TuningRuns {
  private readonly running = new Map<string, TuningRun>();

  constructor(private readonly parts: TuningRunParts) {
    const runOf = (job: string) => this.running.get(parts.trials.get(job)?.tuningJob ?? '');
    parts.jobs.runs.listen({
      metric: (job, metric, value) => runOf(job)?.measured(job, metric, value),
      ended: (job) => runOf(job)?.advance(),
    });
  }

  /** Takes up the tuning jobs that an earlier process left. */
  recover(): void {
    for (const { name, ended } of this.parts.tuningJobs.values()) if (!ended) this.start(name);
  }

  get unfinished(): number {
    return this.running.size;
  }

  /** @param search one that has been begun for the job. */
  start(name: string, search?: Search): void {
    const run = new TuningRun(this.parts, name, search, () => this.running.delete(name));
    this.running.set(name, run);
    run.advance();
  }

  stop(name: string): void {
    this.running.get(name)?.stop();
  }

  async close(): Promise<void> {
    for (const run of this.running.values()) run.close();
    await this.parts.engine.close();
  }
}
