import { expect, test } from 'vitest';
import { secondsInTraining } from '../../../src/jobs/phases.js';
import { trainingRequest } from '../../../src/jobs/trainingRequest.js';
import { runOnOneHost } from '../../../src/launch/oneHost.js';
import type { RunRecord } from '../../../src/launch/runRecord.js';

const plan = {
  script: 'train.py',
  image: 'image',
  roleArn: 'role',
  channels: { training: 's3://bucket/data' },
  hyperparameters: { epochs: 15 } as Readonly<Record<string, unknown>>,
  metrics: {},
  environment: {},
  instance: { type: 'ml.m5.xlarge', count: 1 },
  volumeSizeInGB: 30,
  output: 's3://bucket/jobs',
  region: 'us-east-1',
  maxRuntime: 3600,
};
const data = [{ channel: 'training', uri: 's3://bucket/data', files: 2, bytes: 20, sha256: 'd1' }];

/** As a launch writes it down: the project file is a part of the source, so another number of hosts is another archive. */
function run(
  id: string,
  more: Partial<typeof plan> = {},
  { script = 's1', ...record }: Partial<RunRecord> & { script?: string } = {},
): RunRecord {
  const { instance } = { ...plan, ...more };
  const torchrun = instance.count > 1;
  const source = `s3://bucket/${script}-${instance.count}`;
  return {
    version: 1,
    id,
    entry: 'jobs.best',
    connection: { account: '000000000000', region: 'us-east-1', endpoint: '' },
    requests: {
      CreateTrainingJob: trainingRequest({ ...plan, ...more, name: id, source, torchrun, tags: { run: id } }),
    },
    source: {
      uri: source,
      sha256: source,
      files: [
        { path: 'sagemaker.jsonc', sha256: `count ${instance.count}` },
        { path: 'train.py', sha256: script },
      ],
    },
    data,
    started: '2026-11-22T12:00:00Z',
    outcome: 'Completed',
    results: { billableSeconds: 100 },
    ...record,
  };
}

const four = run('four', { instance: { type: 'ml.m5.xlarge', count: 4 } });

test('the newest completed run that differs in the number of hosts alone, of whichever entry', () => {
  const all = [four, run('failed', {}, { outcome: 'Failed' }), run('new', {}, { entry: 'jobs.one' }), run('old')];
  expect(runOnOneHost(four, all)?.id).toBe('new');
});

test.each<[string, RunRecord]>([
  ['two hosts', run('other', { instance: { type: 'ml.m5.xlarge', count: 2 } })],
  ['another instance', run('other', { instance: { type: 'ml.m5.large', count: 1 } })],
  ['other hyperparameters', run('other', { hyperparameters: { epochs: 4 } })],
  ['another script', run('other', {}, { script: 's2' })],
  ['the same script with other files', run('other', {}, { data: [{ ...data[0]!, sha256: 'd2' }] })],
  ['another image', run('other', { image: 'other' })],
  ['another environment', run('other', { environment: { LEVEL: '2' } })],
  ['seconds that nobody wrote down', run('other', {}, { results: {} })],
  ['no training', run('other', {}, { requests: { CreateEndpoint: {} } })],
])('a run with %s is not the same', (_, other) => {
  expect(runOnOneHost(four, [other])).toBeUndefined();
});

test('the seconds in training are those of all its phases of that name, once they are over', () => {
  const phase = (status: string, start: number, end?: number) => ({
    status,
    message: '',
    start: new Date(start * 1000),
    end: end === undefined ? undefined : new Date(end * 1000),
  });
  const phases = [
    phase('Downloading', 0, 5),
    phase('Training', 5, 15),
    phase('Interrupted', 15, 20),
    phase('Training', 20, 22),
  ];
  expect(secondsInTraining({ phases })).toBe(12);
  expect(secondsInTraining({ phases: phases.slice(0, 1) })).toBeUndefined();
  expect(secondsInTraining({ phases: [phase('Training', 5)] })).toBeUndefined();
});
