import { CreateTrainingJobCommand, SageMakerClient } from '@aws-sdk/client-sagemaker';
import type { Cloud } from '../../src/aws/cloud.js';
import { intervalsFor } from '../../src/aws/connection.js';
import { Connections } from '../../src/aws/connections.js';
import { TrainingJobsGateway } from '../../src/aws/gateways/trainingJobs.js';
import type { PageRequest } from '../../src/aws/page.js';
import { forEachConcurrent } from '../../src/core/concurrency.js';
import { Inventory } from '../../src/inventory/inventory.js';
import { ControlPlane } from '../support/controlPlane.js';
import { trainingImage } from '../support/images.js';
import { figure, median } from './figures.js';

const count = 10_000;

/** What the window asks and waits for when a category with ten thousand jobs is opened, and when nothing has changed. */
export async function manyJobs(): Promise<void> {
  const plane = await ControlPlane.start({ concurrentJobs: count });
  const client = plane.client(SageMakerClient);
  await forEachConcurrent(
    Array.from({ length: count }, (_, number) => `job-${number}`),
    16,
    new AbortController().signal,
    async (TrainingJobName) => {
      await client.send(new CreateTrainingJobCommand({ ...request(plane.roleArn), TrainingJobName }));
      plane.jobs.get(TrainingJobName).observer.ended({ status: 'Completed' }, undefined, new Date());
    },
  );
  const opened: number[] = [];
  const calls = { first: 0, again: 0 };
  for (let round = 0; round < 7; round++) {
    let lists = 0;
    const gateway = new TrainingJobsGateway(client);
    const trainingJobs = {
      list: (page: PageRequest, signal: AbortSignal) => {
        lists += 1;
        return gateway.list(page, signal);
      },
    };
    const connection = { intervals: intervalsFor(plane.endpoint) };
    const cloud = { connection, trainingJobs, close: () => undefined } as unknown as Cloud;
    const inventory = new Inventory(new Connections({ kind: 'sandbox' }, async () => cloud));
    const read = () =>
      new Promise<void>((resolve) => {
        const listening = inventory.onDidChange(() => {
          if (inventory.collection('training-job').status !== 'read') return;
          listening.dispose();
          resolve();
        });
      });
    const started = performance.now();
    const first = read();
    inventory.watch('training-job');
    await first;
    opened.push(performance.now() - started);
    calls.first = lists;
    await inventory.refresh('training-job');
    calls.again = lists - calls.first;
    inventory.dispose();
  }
  await plane.stop();
  figure(`${count} jobs: first page in the inventory, ms`, median(opened), 'budget', 100);
  figure(`${count} jobs: List calls for it`, calls.first, 'budget', 1);
  figure(`${count} jobs: List calls of a refresh`, calls.again, 'budget', 1);
}

function request(RoleArn: string) {
  return {
    RoleArn,
    AlgorithmSpecification: { TrainingImage: trainingImage, TrainingInputMode: 'File' },
    OutputDataConfig: { S3OutputPath: 's3://bench/out' },
    ResourceConfig: { InstanceType: 'ml.m5.large', InstanceCount: 1, VolumeSizeInGB: 1 },
    StoppingCondition: { MaxRuntimeInSeconds: 60 },
  } as const;
}
