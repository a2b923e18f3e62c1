import {
  CreateHyperParameterTuningJobCommand,
  type CreateHyperParameterTuningJobCommandInput,
  DescribeHyperParameterTuningJobCommand,
  type HyperParameterTuningJobConfig,
  ListTrainingJobsForHyperParameterTuningJobCommand,
  type SageMakerClient,
} from '@aws-sdk/client-sagemaker';
import { trainingImage } from './images.js';

/** Reads `--lr` and prints how far it is from 3; `--kind` may be what the script is told to fail of. */
export const distanceScript = `
import argparse
parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=0)
parser.add_argument("--kind", default="")
arguments = parser.parse_args()
if arguments.kind == "crash":
    raise RuntimeError("this corner crashes")
print("loss=%r" % (arguments.lr - 3) ** 2)
`;

export const range = (Name: string, MinValue: string, MaxValue: string) => ({ Name, MinValue, MaxValue });

/** What a test changes of a tuning job that minimizes `loss` over lr in 0..10, three trials one after another. */
export interface TuningChanges {
  readonly name: string;
  readonly roleArn: string;
  /** `s3://` URI of the script's archive. */
  readonly source: string;
  readonly jobs?: number | undefined;
  readonly parallel?: number;
  readonly config?: Partial<HyperParameterTuningJobConfig>;
  readonly definition?: object;
  readonly more?: Partial<CreateHyperParameterTuningJobCommandInput>;
}

export function tuningRequest(changes: TuningChanges): CreateHyperParameterTuningJobCommandInput {
  const { name, roleArn, source, parallel = 1, config, definition, more } = changes;
  const jobs = 'jobs' in changes ? changes.jobs : 3;
  return {
    HyperParameterTuningJobName: name,
    HyperParameterTuningJobConfig: {
      Strategy: 'Random',
      ResourceLimits: { MaxNumberOfTrainingJobs: jobs, MaxParallelTrainingJobs: parallel },
      HyperParameterTuningJobObjective: { Type: 'Minimize', MetricName: 'loss' },
      ParameterRanges: { ContinuousParameterRanges: [range('lr', '0', '10')] },
      ...config,
    },
    TrainingJobDefinition: {
      AlgorithmSpecification: {
        TrainingImage: trainingImage,
        TrainingInputMode: 'File',
        MetricDefinitions: [{ Name: 'loss', Regex: 'loss=([0-9.e+-]+)' }],
      },
      RoleArn: roleArn,
      StaticHyperParameters: { sagemaker_program: 'train.py', sagemaker_submit_directory: source },
      OutputDataConfig: { S3OutputPath: 's3://data/out' },
      ResourceConfig: { InstanceType: 'ml.m5.large', InstanceCount: 1, VolumeSizeInGB: 1 },
      StoppingCondition: { MaxRuntimeInSeconds: 600 },
      ...definition,
    },
    ...more,
  };
}

export function createTuning(client: SageMakerClient, changes: TuningChanges) {
  return client.send(new CreateHyperParameterTuningJobCommand(tuningRequest(changes)));
}

export function describeTuning(client: SageMakerClient, name: string) {
  return client.send(new DescribeHyperParameterTuningJobCommand({ HyperParameterTuningJobName: name }));
}

/** Describes the tuning job until it has ended; the test's timeout is the limit. */
export async function tuningEnd(client: SageMakerClient, name: string) {
  return tuningState(client, name, ({ HyperParameterTuningEndTime: ended }) => ended !== undefined);
}

/** Describes the tuning job until `reached`; the test's timeout is the limit. */
export async function tuningState(
  client: SageMakerClient,
  name: string,
  reached: (job: Awaited<ReturnType<typeof describeTuning>>) => boolean,
) {
  for (;;) {
    const job = await describeTuning(client, name);
    if (reached(job)) return job;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** All trials, in the order of their names, which is that of their starts. */
export async function trialsOf(client: SageMakerClient, name: string) {
  const { TrainingJobSummaries = [] } = await client.send(
    new ListTrainingJobsForHyperParameterTuningJobCommand({ HyperParameterTuningJobName: name, MaxResults: 100 }),
  );
  return TrainingJobSummaries;
}
