import { randomBytes } from 'node:crypto';
import { internalError } from '../../../container/failure.js';
import { messageOf } from '../../../core/errors.js';
import type { Clock } from '../../clock.js';
import type { KnownTrial, Search, TuningEngine } from '../../engines/tuning.js';
import { isFullDisk } from '../../store/fullDisk.js';
import type { Collection } from '../../store/store.js';
import type { LogSink } from '../ports.js';
import { isWorseThanMedian } from './medianRule.js';
import type { Tags } from './tags.js';
import type { TrainingJobs } from './trainingJobs.js';
import { wasInterrupted } from './trainingRuns.js';
import type { Trials } from './trials.js';
import { endedTrial, type Trial, trialName, type TuningEnd, type TuningJob } from './tuningRecord.js';
import { trialRequest, type TuningRequest, tuningRequest } from './tuningRequest.js';
import { verdict } from './tuningVerdict.js';

export interface TuningRunParts {
  readonly tuningJobs: Collection<TuningJob>;
  readonly trials: Trials;
  readonly jobs: TrainingJobs;
  readonly engine: TuningEngine;
  readonly tags: Tags;
  readonly logs: LogSink;
  readonly clock: Clock;
}

/** SageMaker has no log of a tuning job itself; named after the group of the jobs. */
const logGroup = '/aws/sagemaker/HyperParameterTuningJobs';

/** Before a step that failed is done again, milliseconds. */
const retryMs = 1000;

/** How often in a row a step may fail of the search itself. */
const attempts = 3;

/** Values of the objective that the median rule looks at: a script may print millions. */
const mostEpochs = 1000;

/** setTimeout holds 24.8 days; a tuning job may run for half a year. */
const longestTimer = 2 ** 31 - 1;

/**
 * One tuning job while it runs. Everything that it knows is in its record, its trials and their training jobs: whatever
 * happens, `advance` looks at them and does what is next, after a kill -9 as well as in between.
 */
export class TuningRun {
  private readonly request: TuningRequest;
  private readonly values = new Map<string, number[]>();
  private search: Search | undefined;
  private work: Promise<void> = Promise.resolve();
  private failures = 0;
  private broken: TuningEnd | undefined;
  private timer: NodeJS.Timeout | undefined;
  private closed = false;

  /**
   * @param search one that has been begun for it.
   * @param over called when it has ended.
   */
  constructor(
    private readonly parts: TuningRunParts,
    private readonly name: string,
    search: Search | undefined,
    private readonly over: () => void,
  ) {
    this.request = tuningRequest(requestOf(this.job));
    if (search) this.begin(search, this.job.inherited.length);
    this.watchTime();
  }

  /** Looks at what has happened and does what follows; one step at a time. */
  advance(): void {
    this.work = this.work.then(() => this.step()).catch((error: unknown) => this.trouble(error));
  }

  /** Stops all trials, and then ends. */
  stop(): void {
    this.put({ ending: { status: 'Stopped' } });
    this.advance();
  }

  /** A trial has printed a value: it may be one to stop early. */
  measured(trial: string, metric: string, value: number): void {
    const { config, objective } = this.request;
    if (config.TrainingJobEarlyStoppingType !== 'Auto' || metric !== objective.MetricName) return;
    const values = this.values.get(trial) ?? [];
    if (values.length >= mostEpochs) return;
    values.push(value);
    this.values.set(trial, values);
    const earlier = this.trials().flatMap((one) => (typeof one.objective === 'number' ? [one.values ?? []] : []));
    const job = this.parts.jobs.find(trial);
    if (job?.TrainingJobStatus !== 'InProgress') return;
    if (!isWorseThanMedian(values, earlier, objective.Type)) return;
    this.log(`${trial} is stopped early: its value ${values.length}, ${value}, is worse than the median of the others`);
    try {
      this.parts.jobs.runs.stop(job);
    } catch (error) {
      if (!isFullDisk(error)) throw error; // The next value says the same.
    }
  }

  /** The sandbox is going down: what happens from now on is looked at when it starts again. */
  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    this.search?.close();
  }

  private get job(): TuningJob {
    return this.parts.tuningJobs.get(this.name)!;
  }

  private trials(): Trial[] {
    return this.parts.trials.of(this.name);
  }

  private running(): Trial[] {
    return this.trials().filter(({ objective }) => objective === undefined);
  }

  private async step(): Promise<void> {
    if (this.closed || this.job.ended) return;
    this.settle();
    const { maxJobs } = this.request;
    const end = this.job.ending ?? this.broken ?? verdict(this.job, this.trials(), maxJobs, this.parts.clock.now());
    if (end) return this.finish(end);
    for (let index = this.nextIndex(); index !== undefined; index = this.nextIndex()) {
      const search = this.search ?? (await this.resume());
      const parameters = await search.ask(index);
      // Whoever decided that in the meantime has asked for another step.
      if (this.closed || this.job.ending) return;
      this.launch(index, parameters);
      this.failures = 0;
    }
  }

  /** Takes down what has become of trials whose training jobs have ended. */
  private settle(): void {
    for (const trial of this.running()) {
      const name = trial.summary.TrainingJobName;
      const job = this.parts.jobs.find(name);
      if (!job) {
        this.parts.trials.delete(trial); // The sandbox was killed before the training job was written.
      } else if (job.TrainingJobStatus !== 'InProgress' && job.TrainingJobStatus !== 'Stopping') {
        const how = { interrupted: wasInterrupted(job), values: this.values.get(name) };
        const ended = endedTrial(trial, job, this.request.objective, how);
        this.parts.trials.put(ended);
        this.put({});
        this.values.delete(name);
        this.search?.tell(trial.index, ended.objective ?? null);
        this.log(
          `${name} ${job.TrainingJobStatus}: ${this.request.objective.MetricName} = ${ended.objective ?? 'none'}`,
        );
      }
    }
  }

  /** The first index that no trial has; undefined while as many run as may, and when none is left. */
  private nextIndex(): number | undefined {
    const parallel = this.request.config.ResourceLimits?.MaxParallelTrainingJobs ?? 1;
    if (this.running().length >= parallel) return undefined;
    const taken = new Set(this.trials().flatMap(({ index, interrupted }) => (interrupted ? [] : [index])));
    let free = 0;
    while (taken.has(free)) free++;
    return free < this.request.maxJobs ? free : undefined;
  }

  private launch(index: number, parameters: Readonly<Record<string, string>>): void {
    const { jobs, trials, tags, clock } = this.parts;
    const number = (this.trials().at(-1)?.number ?? 0) + 1;
    const name = trialName(this.name, number, randomBytes(4).toString('hex'));
    trials.put({
      ...{ tuningJob: this.name, number, index },
      summary: {
        TrainingJobName: name,
        TrainingJobArn: jobs.arn(name),
        CreationTime: clock.now(),
        TrainingJobStatus: 'InProgress',
        ObjectiveStatus: 'Pending',
        TunedHyperParameters: { ...parameters },
      },
    });
    this.put({});
    // Tags that are added to a tuning job go to the trials that it starts afterwards (AddTags, API reference).
    jobs.launch({ ...trialRequest(this.request, name, parameters), Tags: [...tags.get(this.job.arn)] }, this.job.arn);
    const words = Object.entries(parameters).map(([parameter, value]) => `${parameter} ${value}`);
    this.log(`${name} started: ${words.join(', ')}`);
  }

  /** Stops what still runs; ends when nothing does. */
  private finish(end: TuningEnd): void {
    if (!this.job.ending) this.put({ ending: end });
    for (const { summary } of this.running()) {
      const job = this.parts.jobs.find(summary.TrainingJobName);
      if (job?.TrainingJobStatus === 'InProgress') this.parts.jobs.runs.stop(job);
    }
    this.settle();
    if (this.running().length > 0) return;
    this.put({ ended: this.parts.clock.now() });
    this.log(`The tuning job is ${end.status}${end.reason === undefined ? '' : `: ${end.reason}`}`);
    this.close();
    this.over();
  }

  /** Begins the search anew with all that is known. */
  private async resume(): Promise<Search> {
    const spec = searchSpec(this.job, this.request, this.trials());
    return this.begin(await this.parts.engine.start(spec), spec.history.length);
  }

  /** @param known how many trials the search was given. */
  private begin(search: Search, known: number): Search {
    this.search = search;
    search.describe().then(
      ({ sampler, used }) => {
        const earlier = known === 0 ? '' : `; ${used} of ${known} earlier trials lie in the ranges`;
        this.log(`Search by ${search.runtime}: ${sampler}, seed ${this.job.seed}${earlier}`);
      },
      () => undefined, // The next question fails of the same.
    );
    return search;
  }

  /**
   * What has been done before the step failed is in the records, so it is done again with a new search. A full disk is
   * waited for; of a search that fails again and again the tuning job fails.
   */
  private trouble(error: unknown): void {
    if (this.closed) return;
    this.log(messageOf(error));
    this.search?.close();
    this.search = undefined;
    if (!isFullDisk(error)) this.failures++;
    if (this.failures >= attempts) this.broken = { status: 'Failed', reason: internalError(messageOf(error)) };
    setTimeout(() => this.advance(), retryMs).unref();
  }

  private watchTime(): void {
    const seconds = this.request.config.ResourceLimits?.MaxRuntimeInSeconds;
    if (seconds === undefined) return;
    const left = this.job.created.getTime() + seconds * 1000 - this.parts.clock.now().getTime();
    this.timer = setTimeout(
      () => {
        this.advance();
        this.watchTime();
      },
      Math.min(Math.max(left, retryMs), longestTimer),
    ).unref();
  }

  private put(change: Partial<TuningJob>): void {
    this.parts.tuningJobs.patch(this.name, { ...change, modified: this.parts.clock.now() });
  }

  private log(message: string): void {
    this.parts.logs.append(logGroup, this.name, [{ timestamp: Date.now(), message }]);
  }
}

/** The request again, which has been checked. */
function requestOf({ config, definition }: TuningJob) {
  return { HyperParameterTuningJobConfig: config, TrainingJobDefinition: definition };
}

export function searchSpec(
  job: Pick<TuningJob, 'seed' | 'inherited'>,
  { strategy, objective, maxJobs, parameters }: TuningRequest,
  trials: readonly Trial[],
) {
  const own = trials
    .filter(({ interrupted }) => !interrupted)
    .map(({ index, objective: value, summary: { TunedHyperParameters } }): KnownTrial => ({
      ...{ index, parameters: TunedHyperParameters },
      ...(value !== undefined && { value }),
    }));
  return {
    ...{ strategy, parameters, trials: maxJobs, seed: job.seed },
    direction: objective.Type ?? 'Maximize',
    history: [...job.inherited, ...own],
  };
}
