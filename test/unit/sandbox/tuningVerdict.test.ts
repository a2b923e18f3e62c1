import type { TrainingJobStatus } from '@aws-sdk/client-sagemaker';
import { describe, expect, test } from 'vitest';
import {
  bestOf,
  objectiveCounters,
  statusCounters,
  type Trial,
  trialName,
  type TuningJob,
} from '../../../src/sandbox/services/sagemaker/tuningRecord.js';
import { notImproving, verdict } from '../../../src/sandbox/services/sagemaker/tuningVerdict.js';

const created = new Date('2026-11-01T00:00:00Z');
const seconds = (count: number) => new Date(created.getTime() + count * 1000);

function tuningJob(config: Partial<TuningJob['config']> = {}): TuningJob {
  return {
    ...{ name: 'tune', arn: 'arn', warmStart: undefined, inherited: [], inheritedBest: undefined, seed: 1 },
    ...{ created, modified: created },
    definition: { AlgorithmSpecification: undefined, RoleArn: '', OutputDataConfig: undefined, StoppingCondition: {} },
    config: {
      ...{ Strategy: 'Random', ResourceLimits: { MaxParallelTrainingJobs: 1 } },
      HyperParameterTuningJobObjective: { Type: 'Minimize', MetricName: 'loss' },
      ...config,
    },
  };
}

/** A trial with this objective; undefined: it runs, null: it has failed, or `how` says what else. */
function trial(number: number, objective: number | null | undefined, how: Partial<Trial['summary']> = {}): Trial {
  const TrainingJobStatus: TrainingJobStatus =
    objective === undefined ? 'InProgress' : objective === null ? 'Failed' : 'Completed';
  return {
    ...{ tuningJob: 'tune', number, index: number - 1 },
    ...(objective !== undefined && { objective }),
    summary: {
      ...{ TrainingJobName: trialName('tune', number, 'abcdef01'), TrainingJobArn: 'arn', CreationTime: created },
      ...{ TrainingJobStatus, TunedHyperParameters: {}, TrainingEndTime: seconds(number) },
      ...(typeof objective === 'number' && {
        FinalHyperParameterTuningJobObjectiveMetric: { MetricName: 'loss', Value: objective },
      }),
      ...how,
    },
  };
}
const trials = (...objectives: (number | null | undefined)[]) =>
  objectives.map((objective, index) => trial(index + 1, objective));

test('trials are named by their number', () => {
  expect(trialName('tune', 7, 'abcdef01')).toBe('tune-007-abcdef01');
  expect(trialName('n'.repeat(32), 1234, 'abcdef01')).toBe(`${'n'.repeat(32)}-1234-abcdef01`);
});

describe('a verdict', () => {
  test('is that it goes on, until all trials have ended', () => {
    expect(verdict(tuningJob(), trials(1, 2), 3, created)).toBeUndefined();
    expect(verdict(tuningJob(), trials(1, 2, undefined), 3, created)).toBeUndefined();
    expect(verdict(tuningJob(), trials(1, 2, null), 3, created)).toEqual({ status: 'Completed' });
  });

  test('does not count trials that ended with the sandbox', () => {
    const interrupted: Trial = { ...trial(1, null), interrupted: true };
    expect(verdict(tuningJob(), [interrupted, ...trials(1, 2)], 3, created)).toBeUndefined();
    expect(verdict(tuningJob(), Array<Trial>(9).fill(interrupted), 9, created)).toBeUndefined();
  });

  test('is Failed after five failures and no success', () => {
    expect(verdict(tuningJob(), trials(null, null, null, null), 9, created)).toBeUndefined();
    const failed = verdict(tuningJob(), trials(null, null, null, null, null), 9, created);
    expect(failed).toMatchObject({ status: 'Failed', reason: expect.stringContaining('after 5 attempts') as string });
    expect(verdict(tuningJob(), trials(null, null, 1, null, null, null), 9, created)).toBeUndefined();
    expect(verdict(tuningJob(), trials(null, null), 2, created)).toMatchObject({ status: 'Failed' });
  });

  test('says when jobs ended well but told no objective', () => {
    const silent = trial(1, null, { TrainingJobStatus: 'Completed' });
    expect(verdict(tuningJob(), [silent], 1, created)?.reason).toContain('No objective metrics found after running 1');
  });

  test.each([
    ['Minimize', 0.5, true],
    ['Minimize', 0.4, false],
    ['Maximize', 0.5, true],
    ['Maximize', 0.6, false],
  ] as const)('%s with the target %d: %s', (Type, TargetObjectiveMetricValue, reached) => {
    const job = tuningJob({
      HyperParameterTuningJobObjective: { Type, MetricName: 'loss' },
      TuningJobCompletionCriteria: { TargetObjectiveMetricValue },
    });
    expect(verdict(job, trials(0.5), 9, created)).toEqual(reached ? { status: 'Completed' } : undefined);
  });

  test('comes with the time', () => {
    const job = tuningJob({ ResourceLimits: { MaxParallelTrainingJobs: 1, MaxRuntimeInSeconds: 120 } });
    expect(verdict(job, trials(1), 9, seconds(119))).toBeUndefined();
    expect(verdict(job, trials(1), 9, seconds(120))).toEqual({ status: 'Completed' });
  });
});

test('an improvement of one per cent or less is none', () => {
  expect(notImproving([], 'Minimize')).toBe(0);
  expect(notImproving([100, 99.5, 99], 'Minimize')).toBe(2);
  expect(notImproving([100, 99.5, 98.9], 'Minimize')).toBe(0);
  expect(notImproving([1, 1.5, 2, 1.9], 'Maximize')).toBe(1);
  expect(notImproving([0, 1, -0.1], 'Minimize')).toBe(0);
});

test('counters tell errors that can be retried from the others', () => {
  const all = [
    ...trials(1, null, undefined),
    trial(4, null, { FailureReason: 'InternalServerError: the sandbox ended' }),
    trial(5, 3, { TrainingJobStatus: 'Stopped' }),
  ];
  expect(statusCounters(all)).toEqual({
    ...{ Completed: 1, InProgress: 1, RetryableError: 1, NonRetryableError: 1, Stopped: 1 },
  });
  expect(objectiveCounters(all)).toEqual({ Succeeded: 2, Pending: 1, Failed: 2 });
});

test('the best is the first of equals, and none without an objective', () => {
  const summaries = trials(2, 1, null, 1, 5).map(({ summary }) => summary);
  expect(bestOf(summaries, 'Minimize')).toBe(summaries[1]);
  expect(bestOf(summaries, 'Maximize')).toBe(summaries[4]);
  expect(
    bestOf(
      trials(null, undefined).map(({ summary }) => summary),
      'Minimize',
    ),
  ).toBeUndefined();
});
