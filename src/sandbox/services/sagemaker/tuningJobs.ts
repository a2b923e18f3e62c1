import { randomInt } from 'node:crypto';
import type * as Api from '@aws-sdk/client-sagemaker';
import type { Clock } from '../../clock.js';
import { NoOptunaError, type Search, type SearchSpec, type TuningEngine } from '../../engines/tuning.js';
import { type Operation, type RequestContext, ServiceError } from '../../protocol/service.js';
import { arn, type Settings } from '../../settings.js';
import type { Collection, Store } from '../../store/store.js';
import type { Access, LogSink } from '../ports.js';
import { validation } from './errors.js';
import { listPage } from './listing.js';
import { requestTags, Tags } from './tags.js';
import type { TrainingJobs } from './trainingJobs.js';
import { checkTrainingRequest } from './trainingRequest.js';
import { Trials } from './trials.js';
import { describeTuningJob, matches, summarizeTuningJob } from './tuningAnswers.js';
import { liveSummary, trialName, tuningStatus, type Trial, type TuningJob } from './tuningRecord.js';
import { trialRequest, tuningRequest } from './tuningRequest.js';
import { searchSpec } from './tuningRun.js';
import { TuningRuns } from './tuningRuns.js';
import { inheritance } from './warmStart.js';

export interface TuningJobsOptions {
  readonly store: Store;
  readonly settings: Settings;
  readonly clock: Clock;
  readonly access: Access;
  readonly logs: LogSink;
  readonly tags: Tags;
  readonly jobs: TrainingJobs;
  readonly engine: TuningEngine;
}

/** Hyperparameter tuning jobs. Their trials are training jobs like any other. */
export class TuningJobs {
  private readonly tuningJobs: Collection<TuningJob>;
  private readonly trials: Trials;
  readonly runs: TuningRuns;

  constructor(private readonly options: TuningJobsOptions) {
    this.tuningJobs = options.store.collection<TuningJob>('tuning-job');
    this.trials = new Trials(options.store);
    this.runs = new TuningRuns({ ...options, tuningJobs: this.tuningJobs, trials: this.trials });
  }

  operations(): Record<string, Operation> {
    interface Named {
      readonly HyperParameterTuningJobName?: string | undefined;
    }
    const resource = ({ HyperParameterTuningJobName: name = '' }: Named) => this.arn(name);
    return {
      CreateHyperParameterTuningJob: {
        resource,
        conditionKeys: requestTags,
        run: (input: Api.CreateHyperParameterTuningJobRequest, context) => this.create(input, context),
      },
      DescribeHyperParameterTuningJob: {
        resource,
        run: ({ HyperParameterTuningJobName: name = '' }: Api.DescribeHyperParameterTuningJobRequest) =>
          describeTuningJob(this.get(name), this.trials.of(name), this.options.clock.now()),
      },
      ListHyperParameterTuningJobs: {
        resource: () => '*',
        run: (input: Api.ListHyperParameterTuningJobsRequest) => this.list(input),
      },
      ListTrainingJobsForHyperParameterTuningJob: {
        resource,
        run: (input: Api.ListTrainingJobsForHyperParameterTuningJobRequest) => this.listTrials(input),
      },
      StopHyperParameterTuningJob: {
        resource,
        run: ({ HyperParameterTuningJobName: name = '' }: Api.StopHyperParameterTuningJobRequest) => this.stop(name),
      },
      DeleteHyperParameterTuningJob: {
        resource,
        run: ({ HyperParameterTuningJobName: name = '' }: Api.DeleteHyperParameterTuningJobRequest) =>
          this.delete(name),
      },
    };
  }

  /** @throws {ServiceError} ResourceNotFound, as aws/amazon-sagemaker-examples#1540 shows it. */
  get(name: string): TuningJob {
    const job = this.tuningJobs.get(name);
    if (job) return job;
    throw new ServiceError(
      'ResourceNotFound',
      `Amazon SageMaker can't find a tuning job called ${name}. Type another name.`,
    );
  }

  private arn(name: string): string {
    return arn(this.options.settings, 'sagemaker', `hyper-parameter-tuning-job/${name}`);
  }

  private async create(input: Api.CreateHyperParameterTuningJobRequest, { caller }: RequestContext) {
    const { access, clock, jobs, store, tags } = this.options;
    const { HyperParameterTuningJobName: name = '', Tags: given, WarmStartConfig: warmStart } = input;
    const jobArn = this.arn(name);
    if (given?.length) access.require(caller, 'sagemaker:AddTags', jobArn);
    const request = tuningRequest(input);
    const training = trialRequest(request, trialName(name, 1, '00000000'), {});
    checkTrainingRequest(training);
    Tags.check(given);
    this.requireFree(name);
    jobs.requireRunnable(training, caller, jobArn);
    const now = clock.now();
    const job: TuningJob = {
      ...{ name, arn: jobArn, config: request.config, definition: request.definition, warmStart },
      ...inheritance(warmStart, request, (parent) => ({ job: this.get(parent), trials: this.trials.of(parent) })),
      seed: request.config.RandomSeed ?? randomInt(2 ** 31),
      ...{ created: now, modified: now },
    };

    const search = await this.begin(searchSpec(job, request, []));
    try {
      this.requireFree(name); // Another call may have taken it in the meantime.
      store.transaction(() => {
        tags.add(jobArn, given);
        this.tuningJobs.put(name, job);
      });
    } catch (error) {
      search.close();
      throw error;
    }
    this.runs.start(name, search);
    return { HyperParameterTuningJobArn: jobArn };
  }

  /** As aws/amazon-sagemaker-examples#2440 shows it. */
  private requireFree(name: string): void {
    if (!this.tuningJobs.get(name)) return;
    throw new ServiceError(
      'ResourceInUse',
      `A hyperparameter tuning job with the name, ${name}, already exists. Choose a different name.`,
    );
  }

  private async begin(spec: SearchSpec): Promise<Search> {
    try {
      return await this.options.engine.start(spec);
    } catch (error) {
      throw error instanceof NoOptunaError ? validation(error.message) : error;
    }
  }

  private list(input: Api.ListHyperParameterTuningJobsRequest) {
    const page = listPage(
      this.tuningJobs.values(),
      {
        name: ({ name }) => name,
        sortKeys: { Name: ({ name }) => name, Status: tuningStatus, CreationTime: ({ created }) => created.getTime() },
        within: (job) => matches(job, input),
      },
      { SortOrder: 'Ascending', ...input },
    );
    return {
      HyperParameterTuningJobSummaries: page.items.map((job) => summarizeTuningJob(job, this.trials.of(job.name))),
      NextToken: page.NextToken,
    };
  }

  private listTrials(input: Api.ListTrainingJobsForHyperParameterTuningJobRequest) {
    const { HyperParameterTuningJobName: name = '', SortBy, StatusEquals: status } = input;
    this.get(name);
    const objectiveOf = ({
      FinalHyperParameterTuningJobObjectiveMetric: final,
    }: Api.HyperParameterTrainingJobSummary) => final?.Value;
    const page = listPage(
      this.trials.of(name).map((trial) => this.summaryOf(trial)),
      {
        name: ({ TrainingJobName }) => TrainingJobName,
        sortKeys: {
          Name: ({ TrainingJobName }) => TrainingJobName,
          CreationTime: ({ CreationTime }) => CreationTime.getTime(),
          Status: ({ TrainingJobStatus }) => TrainingJobStatus ?? '',
          FinalObjectiveMetricValue: (summary) => objectiveOf(summary) ?? 0,
        },
        within: (summary) =>
          (status === undefined || summary.TrainingJobStatus === status) &&
          // Jobs without one are left out of that order (API reference, SortBy).
          (SortBy !== 'FinalObjectiveMetricValue' || objectiveOf(summary) !== undefined),
      },
      { SortOrder: 'Ascending', ...input },
    );
    return { TrainingJobSummaries: page.items, NextToken: page.NextToken };
  }

  private summaryOf(trial: Trial) {
    const job = trial.objective === undefined && this.options.jobs.find(trial.summary.TrainingJobName);
    return job ? liveSummary(trial, job) : trial.summary;
  }

  private stop(name: string) {
    const status = tuningStatus(this.get(name));
    if (status === 'Stopping') return {};
    if (status !== 'InProgress') {
      throw validation(`The request was rejected because the hyperparameter tuning job is in status ${status}.`);
    }
    this.runs.stop(name);
    return {};
  }

  /** The training jobs stay (DeleteHyperParameterTuningJob, API reference). */
  private delete(name: string) {
    const job = this.get(name);
    if (!job.ended) {
      throw new ServiceError(
        'ResourceInUse',
        `The hyperparameter tuning job is in status ${tuningStatus(job)}: only jobs that have ended can be deleted.`,
      );
    }
    this.options.store.transaction(() => {
      this.trials.of(name).forEach((trial) => this.trials.delete(trial));
      this.tuningJobs.delete(name);
      this.options.tags.forget(job.arn);
    });
    return {};
  }
}
