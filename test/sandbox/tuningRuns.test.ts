import { SageMakerClient } from '@aws-sdk/client-sagemaker';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { NoOptunaError, type Search, type TuningEngine } from '../../src/sandbox/engines/tuning.js';
import { ControlPlane, type ControlPlaneOptions } from '../support/controlPlane.js';
import {
  createTuning,
  describeTuning,
  trialsOf,
  type TuningChanges,
  tuningEnd,
  tuningState,
} from '../support/tuning.js';

// The search is Optuna's; what happens to the training jobs, and when, is for the test to say.
let plane: ControlPlane;
let client: SageMakerClient;
let now = new Date('2026-11-01T00:00:00Z');

const start = async (options: ControlPlaneOptions = {}) => {
  plane = await ControlPlane.start({ clock: { now: () => now }, concurrentJobs: 4, ...options });
  client = plane.client(SageMakerClient);
};
beforeEach(() => start());
afterEach(() => plane.stop());

const create = (changes: Partial<TuningChanges>) =>
  createTuning(client, { name: 'tune', roleArn: plane.roleArn, source: 's3://data/source.tar.gz', ...changes });

/** Waits until so many trials run and so many have completed, and gives those that run. */
async function running(count: number, completed = 0) {
  await tuningState(
    client,
    'tune',
    ({ TrainingJobStatusCounters: counters }) => counters?.InProgress === count && counters.Completed === completed,
  );
  const trials = await trialsOf(client, 'tune');
  return trials
    .filter(({ ObjectiveStatus }) => ObjectiveStatus === 'Pending')
    .map(({ TrainingJobName = '' }) => plane.jobs.get(TrainingJobName));
}

function complete({ observer }: Awaited<ReturnType<typeof running>>[number], loss: number): void {
  observer.metric('loss', loss, now);
  observer.ended({ status: 'Completed' }, undefined, now);
}

test('its time ends it: what runs is stopped, and it is Completed', async () => {
  const limits = { MaxNumberOfTrainingJobs: 9, MaxParallelTrainingJobs: 2, MaxRuntimeInSeconds: 120 };
  await create({ config: { ResourceLimits: limits } });
  const [first, second] = await running(2);
  now = new Date(now.getTime() + 121_000);
  complete(first!, 1);
  await tuningState(client, 'tune', () => second!.stopped);
  expect((await describeTuning(client, 'tune')).HyperParameterTuningJobStatus).toBe('InProgress');
  second!.observer.ended({ status: 'Stopped', secondary: 'Stopped' }, undefined, now);
  expect(await tuningEnd(client, 'tune')).toMatchObject({
    HyperParameterTuningJobStatus: 'Completed',
    TrainingJobStatusCounters: { Completed: 1, Stopped: 1 },
    ConsumedResources: { RuntimeInSeconds: 121 },
  });
});

test('a trial that ends while the disk is full is told to the search when there is room again', async () => {
  await create({ jobs: 2 });
  const [first] = await running(1);
  const room = (pages: number) => plane.store.database.exec(`PRAGMA max_page_count = ${pages}`);
  room(1);
  first!.observer.metric('x'.repeat(1_000_000), 1, now);
  complete(first!, 1);
  await new Promise((resolve) => setTimeout(resolve, 100));
  room(1_000_000);
  const [second] = await running(1, 1);
  complete(second!, 2);
  expect(await tuningEnd(client, 'tune')).toMatchObject({
    HyperParameterTuningJobStatus: 'Completed',
    TrainingJobStatusCounters: { Completed: 2, NonRetryableError: 0 },
    BestTrainingJob: { FinalHyperParameterTuningJobObjectiveMetric: { Value: 1 } },
  });
});

test('what the person has stopped counts with the value that it had, and its budget is spent', async () => {
  await create({ jobs: 1 });
  const [only] = await running(1);
  only!.observer.metric('loss', 0.5, now);
  only!.observer.ended({ status: 'Stopped', secondary: 'Stopped' }, undefined, now);
  expect(await tuningEnd(client, 'tune')).toMatchObject({
    HyperParameterTuningJobStatus: 'Completed',
    TrainingJobStatusCounters: { Stopped: 1 },
    BestTrainingJob: { FinalHyperParameterTuningJobObjectiveMetric: { Value: 0.5 } },
  });
});

test('a search that cannot be begun again fails the tuning job, with the reason', async () => {
  await plane.stop();
  await start({ tuning: new OnceOnly() });
  await create({});
  expect(await tuningEnd(client, 'tune')).toMatchObject({
    HyperParameterTuningJobStatus: 'Failed',
    FailureReason: 'InternalServerError: Optuna was removed.',
  });
});

/** Optuna that is there when the tuning job is created, and gone when it is asked. */
class OnceOnly implements TuningEngine {
  private starts = 0;

  start(): Promise<Search> {
    if (this.starts++ > 0) return Promise.reject(new NoOptunaError('Optuna was removed.'));
    const gone = () => Promise.reject(new Error('It was killed.'));
    return Promise.resolve({ runtime: '', describe: gone, ask: gone, tell: () => undefined, close: () => undefined });
  }

  close = (): Promise<void> => Promise.resolve();
}
