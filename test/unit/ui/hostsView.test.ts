import { expect, test } from 'vitest';
import type { TrainingJobDetail } from '../../../src/aws/gateways/trainingJobs.js';
import type { RunRecord } from '../../../src/launch/runRecord.js';
import { hostsView } from '../../../src/ui/panels/hostsView.js';

const detail = {
  instance: { type: 'ml.m5.xlarge', count: 2 },
  hyperparameters: { sagemaker_torch_distributed_enabled: 'true' },
  channels: { training: 's3://bucket/dogs', labels: 's3://bucket/labels' },
  sharded: ['labels'],
  metricDefinitions: [{ name: 'loss', regex: 'loss=([0-9.]+)' }],
  state: 'Completed',
  phases: [],
  billableSeconds: 100,
  ended: new Date('2026-11-22T12:00:00Z'),
} as unknown as TrainingJobDetail;

const at = new Date(2026, 10, 22, 12, 0, 7);
const said = (host: string, ...messages: readonly string[]) =>
  messages.map((message) => ({ timestamp: at, host, message }));
const rank = (number: number, weights: string) => [
  `samples=300 of=600 samples_sha256=${number}a rank=${number} world=2`,
  `weights_sha256=${weights} rank=${number} world=2`,
];

test('of a job of one host nothing is said, nor before it is known', () => {
  expect(hostsView({ detail: undefined, lines: [] })).toBeUndefined();
  expect(hostsView({ detail: { ...detail, instance: { type: 'ml.m5.xlarge', count: 1 } }, lines: [] })).toBeUndefined();
});

test('the verdict comes first, then what it rests on, then what each host said', () => {
  const lines = [
    ...said('algo-1', ...rank(0, 'abcdef0123456789')),
    ...said('algo-2', ...rank(1, 'abcdef0123456789'), 'x'.repeat(500)),
  ];
  const view = hostsView({ detail, lines });
  expect(view).toMatchObject({ verdict: 'together', headline: '2 hosts, one training' });
  expect(view?.findings.map(({ question, verdict }) => [question, verdict])).toEqual([
    ['Did they read different data?', 'good'],
    ['Did they know of each other?', 'good'],
    ['Did they end with the same weights?', 'good'],
    ['Is there one model?', 'open'],
    ['Was it faster?', 'open'],
  ]);
  expect(view?.findings[2]?.evidence).toContain('algo-2: weights_sha256=abcdef0123456789 rank=1 world=2');
  expect(view?.hosts).toEqual([
    {
      name: 'algo-1',
      lines: 2,
      samples: '300',
      weights: 'abcdef012345',
      end: '12:00:07 weights_sha256=abcdef0123456789 rank=0 world=2',
    },
    {
      name: 'algo-2',
      lines: 3,
      samples: '300',
      weights: 'abcdef012345',
      end: expect.stringMatching(/^12:00:07 x+…$/) as unknown,
    },
  ]);
});

test('several processes of one host are counted together; weights that differ are both shown', () => {
  const lines = [...said('algo-1', ...rank(0, 'aaaa'), ...rank(1, 'bbbb'))];
  const view = hostsView({ detail, lines });
  expect(view?.headline).toBe('2 hosts, 2 separate trainings');
  expect(view?.hosts[0]).toMatchObject({ samples: '600', weights: 'aaaa, bbbb' });
  expect(view?.hosts[1]).toMatchObject({ lines: 0, samples: 'not said', weights: 'not said', end: 'silent' });
});

test('while it runs the verdict is one so far; a channel that S3 divides is evidence of different data', () => {
  const view = hostsView({
    detail: { ...detail, state: 'InProgress', ended: undefined },
    lines: said('algo-1', 'loss=0.5'),
  });
  expect(view?.headline).toBe('2 hosts: nothing shows whether they trained together, so far');
  expect(view?.findings.map(({ question }) => question)).not.toContain('Was it faster?');
  expect(view?.findings[0]).toMatchObject({
    verdict: 'good',
    evidence: ['channel training: FullyReplicated', 'channel labels: ShardedByS3Key'],
  });
});

test('without a launcher, hosts that all print the figures are called separate trainings', () => {
  const alone = { ...detail, hyperparameters: {} };
  const lines = [...said('algo-1', 'loss=0.5'), ...said('algo-2', 'loss=0.5')];
  expect(hostsView({ detail: alone, lines })?.verdict).toBe('separate');
  expect(hostsView({ detail, lines })?.verdict, 'behind one that takes two signs').toBe('open');
});

test('a completed job is compared with the run that did the same on one host; without one, what to do is said', () => {
  const at = (second: number) => new Date(Date.UTC(2026, 10, 22, 12, 0, second));
  const phases = [
    { status: 'Training', message: '', start: at(10), end: at(30) },
    { status: 'Uploading', message: '', start: at(30), end: at(31) },
  ];
  const faster = (...runs: readonly Partial<RunRecord>[]) => {
    const [record, single] = runs.map((run) => run as RunRecord);
    return hostsView({ detail: { ...detail, phases }, lines: [] }, record, single)?.findings.at(-1);
  };
  const record = { id: 'best-2', entry: 'jobs.best' };
  expect(faster(record, { id: 'best-1', results: { billableSeconds: 60, trainingSeconds: 30 } })).toMatchObject({
    question: 'Was it faster?',
    verdict: 'good',
    answer: '1.50 times as fast as one host, for 3.33 times the cost (efficiency 75 %).',
  });
  expect(faster(record)).toMatchObject({
    verdict: 'open',
    answer: expect.stringContaining('Launch jobs.best') as unknown,
  });
  expect(faster()).toMatchObject({ verdict: 'open', answer: expect.stringContaining('not launched from') as unknown });
});
