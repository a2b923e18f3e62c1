import { expect, test } from 'vitest';
import type { EndpointDetail } from '../../../src/aws/gateways/endpoints.js';
import type { TrainingJobDetail } from '../../../src/aws/gateways/trainingJobs.js';
import type { ResourceOf } from '../../../src/inventory/resource.js';
import { categoryText, endpointRow, matches, trainingJobRow } from '../../../src/ui/tree/rows.js';
import { ago, chiefMetric, duration, lastRun, metricValue } from '../../../src/ui/words.js';

const now = new Date('2026-11-22T12:00:00Z');
const before = (minutes: number) => new Date(now.getTime() - minutes * 60_000);
const job: ResourceOf<'training-job'> = {
  kind: 'training-job',
  name: 'breeds-train-1',
  arn: 'arn:1',
  state: 'InProgress',
  phase: 'Training',
  created: before(41),
  modified: before(1),
  ended: undefined,
};
const detail = {
  instance: { type: 'ml.m5.xlarge', count: 2 },
  metrics: { valid_accuracy: 0.8598 },
} as unknown as TrainingJobDetail;

test('a running job says what it costs and for how long first, so that both survive a narrow view', () => {
  const row = trainingJobRow(job, detail, undefined, now);
  expect(row.description).toBe('$0.46/h · 41 min · Training');
  expect(row.capabilities).toContain('stoppable');
  expect(row.capabilities).not.toContain('deployable');
});

test('a finished one says how good it is; a failed one why', () => {
  const done = trainingJobRow({ ...job, state: 'Completed', ended: before(20) }, detail, undefined, now);
  expect(done.description).toBe('valid_accuracy 0.860 · 21 min · 20 min ago');
  expect(done.capabilities).toContain('deployable');
  const failure = "ModuleNotFoundError: No module named 'torchvision'\nTraceback";
  const failed = trainingJobRow({ ...job, state: 'Failed', ended: before(20) }, { ...detail, failure }, undefined, now);
  expect(failed.description).toMatch(/^ModuleNotFoundError: No module named 'torchvision' · failed/);
  expect(failed.capabilities).not.toContain('deployable');
});

test('an endpoint costs what all its variants cost', () => {
  const variant = { name: 'AllTraffic', model: 'm', instanceType: 'ml.m5.large', instances: 1, desired: 2, weight: 1 };
  const endpoint = {
    ...job,
    kind: 'endpoint',
    name: 'e',
    state: 'InService',
    created: before(2 * 24 * 60 + 4 * 60),
  } as const;
  const row = endpointRow(endpoint, { variants: [variant] } as unknown as EndpointDetail, now);
  expect(row.description).toBe('$0.23/h · 2 d 4 h · in service');
  expect(row.capabilities).toEqual(expect.arrayContaining(['testable', 'deletableEndpoint']));
  expect(endpointRow({ ...endpoint, state: 'Deleting' }, undefined, now).capabilities).not.toContain(
    'deletableEndpoint',
  );
});

test('a category counts what runs, and says when it does not show all', () => {
  expect(categoryText([], false, 0)).toBe('none');
  expect(categoryText([job], true, 0)).toBe('1 running · newest 1 shown');
  expect(categoryText([job, job, job], false, 2)).toBe('3 running · 1 of 3 shown');
});

test('a filter is a part of the name, a state, or both', () => {
  expect(matches(job, { name: 'TRAIN', state: undefined })).toBe(true);
  expect(matches(job, { name: 'train', state: 'Failed' })).toBe(false);
});

test('times and values are as exact as they are useful', () => {
  expect([41_000, 125_000, 3_600_000, 187_200_000].map(duration)).toEqual(['41 s', '2 min 5 s', '1 h', '2 d 4 h']);
  expect([before(0), before(9), before(120), before(26 * 60)].map((date) => ago(date, now))).toEqual([
    'just now',
    '9 min ago',
    '2 h ago',
    'yesterday',
  ]);
  expect([0, 15, 0.8598, 12.345, 0.00012, 1e9].map(metricValue)).toEqual([
    '0',
    '15',
    '0.860',
    '12.35',
    '1.20e-4',
    '1000000000',
  ]);
});

test("of a job's metrics the one that says how good the model is comes first", () => {
  expect(chiefMetric(['train_loss', 'valid_loss', 'test_accuracy', 'valid_accuracy'])).toBe('valid_accuracy');
  expect(chiefMetric(['seconds', 'train_loss', 'valid_loss'])).toBe('valid_loss');
  expect(chiefMetric([])).toBeUndefined();
});

test('what became of a run, in a few words', () => {
  const record = {
    started: before(30).toISOString(),
    results: {},
    id: 'j',
    entry: 'jobs.train',
  } as unknown as Parameters<typeof lastRun>[0];
  expect(lastRun(undefined, now)).toBeUndefined();
  expect(lastRun(record, now)).toBe('running 30 min');
  const ended = { ...record!, ended: before(9).toISOString() };
  expect(lastRun({ ...ended, outcome: 'Completed', results: { metrics: { loss: 0.5 } } }, now)).toBe(
    'loss 0.500 · 9 min ago',
  );
  expect(lastRun({ ...ended, outcome: 'NotCreated' }, now)).toBe('not created · 9 min ago');
});
