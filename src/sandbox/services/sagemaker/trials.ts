import type { Collection, Store } from '../../store/store.js';
import type { Trial } from './tuningRecord.js';

/** The trials of all tuning jobs, by training job's name and by tuning job. */
export class Trials {
  private readonly records: Collection<Trial>;
  private readonly byJob = new Map<string, Map<string, Trial>>();

  constructor(store: Store) {
    this.records = store.collection<Trial>('tuning-trial');
    for (const trial of this.records.values()) this.remember(trial);
  }

  get(name: string): Trial | undefined {
    return this.records.get(name);
  }

  /** In the order in which they were started. */
  of(tuningJob: string): Trial[] {
    return [...(this.byJob.get(tuningJob)?.values() ?? [])].sort((a, b) => a.number - b.number);
  }

  put(trial: Trial): void {
    this.records.put(trial.summary.TrainingJobName, trial);
    this.remember(trial);
  }

  delete({ summary, tuningJob }: Trial): void {
    this.records.delete(summary.TrainingJobName);
    this.byJob.get(tuningJob)?.delete(summary.TrainingJobName);
  }

  private remember(trial: Trial): void {
    const own = this.byJob.get(trial.tuningJob) ?? new Map<string, Trial>();
    this.byJob.set(trial.tuningJob, own.set(trial.summary.TrainingJobName, trial));
  }
}
