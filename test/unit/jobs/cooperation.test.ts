import { describe, expect, test } from 'vitest';
import { cooperation, type Finding, type HostsRun } from '../../../src/jobs/cooperation.js';

const metrics = [{ name: 'Test Loss', regex: 'Testing Loss: ([0-9.]+)' }];
const hosts = (count: number) => Array.from({ length: count }, (_, index) => `algo-${index + 1}`);

function run(
  count: number,
  log: (host: string, rank: number) => readonly string[],
  more: Partial<HostsRun> = {},
): HostsRun {
  return {
    hosts: count,
    launched: true,
    channels: [{ name: 'training', distribution: 'FullyReplicated', bytes: 4_000_000 }],
    metricDefinitions: metrics,
    lines: hosts(count).flatMap((host, rank) =>
      log(host, rank).map((message) => ({ timestamp: new Date(0), host, message })),
    ),
    took: { billed: 100, training: 90 },
    usdPerHour: 0.23,
    ...more,
  };
}

/** As training/train.py says it. */
const sample = (rank: number, world: number, { read = `${rank}a`, weights = 'ffff' } = {}) => [
  ...(rank === 0 ? ['epoch=1 train_loss=0.5', 'Testing Loss: 0.4'] : []),
  `samples=${600 / world} of=600 samples_sha256=${read} rank=${rank} world=${world}`,
  `weights_sha256=${weights} rank=${rank} world=${world}`,
];

const finding = (report: ReturnType<typeof cooperation>, question: Finding['question']) =>
  report?.findings.find((one) => one.question === question);

test('of one host there is nothing to say', () => {
  expect(cooperation(run(1, () => sample(0, 1)))).toBeUndefined();
});

test('ranks that read parts and end with the same weights have trained together', () => {
  const report = cooperation(run(4, (_, rank) => sample(rank, 4)));
  expect(report).toMatchObject({ verdict: 'together', headline: '4 hosts, one training' });
  expect(report?.findings.map(({ question, verdict, answer }) => [question, verdict, answer])).toEqual([
    ['data', 'good', '4 processes read 4 disjoint parts of 600 samples.'],
    ['contact', 'good', 'The processes formed one group of 4.'],
    ['weights', 'good', 'All 4 processes ended with the same weights.'],
    ['models', 'open', 'SageMaker does not say which host a file of the model is from.'],
  ]);
  expect(finding(report, 'weights')?.evidence[1]).toBe('algo-2: weights_sha256=ffff rank=1 world=4');
});

describe('separate trainings are called so', () => {
  test('when each process says that it is the only one, though the weights are the same by the same seed', () => {
    const report = cooperation(run(4, () => sample(0, 1, { read: 'aa' }), { launched: false }));
    expect(report).toMatchObject({ verdict: 'separate', headline: '4 hosts, 4 separate trainings' });
    expect(finding(report, 'contact')).toMatchObject({ verdict: 'bad' });
    expect(finding(report, 'contact')?.evidence).toHaveLength(4);
    expect(finding(report, 'data')).toMatchObject({
      verdict: 'bad',
      answer: 'Every process read the same 600 samples.',
    });
  });

  test('when the weights differ in the end', () => {
    const report = cooperation(run(2, (_, rank) => sample(rank, 2, { weights: rank === 0 ? 'aa' : 'bb' })));
    expect(report).toMatchObject({ verdict: 'separate', headline: '2 hosts, 2 separate trainings' });
  });

  test('when a script that says nothing of hosts prints its figures on all of them', () => {
    const report = cooperation(run(4, () => ['Testing Loss: 99.0'], { launched: false }));
    expect(report).toMatchObject({
      verdict: 'separate',
      headline: '4 hosts, 4 separate trainings, by all that the log tells',
    });
    expect(finding(report, 'data')).toMatchObject({
      verdict: 'open',
      evidence: ['channel training: FullyReplicated, 4.0 MB on each host'],
    });
  });

  test('when each of them has written the model, which the sandbox tells', () => {
    const clash =
      '[sagemaker-sandbox] model/model.pth was written by algo-1, algo-2, with different bytes: that of algo-1 is taken.';
    const report = cooperation(
      run(2, (_, rank) => (rank === 0 ? ['Testing Loss: 1.0', clash] : ['Testing Loss: 2.0'])),
    );
    expect(report?.verdict).toBe('separate');
    expect(finding(report, 'models')).toMatchObject({
      verdict: 'bad',
      answer: '2 of 2 hosts wrote the model; one was taken, the others are lost.',
      evidence: [`algo-1: ${clash}`],
    });
  });
});

describe('what the log does not say stays open', () => {
  test('behind a launcher one sign is not enough', () => {
    const report = cooperation(run(2, () => ['Testing Loss: 1.0']));
    expect(report).toMatchObject({ verdict: 'open', headline: '2 hosts: nothing shows whether they trained together' });
  });

  test('a rank that does not say its weights', () => {
    const report = cooperation(run(2, (_, rank) => sample(rank, 2).slice(0, rank === 0 ? 4 : 1)));
    expect(report?.verdict).toBe('open');
    expect(finding(report, 'weights')?.verdict).toBe('open');
  });

  test('parts that overlap', () => {
    const report = cooperation(
      run(2, (_, rank) => [`samples=400 of=600 samples_sha256=${rank}c rank=${rank} world=2`]),
    );
    expect(finding(report, 'data')).toMatchObject({ answer: 'The processes read 800 samples of 600, some twice.' });
  });
});

test('torch and NCCL tell of a group as well', () => {
  for (const line of [
    'Rank 1: Completed store-based barrier for key:store_based_barrier_key:1 with 2 nodes.',
    'algo-1:71:71 [0] NCCL INFO comm 0x55 rank 0 nranks 2 cudaDev 0',
  ]) {
    expect(finding(cooperation(run(2, () => [line])), 'contact')).toMatchObject({ verdict: 'good' });
  }
});

test('a sharded channel gives hosts other data', () => {
  const channels = [{ name: 'training', distribution: 'ShardedByS3Key', bytes: 4_000_000 }] as const;
  expect(finding(cooperation(run(4, () => [], { channels })), 'data')).toMatchObject({
    verdict: 'good',
    evidence: ['channel training: ShardedByS3Key, about 1.0 MB of 4.0 MB on each host'],
  });
});

test('after an interruption a rank’s last word counts', () => {
  const twice = (rank: number) => [`weights_sha256=${rank}b rank=${rank} world=2`, ...sample(rank, 2)];
  expect(cooperation(run(2, (_, rank) => twice(rank)))?.verdict).toBe('together');
});

test('four hosts that are no faster cost four times as much', () => {
  const took = (billed: number, training?: number) => ({ billed, training });
  const report = cooperation(
    run(4, () => [], { took: took(1181) }),
    { name: 'train-1', took: took(1174) },
  );
  expect(finding(report, 'speed')).toEqual({
    question: 'speed',
    verdict: 'bad',
    answer: '0.99 times as fast as one host, for 4.02 times the cost (efficiency 25 %).',
    evidence: ['4 hosts: 1181 s billed each, about $0.30', 'one host (train-1): 1174 s billed, about $0.08'],
  });
  expect(finding(cooperation(run(4, () => [])), 'speed')).toBeUndefined();
});

test('how much faster is told by the time in which the script ran, what it cost by what is billed', () => {
  const single = { name: 'train-1', took: { billed: 400, training: 300 } };
  const report = cooperation(
    run(4, () => [], { took: { billed: 200, training: 100 } }),
    single,
  );
  expect(finding(report, 'speed')).toMatchObject({
    verdict: 'good',
    answer: '3.00 times as fast as one host, for 2.00 times the cost (efficiency 75 %).',
    evidence: ['4 hosts: 100.0 s of training, 200 s billed each, about $0.05', expect.stringContaining('300.0 s')],
  });
  expect(
    finding(
      cooperation(
        run(4, () => [], { took: undefined }),
        single,
      ),
      'speed',
    ),
    'runs',
  ).toBeUndefined();
});

test('without a run on one host it is said how to come by one', () => {
  expect(
    finding(
      cooperation(
        run(4, () => []),
        { hint: 'Launch jobs.best once.' },
      ),
      'speed',
    ),
  ).toMatchObject({
    verdict: 'open',
    answer: 'There is no run on one host to compare with. Launch jobs.best once.',
  });
});
