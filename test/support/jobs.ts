import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  CreateTrainingJobCommand,
  type CreateTrainingJobCommandInput,
  SageMakerClient,
} from '@aws-sdk/client-sagemaker';
import { type Files, tarGz } from './archives.js';
import { trainingImage } from './images.js';
import type { SandboxProcess } from './sandboxProcess.js';

/** Packs `files` into an object of a bucket that is made when it is missing. @returns its `s3://` URI */
export async function upload(s3: S3Client, bucket: string, key: string, files: Files): Promise<string> {
  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
  await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: await tarGz(files) }));
  return `s3://${bucket}/${key}`;
}

let jobs = 0;

/** Starts a training job in script mode with `train.py` of `files`, as the sandbox's own execution role. */
export async function startTraining(
  sandbox: SandboxProcess,
  files: Files,
  { HyperParameters: hyperparameters, ...more }: Partial<CreateTrainingJobCommandInput> = {},
) {
  const client = new SageMakerClient(sandbox.clientConfig);
  const job = `job-${++jobs}`;
  const source = await upload(new S3Client(sandbox.clientConfig), 'jobs', `${job}/sourcedir.tar.gz`, files);
  await client.send(
    new CreateTrainingJobCommand({
      TrainingJobName: job,
      RoleArn: sandbox.ready.executionRoleArn,
      AlgorithmSpecification: { TrainingImage: trainingImage, TrainingInputMode: 'File' },
      HyperParameters: { sagemaker_program: 'train.py', sagemaker_submit_directory: source, ...hyperparameters },
      OutputDataConfig: { S3OutputPath: 's3://jobs/out' },
      ResourceConfig: { InstanceType: 'ml.m5.large', InstanceCount: 1, VolumeSizeInGB: 1 },
      StoppingCondition: { MaxRuntimeInSeconds: 3600 },
      ...more,
    }),
  );
  return { client, job };
}
