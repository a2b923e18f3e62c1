import type * as Api from '@aws-sdk/client-sagemaker';
import type { Clock } from '../../clock.js';
import type { Interruption, TrainingChannel, TrainingEngine, TrainingSpec } from '../../engines/training.js';
import { type Caller, type Operation, type RequestContext, ServiceError } from '../../protocol/service.js';
import { arn, type Settings } from '../../settings.js';
import type { Objects } from '../../store/objects.js';
import type { Collection, Store } from '../../store/store.js';
import type { Access } from '../ports.js';
import { isAllowed, notImplemented } from '../refusals.js';
import { validation } from './errors.js';
import type { ExecutionRoles } from './executionRole.js';
import { inTime, type ListInput, listPage, nameContains } from './listing.js';
import { bucketArn, s3Location } from './s3Location.js';
import { requestTags, Tags } from './tags.js';
import { createdJob, type TrainingJob } from './trainingRecord.js';
import { checkpointFolder, checkTrainingRequest } from './trainingRequest.js';
import { TrainingRuns } from './trainingRuns.js';

export interface TrainingJobsOptions {
  readonly store: Store;
  readonly settings: Settings;
  readonly clock: Clock;
  readonly objects: Objects;
  readonly access: Access;
  readonly roles: ExecutionRoles;
  readonly tags: Tags;
  readonly engine: TrainingEngine;
  /** The most jobs at a time. */
  readonly limit: number;
}

export class TrainingJobs {
  private readonly jobs: Collection<TrainingJob>;
  readonly runs: TrainingRuns;

  constructor(private readonly options: TrainingJobsOptions) {
    this.jobs = options.store.collection<TrainingJob>('training-job');
    this.runs = new TrainingRuns({ ...options, jobs: this.jobs, specOf: (job) => this.specOf(job) });
  }

  operations(): Record<string, Operation> {
    const resource = ({ TrainingJobName = '' }: { TrainingJobName?: string | undefined }) => this.arn(TrainingJobName);
    return {
      CreateTrainingJob: {
        resource,
        conditionKeys: requestTags,
        run: (input: Api.CreateTrainingJobRequest, context) => this.create(input, context),
      },
      DescribeTrainingJob: {
        resource,
        run: ({ TrainingJobName = '' }: Api.DescribeTrainingJobRequest) => this.describe(TrainingJobName),
      },
      ListTrainingJobs: { resource: () => '*', run: (input: Api.ListTrainingJobsRequest) => this.list(input) },
      StopTrainingJob: {
        resource,
        run: ({ TrainingJobName = '' }: Api.StopTrainingJobRequest) => this.stop(TrainingJobName),
      },
      DeleteTrainingJob: {
        resource,
        run: ({ TrainingJobName = '' }: Api.DeleteTrainingJobRequest) => this.delete(TrainingJobName),
      },
    };
  }

  arn(name: string): string {
    return arn(this.options.settings, 'sagemaker', `training-job/${name}`);
  }

  /** @throws {ServiceError} as AWS words it since 2018 (aws/aws-sdk#165): neither ResourceNotFound nor the name. */
  get(name: string): TrainingJob {
    const job = this.jobs.get(name);
    if (!job) throw validation('Requested resource not found.');
    return job;
  }

  /**
   * Takes the instances of a spot job away and gives it others later.
   * @returns why that cannot be; undefined: it is under way.
   */
  interrupt(name: string, interruption: Interruption): string | undefined {
    const job = this.jobs.get(name);
    if (!job) return `There is no training job ${name}.`;
    if (!job.EnableManagedSpotTraining) return `The training job ${name} does not use spot instances.`;
    if (this.runs.interrupt(job, interruption)) return undefined;
    return `The training job ${name} is not training now: its status is ${job.SecondaryStatus}.`;
  }

  find(name: string): TrainingJob | undefined {
    return this.jobs.get(name);
  }

  private create(input: Api.CreateTrainingJobRequest, { caller }: RequestContext) {
    const { TrainingJobName: name = '' } = input;
    const jobArn = this.arn(name);
    if (input.Tags?.length) this.options.access.require(caller, 'sagemaker:AddTags', jobArn);
    checkTrainingRequest(input);
    Tags.check(input.Tags);
    if (this.jobs.get(name)) {
      // SuperCowPowers/workbench#384
      throw new ServiceError(
        'ResourceInUse',
        'Training job names must be unique within an AWS account and region, and a training job with this name ' +
          `already exists (${jobArn})`,
      );
    }
    this.requireRunnable(input, caller, jobArn);
    return { TrainingJobArn: this.launch(input).TrainingJobArn };
  }

  /**
   * What a job needs beside itself: a role that the caller may pass, and its data.
   * @param sourceArn of the job, or of the tuning job that it is to be a trial of.
   * @throws {ServiceError}
   */
  requireRunnable(input: Api.CreateTrainingJobRequest, caller: Caller, sourceArn: string): void {
    const { RoleArn = '' } = input;
    this.options.roles.requirePassable(caller, RoleArn, sourceArn);
    for (const channel of input.InputDataConfig ?? []) this.requireInput(channel, RoleArn);
  }

  /** Starts a job whose request has been checked. @param tuningJobArn of the tuning job that it is a trial of. */
  launch(input: Api.CreateTrainingJobRequest, tuningJobArn?: string): TrainingJob {
    const { TrainingJobName: name = '' } = input;
    const { clock, store, tags } = this.options;
    const job = {
      ...createdJob(input, this.arn(name), clock.now()),
      ...(tuningJobArn !== undefined && { TuningJobArn: tuningJobArn }),
    };
    store.transaction(() => {
      tags.add(job.TrainingJobArn, input.Tags);
      this.jobs.put(name, job);
    });
    this.runs.submit(job);
    return job;
  }

  /** One sentence for every reason, as on AWS (aws/amazon-sagemaker-examples#2489): missing, empty, not allowed. */
  private requireInput({ DataSource }: Api.Channel, roleArn: string): void {
    const { objects, roles, settings } = this.options;
    const { S3Uri: uri = '' } = DataSource?.S3DataSource ?? {};
    const location = s3Location(uri);
    const allowed = isAllowed(() => roles.require(roleArn, 's3:ListBucket', bucketArn(location)));
    if (allowed && objects.bucketExists(location.bucket)) {
      for (const _ of objects.list(location.bucket, location.key)) return;
    }
    throw validation(
      `No S3 objects found under S3 URL "${uri}" given in input data source. Please ensure that the bucket exists in ` +
        `the selected region (${settings.region}), that objects exist under that S3 prefix, and that the role ` +
        `"${roleArn}" has "s3:ListBucket" permissions on bucket "${location.bucket}".`,
    );
  }

  private describe(name: string): TrainingJob {
    const job = this.get(name);
    const metrics = this.runs.metricsOf(name);
    return metrics?.length ? { ...job, FinalMetricDataList: metrics } : job;
  }

  /**
   * StatusEquals, NameContains and the modification times are looked at when the page has been cut (ListTrainingJobs, API
   * reference; boto/boto3#2838, aws/aws-sdk#486); the creation times are the range that is listed.
   */
  private list(input: Api.ListTrainingJobsRequest) {
    const { CreationTimeAfter, CreationTimeBefore, LastModifiedTimeAfter, LastModifiedTimeBefore } = input;
    if (input.TrainingPlanArnEquals !== undefined) throw notImplemented('training plans (TrainingPlanArnEquals)');
    const page = listPage(
      this.jobs.values(),
      {
        name: ({ TrainingJobName }) => TrainingJobName,
        sortKeys: {
          CreationTime: ({ CreationTime }) => CreationTime.getTime(),
          Name: ({ TrainingJobName }) => TrainingJobName,
          Status: ({ TrainingJobStatus }) => TrainingJobStatus ?? '',
        },
        within: ({ CreationTime }) => inTime(CreationTime, CreationTimeAfter, CreationTimeBefore),
        shown: (job) =>
          nameContains(job.TrainingJobName, input.NameContains) &&
          (input.StatusEquals === undefined || job.TrainingJobStatus === input.StatusEquals) &&
          // There are no warm pools here, so no job has one in any status.
          input.WarmPoolStatusEquals === undefined &&
          inTime(job.LastModifiedTime, LastModifiedTimeAfter, LastModifiedTimeBefore),
      },
      input as ListInput,
    );
    return { TrainingJobSummaries: page.items.map(summary), NextToken: page.NextToken };
  }

  private stop(name: string) {
    const job = this.get(name);
    if (job.TrainingJobStatus === 'Stopping') return {};
    if (job.TrainingJobStatus !== 'InProgress') {
      // awslabs/benchmark-ai#928
      throw validation(`The request was rejected because the training job is in status ${job.TrainingJobStatus}.`);
    }
    this.runs.stop(job);
    return {};
  }

  private delete(name: string) {
    const job = this.get(name);
    if (job.TrainingJobStatus === 'InProgress' || job.TrainingJobStatus === 'Stopping') {
      throw new ServiceError(
        'ResourceInUse',
        `The training job is in status ${job.TrainingJobStatus}: only jobs that have ended can be deleted.`,
      );
    }
    this.options.store.transaction(() => {
      this.jobs.delete(name);
      this.options.tags.forget(job.TrainingJobArn);
    });
    return {};
  }

  private specOf(job: TrainingJob): TrainingSpec {
    const { roles } = this.options;
    const { AlgorithmSpecification: algorithm, ResourceConfig: resources, OutputDataConfig: output } = job;
    const { CheckpointConfig: checkpoints, StoppingCondition: stopping } = job;
    return {
      name: job.TrainingJobName,
      arn: job.TrainingJobArn,
      region: this.options.settings.region,
      image: algorithm?.TrainingImage ?? '',
      entrypoint: algorithm?.ContainerEntrypoint,
      arguments: algorithm?.ContainerArguments,
      environment: job.Environment ?? {},
      hyperparameters: job.HyperParameters ?? {},
      channels: (job.InputDataConfig ?? []).map(channelOf),
      instance: { type: resources?.InstanceType ?? '', count: resources?.InstanceCount ?? 1 },
      outputUri: output?.S3OutputPath ?? '',
      compression: output?.CompressionType ?? 'GZIP',
      checkpoints: checkpoints && { s3Uri: checkpoints.S3Uri ?? '', folder: checkpointFolder(checkpoints) },
      metrics: (algorithm?.MetricDefinitions ?? []).map(({ Name = '', Regex = '' }) => ({ name: Name, regex: Regex })),
      maxRuntimeSeconds: stopping?.MaxRuntimeInSeconds ?? Infinity,
      spot: job.EnableManagedSpotTraining ? { maxWaitSeconds: stopping?.MaxWaitTimeInSeconds ?? Infinity } : undefined,
      authorize: (action, resource) => roles.require(job.RoleArn, action, resource),
      keys: () => roles.keys(job.RoleArn, job.TrainingJobArn),
    };
  }
}

function channelOf({ ChannelName = '', ContentType, DataSource }: Api.Channel): TrainingChannel {
  const { S3Uri = '', S3DataType = 'S3Prefix', S3DataDistributionType } = DataSource?.S3DataSource ?? {};
  return {
    name: ChannelName,
    s3Uri: S3Uri,
    s3DataType: S3DataType as TrainingChannel['s3DataType'],
    contentType: ContentType,
    distribution: S3DataDistributionType ?? 'FullyReplicated',
  };
}

function summary(job: TrainingJob) {
  return {
    TrainingJobName: job.TrainingJobName,
    TrainingJobArn: job.TrainingJobArn,
    CreationTime: job.CreationTime,
    TrainingEndTime: job.TrainingEndTime,
    LastModifiedTime: job.LastModifiedTime,
    TrainingJobStatus: job.TrainingJobStatus,
    SecondaryStatus: job.SecondaryStatus,
  };
}
