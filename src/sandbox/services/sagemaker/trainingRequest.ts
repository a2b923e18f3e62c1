import path from 'node:path';
import type { Channel, CheckpointConfig, CreateTrainingJobRequest } from '@aws-sdk/client-sagemaker';
import { frameworkImage, imageRefusal } from '../../../container/images.js';
import { ServiceError } from '../../protocol/service.js';
import { notImplemented, refuse } from '../refusals.js';
import { validation } from './errors.js';
import { s3Location } from './s3Location.js';
import { defaultRuntimeSeconds } from './trainingRecord.js';

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
  checkCheckpoints(request);
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
    TensorBoardOutputConfig: request.TensorBoardOutputConfig,
    RemoteDebugConfig: request.RemoteDebugConfig?.EnableRemoteDebug,
    'serverless jobs (ServerlessJobConfig)': request.ServerlessJobConfig,
    MlflowConfig: request.MlflowConfig,
    ModelPackageConfig: request.ModelPackageConfig,
    'instance groups (ResourceConfig.InstanceGroups)': resources.InstanceGroups,
    'training plans (ResourceConfig.TrainingPlanArn)': resources.TrainingPlanArn,
    'ResourceConfig.InstancePlacementConfig': resources.InstancePlacementConfig,
    'MPI (sagemaker_mpi_enabled)': hyperparameters['sagemaker_mpi_enabled'] === 'true',
    'the data-parallel library (sagemaker_distributed_dataparallel_enabled)':
      hyperparameters['sagemaker_distributed_dataparallel_enabled'] === 'true',
    'the data-parallel library (sagemaker_pytorch_ddp_enabled)':
      hyperparameters['sagemaker_pytorch_ddp_enabled'] === 'true',
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

/** "Maximum number of instances per training job": 20 in every account, until it is raised (SageMaker quotas). */
const mostInstances = 20;

function checkResources({ ResourceConfig: resources }: CreateTrainingJobRequest): void {
  if (!resources?.InstanceType) throw validation('ResourceConfig must have an InstanceType.');
  // The model allows 0 for jobs without instances of their own.
  atLeastOne('resourceConfig.instanceCount', resources.InstanceCount);
  atLeastOne('resourceConfig.volumeSizeInGB', resources.VolumeSizeInGB);
  const { InstanceCount: count = 1 } = resources;
  if (count > mostInstances) {
    // The sentence is AWS's for every quota of instances (data-science-on-aws/data-science-on-aws#200).
    throw new ServiceError(
      'ResourceLimitExceeded',
      `The account-level service limit 'Maximum number of instances per training job' is ${mostInstances} Instances, ` +
        `with current utilization of 0 Instances and a request delta of ${count} Instances. Please use AWS Service ` +
        'Quotas to request an increase for this quota. If AWS Service Quotas is not available, contact AWS support to ' +
        'request an increase for this quota.',
    );
  }
}

function atLeastOne(path: string, value: number | undefined): void {
  if (value !== undefined && value >= 1) return;
  throw validation(
    `1 validation error detected: Value '${value ?? 'null'}' at '${path}' failed to satisfy constraint: ` +
      'Member must have value greater than or equal to 1',
  );
}

function checkStopping({
  StoppingCondition: stopping = {},
  EnableManagedSpotTraining: spot = false,
}: CreateTrainingJobRequest): void {
  const { MaxRuntimeInSeconds: runtime = defaultRuntimeSeconds, MaxWaitTimeInSeconds: wait } = stopping;
  // Kenza-AI/sagify#111
  if (wait !== undefined && !spot) {
    throw validation(
      'Invalid MaxWaitTimeInSeconds. It is only supported when EnableManagedSpotTraining is set to true',
    );
  }
  if (spot && (wait === undefined || wait < runtime)) {
    throw validation(
      'Invalid MaxWaitTimeInSeconds. It must be present and be greater than or equal to MaxRuntimeInSeconds',
    );
  }
  if (runtime > maxRuntimeSeconds) {
    throw validation(`Invalid MaxRuntimeInSeconds. It must be at most ${maxRuntimeSeconds} (28 days).`);
  }
}

function checkCheckpoints({ CheckpointConfig: checkpoints }: CreateTrainingJobRequest): void {
  if (!checkpoints) return;
  s3Location(checkpoints.S3Uri ?? '');
  checkpointFolder(checkpoints);
}

/**
 * The folder of checkpoints below `/opt/ml`, which is where a job's disk is.
 * @throws {ServiceError} NotImplemented for a folder elsewhere.
 */
export function checkpointFolder({ LocalPath: local = '/opt/ml/checkpoints' }: CheckpointConfig): string {
  const folder = path.posix.relative('/opt/ml', path.posix.normalize(local)).replace(/\/$/, '');
  if (folder === '' || folder.startsWith('..')) {
    throw notImplemented(`checkpoints outside of /opt/ml (CheckpointConfig.LocalPath ${local})`);
  }
  return folder;
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
