import type { CreateTrainingJobCommandInput } from '@aws-sdk/client-sagemaker';

/** A `jobs` entry of kind `training`, with every reference (`"from"`) already resolved. */
export interface TrainingPlan {
  readonly name: string;
  readonly script: string;
  readonly image: string;
  readonly roleArn: string;
  /** `s3://…/sourcedir.tar.gz`, content-addressed. */
  readonly source: string;
  /** Channel name to `s3://` prefix. */
  readonly channels: Readonly<Record<string, string>>;
  readonly hyperparameters: Readonly<Record<string, unknown>>;
  /** Metric name to a regex whose first group is the number. */
  readonly metrics: Readonly<Record<string, string>>;
  readonly environment: Readonly<Record<string, string>>;
  readonly instance: { readonly type: string; readonly count: number };
  readonly volumeSizeInGB: number;
  /** torchrun on every host; a GPU type gets as many ranks as it has GPUs. */
  readonly torchrun: boolean;
  /** `s3://` prefix; SageMaker adds the job's name. */
  readonly output: string;
  readonly region: string;
  /** Seconds. */
  readonly maxRuntime: number;
  readonly tags: Readonly<Record<string, string>>;
}

/** The exact CreateTrainingJob input for a plan. Pure: the same plan gives the same bytes, in the sandbox and on AWS. */
export function trainingRequest(plan: TrainingPlan): CreateTrainingJobCommandInput {
  const { RoleArn, AlgorithmSpecification, ...rest } = trainingDefinition(plan);
  return {
    TrainingJobName: plan.name,
    RoleArn,
    AlgorithmSpecification,
    HyperParameters: scriptHyperparameters(plan),
    ...rest,
    Tags: tags(plan),
  };
}

/** What a training job and the trials of a tuning job are defined by. */
export function trainingDefinition(plan: TrainingPlan) {
  return {
    RoleArn: plan.roleArn,
    AlgorithmSpecification: {
      TrainingImage: plan.image,
      TrainingInputMode: 'File' as const,
      MetricDefinitions: sorted(plan.metrics).map(([Name, Regex]) => ({ Name, Regex })),
    },
    InputDataConfig: sorted(plan.channels).map(([ChannelName, S3Uri]) => ({
      ChannelName,
      DataSource: {
        S3DataSource: {
          S3DataType: 'S3Prefix' as const,
          S3Uri,
          S3DataDistributionType: 'FullyReplicated' as const,
        },
      },
    })),
    OutputDataConfig: { S3OutputPath: plan.output },
    ResourceConfig: {
      InstanceType: instanceType(plan.instance.type),
      InstanceCount: plan.instance.count,
      VolumeSizeInGB: plan.volumeSizeInGB,
    },
    StoppingCondition: { MaxRuntimeInSeconds: plan.maxRuntime },
    Environment: Object.fromEntries(sorted(plan.environment)),
  };
}

/**
 * Script mode (aws/sagemaker-training-toolkit, params.py): the container learns script and source from `sagemaker_*`
 * hyperparameters, and decodes every value as JSON, so each one is JSON-encoded here, strings included.
 */
export function scriptHyperparameters(plan: TrainingPlan): Record<string, string> {
  const hyperparameters = {
    ...plan.hyperparameters,
    sagemaker_program: plan.script,
    sagemaker_submit_directory: plan.source,
    sagemaker_job_name: plan.name,
    sagemaker_region: plan.region,
    sagemaker_container_log_level: 20,
    ...(plan.torchrun && { sagemaker_torch_distributed_enabled: true }),
  };
  return Object.fromEntries(sorted(hyperparameters).map(([key, value]) => [key, JSON.stringify(value)]));
}

export function tags(plan: Pick<TrainingPlan, 'tags'>) {
  return sorted(plan.tags).map(([Key, Value]) => ({ Key, Value }));
}

export function sorted<T>(map: Readonly<Record<string, T>>): [string, T][] {
  return Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** The SDK types instance names as a closed union that ages; the service is the judge of what exists. */
function instanceType(type: string) {
  return type as NonNullable<CreateTrainingJobCommandInput['ResourceConfig']>['InstanceType'];
}
