import type { Channel, CreateTrainingJobRequest } from '@aws-sdk/client-sagemaker';
import { frameworkImage, imageRefusal } from '../../../container/images.js';
import { notImplemented, refuse, validation } from './errors.js';
import { s3Location } from './s3Location.js';

/** A run may take 28 days (StoppingCondition, API reference). */
const maxRuntimeSeconds = 28 * 86_400;

/**
 * What SageMaker checks of a CreateTrainingJob request beyond the model, as far as the request itself tells.
 * @throws {ServiceError} ValidationException, or NotImplemented with the feature's name.
 */
export function checkTrainingRequest(request: CreateTrainingJobRequest): void {
  refuseFeatures(request);
  checkAlgorithm(request);
  checkResources(request);
  checkStopping(request);
  const names = (request.InputDataConfig ?? []).map(({ ChannelName = '' }) => ChannelName);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw validation(`Channel names must be unique: '${twice}' is given more than once.`);
  for (const channel of request.InputDataConfig ?? []) checkChannel(channel);
  s3Location(request.OutputDataConfig?.S3OutputPath ?? '');
}

/** Left out here: what changes nothing for the script, such as VPC, KMS, Debugger's and Profiler's settings. */
function refuseFeatures(request: CreateTrainingJobRequest): void {
  const { ResourceConfig: resources = {}, HyperParameters: hyperparameters = {} } = request;
  refuse({
    'managed spot training (EnableManagedSpotTraining)': request.EnableManagedSpotTraining,
    'checkpoints (CheckpointConfig)': request.CheckpointConfig,
    TensorBoardOutputConfig: request.TensorBoardOutputConfig,
    RemoteDebugConfig: request.RemoteDebugConfig?.EnableRemoteDebug,
    'serverless jobs (ServerlessJobConfig)': request.ServerlessJobConfig,
    MlflowConfig: request.MlflowConfig,
    ModelPackageConfig: request.ModelPackageConfig,
    'instance groups (ResourceConfig.InstanceGroups)': resources.InstanceGroups,
    'training plans (ResourceConfig.TrainingPlanArn)': resources.TrainingPlanArn,
    'ResourceConfig.InstancePlacementConfig': resources.InstancePlacementConfig,
    'training on several hosts (ResourceConfig.InstanceCount above 1)': (resources.InstanceCount ?? 0) > 1,
    'MPI (sagemaker_mpi_enabled)': hyperparameters['sagemaker_mpi_enabled'] === 'true',
    'the data-parallel library (sagemaker_distributed_dataparallel_enabled)':
      hyperparameters['sagemaker_distributed_dataparallel_enabled'] === 'true',
  });
}

function checkAlgorithm({
  AlgorithmSpecification: algorithm = { TrainingInputMode: 'File' },
}: CreateTrainingJobRequest) {
  refuse({ 'algorithm resources (AlgorithmSpecification.AlgorithmName)': algorithm.AlgorithmName });
  if (algorithm.TrainingInputMode === 'Pipe') throw notImplemented('pipe mode (TrainingInputMode Pipe)');
  const image = algorithm.TrainingImage;
  if (!image) throw validation('AlgorithmSpecification must have a TrainingImage.');
  if (!frameworkImage(image, 'training')) throw validation(imageRefusal(image, 'training'));
}

function checkResources({ ResourceConfig: resources }: CreateTrainingJobRequest): void {
  if (!resources?.InstanceType) throw validation('ResourceConfig must have an InstanceType.');
  // The model allows 0 for jobs without instances of their own.
  atLeastOne('resourceConfig.instanceCount', resources.InstanceCount);
  atLeastOne('resourceConfig.volumeSizeInGB', resources.VolumeSizeInGB);
}

function atLeastOne(path: string, value: number | undefined): void {
  if (value !== undefined && value >= 1) return;
  throw validation(
    `1 validation error detected: Value '${value ?? 'null'}' at '${path}' failed to satisfy constraint: ` +
      'Member must have value greater than or equal to 1',
  );
}

function checkStopping({ StoppingCondition: stopping = {} }: CreateTrainingJobRequest): void {
  const { MaxRuntimeInSeconds: runtime = 0, MaxWaitTimeInSeconds: wait } = stopping;
  // Kenza-AI/sagify#111
  if (wait !== undefined) {
    throw validation(
      'Invalid MaxWaitTimeInSeconds. It is only supported when EnableManagedSpotTraining is set to true',
    );
  }
  if (runtime > maxRuntimeSeconds) {
    throw validation(`Invalid MaxRuntimeInSeconds. It must be at most ${maxRuntimeSeconds} (28 days).`);
  }
}

function checkChannel({ ChannelName: name, DataSource: source, ...channel }: Channel): void {
  const s3 = source?.S3DataSource;
  const on = `channel '${name}'`;
  refuse({
    [`file systems (FileSystemDataSource of ${on})`]: source?.FileSystemDataSource,
    [`data sets (DatasetSource of ${on})`]: source?.DatasetSource,
    [`pipe mode (InputMode Pipe of ${on})`]: channel.InputMode === 'Pipe',
    [`CompressionType Gzip of ${on}`]: channel.CompressionType === 'Gzip',
    [`RecordWrapperType RecordIO of ${on}`]: channel.RecordWrapperType === 'RecordIO',
    [`instance groups (InstanceGroupNames of ${on})`]: s3?.InstanceGroupNames,
    [`model access (ModelAccessConfig, HubAccessConfig of ${on})`]: s3?.ModelAccessConfig ?? s3?.HubAccessConfig,
    [`S3DataType Converse of ${on}`]: s3?.S3DataType === 'Converse',
  });
  if (!s3) throw validation(`The DataSource of ${on} must have an S3DataSource.`);
  s3Location(s3.S3Uri ?? '');
}
