import type { Cloud } from '../aws/cloud.js';
import type { Connections } from '../aws/connections.js';
import { isNotFound, messageOf } from '../aws/errors.js';
import { type Disposable, Emitter, type Event } from '../core/event.js';
import type { Inventory } from '../inventory/inventory.js';
import { isMoving, type Kind } from '../inventory/resource.js';
import { Ledger } from './ledger.js';
import { runOnOneHost } from './oneHost.js';
import { isOn, kindOf, type RunRecord, RunRecords } from './runRecord.js';
import { StateFolder } from './stateFolder.js';
import { completeTraining } from './train.js';
import { completeTuning } from './tune.js';

/** Milliseconds for which what a record is of may still be in the making: uploads come before the record. */
const longestMaking = 120_000;

/** A run that ended while the window was open. */
export interface EndedRun {
  readonly workspace: string;
  readonly record: RunRecord;
}

/**
 * The runs of the window's workspaces, as their records say: read once, kept fresh, and completed when the cloud says that
 * a run has ended which nobody watched to its end.
 */
export class RunHistory {
  private readonly changed = new Emitter<void>();
  readonly onDidChange: Event<void> = this.changed.event;
  private readonly ended = new Emitter<EndedRun>();
  readonly onDidEnd: Event<EndedRun> = this.ended.event;
  private readonly records = new Map<string, readonly RunRecord[]>();
  /** Runs that this window is busy with: it completes their records itself. */
  private readonly busy = new Set<string>();
  private readonly listening: readonly Disposable[];
  private watching: readonly Disposable[] = [];
  private reconciling: Promise<void> | undefined;

  /** @param mayConnect whether open runs may be looked at without being asked (a trusted workspace) */
  constructor(
    private readonly inventory: Inventory,
    private readonly connections: Connections,
    private readonly mayConnect: () => boolean,
    private readonly log: (line: string) => void,
  ) {
    this.listening = [
      inventory.onDidChange(() => this.reconcile()),
      // Which run of an entry is the last one depends on the connection.
      connections.onDidChange(() => this.changed.fire()),
    ];
  }

  /** The newest run of an entry (`jobs.train`) on the connection; undefined when there is none, or nothing was read yet. */
  last(workspace: string, entry: string): RunRecord | undefined {
    return this.on(workspace).find((record) => record.entry === entry && record.outcome !== 'NotCreated');
  }

  /** The newest one that has left a model. */
  lastModel(workspace: string, entry: string): RunRecord | undefined {
    return this.on(workspace).find(({ entry: own, results }) => own === entry && results.model !== undefined);
  }

  /** The run that made a resource of this name: a job's or a model's name is its run's id. */
  find(name: string): EndedRun | undefined {
    return this.first(({ id }) => id === name);
  }

  /** The newest one that did the same on one host. */
  onOneHost({ workspace, record }: EndedRun): RunRecord | undefined {
    return runOnOneHost(record, this.on(workspace));
  }

  /** The run of the tuning job that tried this training job: `<tuning job>-001-<8 hexadecimal digits>`. */
  findSearch(trial: string): EndedRun | undefined {
    const search = /^(.+)-\d{3,}-[0-9a-f]{8}$/.exec(trial)?.[1];
    return this.first((record) => record.id === search && kindOf(record) === 'tuning-job');
  }

  /** Reads a workspace's records again. Makes nothing there. */
  async read(workspace: string): Promise<void> {
    const records = await new RunRecords(StateFolder.at(workspace)).list().catch((error: unknown) => {
      this.log(messageOf(error));
      return [];
    });
    this.records.set(workspace, records);
    this.changed.fire();
    this.watchOpen();
    this.reconcile();
  }

  /** While `work` goes on, this window writes the run's record itself. */
  async during<T>(run: string, workspace: string, work: () => Promise<T>): Promise<T> {
    this.busy.add(run);
    try {
      return await work();
    } finally {
      this.busy.delete(run);
      await this.read(workspace);
    }
  }

  dispose(): void {
    [...this.listening, ...this.watching].forEach((one) => one.dispose());
    this.changed.dispose();
    this.ended.dispose();
  }

  private first(accepts: (record: RunRecord) => boolean): EndedRun | undefined {
    for (const workspace of this.records.keys()) {
      const record = this.on(workspace).find(accepts);
      if (record) return { workspace, record };
    }
    return undefined;
  }

  /** The records of a workspace that are of the connection, or of the one that is chosen while none is there. */
  private on(workspace: string): readonly RunRecord[] {
    const records = this.records.get(workspace);
    if (!records) {
      this.records.set(workspace, []);
      void this.read(workspace);
      return [];
    }
    const { state, choice } = this.connections;
    if (state.status === 'connected') return records.filter((record) => isOn(record, state.cloud.connection));
    const profile = choice.kind === 'sandbox' ? 'sandbox' : choice.profile;
    return records.filter(({ connection }) => connection.profile === profile);
  }

  private open(): EndedRun[] {
    return [...this.records.keys()].flatMap((workspace) =>
      this.on(workspace).flatMap((record) =>
        record.ended === undefined && !this.busy.has(record.id) ? [{ workspace, record }] : [],
      ),
    );
  }

  /** Open runs are looked at also when no view shows them: somebody waits to hear of their end. */
  private watchOpen(): void {
    const open = this.open();
    const before = this.watching;
    const kinds: Kind[] = this.mayConnect() ? [...new Set(open.map(({ record }) => kindOf(record)))] : [];
    this.watching = kinds.map((kind) => this.inventory.watch(kind, { visible: false }));
    before.forEach((one) => one.dispose());
  }

  private reconcile(): void {
    const { state } = this.connections;
    if (state.status !== 'connected' || this.reconciling || this.open().length === 0) return;
    this.reconciling = this.completeAll(state.cloud)
      .catch((error: unknown) => this.log(`Runs cannot be completed: ${messageOf(error)}`))
      .finally(() => (this.reconciling = undefined));
  }

  private async completeAll(cloud: Cloud): Promise<void> {
    for (const run of this.open()) {
      const completed = await this.complete(cloud, run);
      if (!completed) continue;
      await this.read(run.workspace);
      this.ended.fire({ ...run, record: completed });
    }
  }

  /** Undefined while the run goes on, or cannot be told yet. */
  private async complete(cloud: Cloud, { workspace, record }: EndedRun): Promise<RunRecord | undefined> {
    const kind = kindOf(record);
    if (this.inventory.collection(kind).status !== 'read') return undefined;
    const found = this.inventory.find(kind, kind === 'endpoint' ? (record.results.endpoint ?? '') : record.id);
    if (found && isMoving(found)) return undefined;
    const state = StateFolder.at(workspace);
    const runs = new RunRecords(state);
    const now = () => new Date();
    const patience = AbortSignal.timeout(30_000);
    const end = async (outcome: string, failure?: string) => {
      const completed = { ...record, ended: now().toISOString(), outcome, ...(failure !== undefined && { failure }) };
      await runs.save(completed);
      return completed;
    };
    try {
      if (kind === 'endpoint') {
        const endpoint = await cloud.endpoints.describe(record.results.endpoint ?? '', patience);
        if (['Creating', 'Updating', 'SystemUpdating', 'RollingBack'].includes(endpoint.state)) return undefined;
        return await (endpoint.config === record.id
          ? end(endpoint.state, endpoint.failure)
          : end('Failed', endpoint.failure ?? `The endpoint serves ${endpoint.config}`));
      }
      const books = { runs, ledger: new Ledger(state.ledger(), now), now };
      if (kind === 'tuning-job') {
        const job = await cloud.tuningJobs.describe(record.id, patience);
        if (job.state === 'InProgress' || job.state === 'Stopping') return undefined;
        return await completeTuning(books, cloud, record, job, patience);
      }
      const job = await cloud.trainingJobs.describe(record.id, patience);
      if (job.state === 'InProgress' || job.state === 'Stopping') return undefined;
      return await completeTraining(books, record, job);
    } catch (error) {
      if (!isNotFound(error)) throw error;
      // Another window, or the terminal, writes the record down before it makes what it is of.
      if (now().getTime() - new Date(record.started).getTime() < longestMaking) return undefined;
      return end('Gone', 'It is not there any more: it was deleted elsewhere, or never made.');
    }
  }
}
