import { describe, expect, test } from 'vitest';
import { longestTuningName, timedTuningName } from '../../../src/aws/names.js';
import { estimateTraining, estimateTuning, longestSearch } from '../../../src/costs/estimate.js';
import { rangeProposals } from '../../../src/launch/proposeRanges.js';
import { trainingOfSearch } from '../../../src/launch/proposeTraining.js';
import { objectivesOf, searchable, type TuningBase, tuningEntry } from '../../../src/launch/proposeTuning.js';
import { readTrainingScript } from '../../../src/launch/scanWorkspace.js';
import { searchGate } from '../../../src/launch/tuningGates.js';
import type { TrainingJob, TuningJob } from '../../../src/project/jobs.js';
import { readProject } from '../../../src/project/read.js';

const script = `
import argparse
parser = argparse.ArgumentParser()
parser.add_argument("--learning-rate", type=float, default=0.01)
parser.add_argument("--dropout", type=float, default=0.2)
parser.add_argument("--scale", type=float, default=2.0)
parser.add_argument("--weight-decay", type=float, default=0)
parser.add_argument("--layers", type=int, default=3)
parser.add_argument("--batch-size", type=int, default=32)
parser.add_argument("--optimizer", choices=["sgd", "adam"], default="sgd")
parser.add_argument("--epochs", type=int, default=10)
parser.add_argument("--seed", type=int, default=0)
parser.add_argument("--name", default="x")
arguments = parser.parse_args()
print(f"train_loss={1} valid_accuracy={2} valid_loss={3}")
`;
const scan = readTrainingScript('train.py', script)!;

const projectWith = (job: object) => readProject(JSON.stringify({ jobs: { one: job } }));
const training = {
  kind: 'training',
  source: 'src',
  script: 'train.py',
  channels: { training: 's3://bucket/data/' },
  instance: { type: 'ml.m5.xlarge', count: 2 },
  distribution: 'torchrun',
  hyperparameters: { 'learning-rate': 0.002, epochs: 3 },
};
const base: TuningBase = {
  name: 'one',
  job: projectWith(training).project!.jobs['one'] as TrainingJob,
  script: scan,
};

describe('the name of a tuning job', () => {
  const at = new Date('2026-11-22T19:11:18.112Z');

  test.each([
    ['breeds', 'tune', 'breeds-tune-261122-191118112'],
    ['a-long-project-name', 'tune', 'a-long-pro-tune-261122-191118112'],
    ['x', 'an-entry-with-a-long-name', 'an-entry-with-a-261122-191118112'],
    ['my project', 'tune-2', 'my-projec-tune-2-261122-191118112'.replace('projec', 'proje')],
  ])('of %s and %s fits, and tells the entry', (project, entry, expected) => {
    expect(timedTuningName(project, entry, at)).toBe(expected);
    expect(expected.length).toBeLessThanOrEqual(longestTuningName);
  });
});

describe('the price of a search', () => {
  const instances = { type: 'ml.m5.xlarge', count: 2 };
  const limits = { maxJobs: 6, maxParallelJobs: 2, maxRuntime: 3600 };

  test('is at most that of all its trials, two at a time', () => {
    const one = estimateTraining(instances, 3600)!;
    const all = estimateTuning(instances, limits)!;
    expect(all.usdPerHour).toBeCloseTo(2 * one.usdPerHour);
    expect(all.maximumUsd).toBeCloseTo(6 * one.maximumUsd!);
    expect(longestSearch(limits)).toBe(3 * 3600);
  });

  test('is bounded by the time of the whole search', () => {
    const bounded = { ...limits, maxTuningRuntime: 1800 };
    const all = estimateTuning(instances, bounded)!;
    expect(all.maximumUsd).toBeCloseTo(all.usdPerHour / 2);
    expect(longestSearch(bounded)).toBe(1800);
  });

  test('is not known for a type without a price', () => {
    expect(estimateTuning({ type: 'ml.x9.huge', count: 1 }, limits)).toBeUndefined();
  });
});

describe('ranges that are proposed', () => {
  test('come from the arguments that say how well a run goes', () => {
    const proposed = rangeProposals(scan.hyperparameters).map(({ name, range }) => [name, range]);
    expect(Object.fromEntries(proposed)).toEqual({
      'learning-rate': { min: 0.001, max: 0.1, scaling: 'Logarithmic' },
      dropout: { min: 0, max: 0.4 },
      scale: { min: 1, max: 4 },
      'weight-decay': { min: 0, max: 0.5 },
      layers: { min: 1, max: 6, type: 'integer' },
      'batch-size': [16, 32, 64],
      optimizer: ['sgd', 'adam'],
    });
  });

  test('lie around the value of the training job, and make a project file that is right', () => {
    const searched = searchable(base);
    expect(searched[0]).toMatchObject({ range: { min: 0.0002, max: 0.02, scaling: 'Logarithmic' } });
    const objective = objectivesOf(base)[0];
    expect(objective).toEqual({ metric: 'valid_accuracy', type: 'Maximize' });
    const entry = tuningEntry(base, searched, objective, { maxJobs: 12, maxParallelJobs: 2 });
    const { project, diagnostics } = projectWith(entry);
    expect(diagnostics).toEqual([]);
    expect(project?.jobs['one']).toMatchObject({
      source: 'src',
      distribution: 'torchrun',
      hyperparameters: { epochs: 3 },
      metrics: { valid_loss: 'valid_loss=([0-9.eE+-]+)' },
    });
  });

  test('a training job that takes the winner of a tuning job is right beside it', () => {
    const tuning = tuningEntry(base, searchable(base), objectivesOf(base)[0], { maxJobs: 12, maxParallelJobs: 2 });
    const tune = projectWith(tuning).project!.jobs['one'] as TuningJob;
    const text = JSON.stringify({ jobs: { tune: tuning, best: trainingOfSearch('jobs.tune', tune) } });
    const { project, diagnostics } = readProject(text);
    expect(diagnostics).toEqual([]);
    expect(project?.jobs['best']).toMatchObject({ source: 'src', hyperparameters: { from: 'jobs.tune' } });
  });
});

describe('the gate of a search', () => {
  const tuning = tuningEntry(base, searchable(base), objectivesOf(base)[0], { maxJobs: 12, maxParallelJobs: 2 });
  const job = projectWith(tuning).project!.jobs['one'] as TuningJob;

  test('shows what is searched', () => {
    const gate = searchGate(job);
    expect(gate.level).toBe('green');
    expect(gate.evidence).toContain('Bayesian: 12 trials, 2 at a time; learning-rate 0.0002 to 0.02, Logarithmic');
  });

  test('warns of a Bayesian search that has nothing to learn from, and of more than an account has', () => {
    expect(searchGate({ ...job, maxParallelJobs: 7 })).toMatchObject({ level: 'amber' });
    expect(searchGate({ ...job, maxParallelJobs: 7, strategy: 'Random' }).level).toBe('green');
    expect(searchGate({ ...job, maxJobs: 100, maxParallelJobs: 11 })).toMatchObject({
      level: 'amber',
      evidence: expect.stringContaining('10 at a time') as unknown,
    });
  });

  test('counts the combinations of a grid', () => {
    const grid: TuningJob = { ...job, strategy: 'Grid', maxJobs: undefined, ranges: { a: ['x', 'y'], b: [1, 2, 3] } };
    expect(searchGate(grid).evidence).toMatch(/^Grid: 6 trials of 6 combinations, 2 at a time; a x, y; b 1, 2, 3$/);
  });
});
