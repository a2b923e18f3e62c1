import type { Connections } from '../aws/connections.js';
import { isNotFound, messageOf } from '../aws/errors.js';
import type { TrainingJobDetail } from '../aws/gateways/trainingJobs.js';
import { isCancellation } from '../core/errors.js';
import { Emitter, type Event } from '../core/event.js';
import { followLog, hostOf, type LogLine, trainingLogGroup } from '../logs/followLog.js';
import { LogLines } from '../logs/logLines.js';
import { persist } from '../logs/persist.js';
import { MetricSeries } from './series.js';
import { Watches } from './watches.js';
import { untilEnded } from './watchTraining.js';

/** How many of a log's last lines are shown while the whole of it is still being read. */
const tailLines = 200;

/** One training job as it goes: what Describe says, its log, and the curves in it. Shared by all who look at it. */
export class JobWatch {
  private readonly changed = new Emitter<void>();
  readonly onDidChange: Event<void> = this.changed.event;
  detail: TrainingJobDetail | undefined;
  series: MetricSeries | undefined;
  /** Why nothing new comes at the moment, or ever. */
  problem: string | undefined;
  isOver = false;
  private readonly log: LogLines;
  private tail: readonly LogLine[] = [];
  private caughtUp = false;
  private readonly positions = new Map<string, string | undefined>();
  private readonly end = new AbortController();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly connections: Connections,
    readonly name: string,
    mostLines: number,
  ) {
    this.log = new LogLines(mostLines);
    void this.run();
  }

  /** The last lines first; the whole log, as far as it is kept, once it is read. */
  get lines(): readonly LogLine[] {
    return this.caughtUp || this.tail.length === 0 ? this.log.lines : this.tail;
  }

  /** How many older lines are not shown. Unknown while the log is still being read. */
  get hidden(): number {
    return this.log.hidden;
  }

  get isReading(): boolean {
    return !this.caughtUp && !this.isOver;
  }

  dispose(): void {
    this.end.abort();
    clearTimeout(this.timer);
    this.changed.dispose();
  }

  private async run(): Promise<void> {
    const { signal } = this.end;
    try {
      await persist(
        this.connections,
        async (cloud) => {
          const { intervals } = cloud.connection;
          const first = await cloud.trainingJobs.describe(this.name, signal);
          this.describe(first);
          this.series ??= new MetricSeries(first.metricDefinitions);
          const ended = new AbortController();
          if (!this.caughtUp) await this.readTail(cloud.logs, first.created, signal);
          const failed = new AbortController();
          const both = AbortSignal.any([signal, failed.signal]);
          const guard = <T>(work: Promise<T>): Promise<T> =>
            work.catch((error: unknown) => {
              failed.abort(error);
              throw error;
            });
          const observing = untilEnded(cloud, this.name, { phase: () => undefined }, both, first.phases.length, (job) =>
            this.describe(job),
          );
          await Promise.all([
            guard(observing.finally(() => ended.abort())),
            guard(this.follow(cloud.logs, intervals, first.instance.count, ended.signal, both)),
          ]);
        },
        (problem) => {
          this.problem = problem;
          this.tell();
        },
        signal,
      );
    } catch (error) {
      if (isCancellation(error) && signal.aborted) return;
      this.problem = isNotFound(error) ? `Training job ${this.name} is not there any more.` : messageOf(error);
    }
    this.isOver = true;
    this.tell();
  }

  private async follow(
    logs: Parameters<typeof followLog>[0],
    { logs: interval, logDelay }: { readonly logs: number; readonly logDelay: number },
    streams: number,
    ended: AbortSignal,
    signal: AbortSignal,
  ): Promise<void> {
    const where = { group: trainingLogGroup, streamPrefix: `${this.name}/`, positions: this.positions, streams };
    const caughtUp = (): void => {
      if (this.caughtUp) return;
      this.caughtUp = true;
      this.tell();
    };
    for await (const lines of followLog(logs, { ...where, interval, delay: logDelay, ended, signal, caughtUp })) {
      this.log.add(lines);
      this.series?.add(lines);
      this.tell();
    }
  }

  private async readTail(
    logs: {
      streams(group: string, prefix: string, signal: AbortSignal): Promise<string[]>;
      tail(
        group: string,
        stream: string,
        since: Date,
        limit: number,
        signal: AbortSignal,
      ): Promise<{ timestamp: Date; message: string }[]>;
    },
    since: Date,
    signal: AbortSignal,
  ): Promise<void> {
    const streams = await logs.streams(trainingLogGroup, `${this.name}/`, signal);
    const tails = await Promise.all(
      streams.map(async (stream) =>
        (await logs.tail(trainingLogGroup, stream, since, tailLines, signal)).map((event) => ({
          ...event,
          host: hostOf(stream),
        })),
      ),
    );
    this.tail = tails.flat().sort((a, b) => a.timestamp.getTime() - b.timestamp.getTime());
    this.tell();
  }

  private describe(job: TrainingJobDetail): void {
    this.detail = job;
    this.tell();
  }

  /** Lines come in bursts: those who look are told of all of them at once. */
  private tell(): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      if (!this.end.signal.aborted) this.changed.fire();
    }, 100);
  }
}

/** The watches of a window over its training jobs. */
export class JobWatches extends Watches<JobWatch> {
  constructor(connections: Connections, mostLines: () => number) {
    super((name) => new JobWatch(connections, name, mostLines()));
  }
}
