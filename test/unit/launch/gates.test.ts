import path from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  bucketGate,
  dataGate,
  distributionGate,
  type Gate,
  instanceGate,
  isBlocked,
  nameGate,
  roleGate,
  sourceGate,
} from '../../../src/launch/gates.js';
import { metricsGate } from '../../../src/launch/metricsGate.js';
import { type HostReading, readHosts } from '../../../src/launch/scanWorkspace.js';
import type { SourcePreview } from '../../../src/packaging/sourceArchive.js';

const untried = { past: undefined, unread: undefined, printed: [] };
const source: SourcePreview = {
  folder: '/w',
  files: [{ path: 'train.py', absolute: '/w/train.py', size: 2000 }],
  skipped: [],
  bytes: 2000,
  secrets: [],
  normalised: [],
};
const file = { path: 'a', absolute: '/a', size: 10, modified: 0 };
const upload = { bucket: 'b', prefix: 'p/', send: [file], unchanged: [file], extra: [] };
const here = { account: '123456789012', region: 'us-east-1' };
const role = (statement: object) => ({
  arn: 'arn:aws:iam::123456789012:role/r',
  trustPolicy: JSON.stringify({
    Version: '2012-10-17',
    Statement: { Effect: 'Allow', Action: 'sts:AssumeRole', ...statement },
  }),
});
const service = { Principal: { Service: 'sagemaker.amazonaws.com' } };

describe('a gate', () => {
  test.each<[string, Gate, Gate['level']]>([
    ['a name that fits', nameGate('dogs-best-1'), 'green'],
    ['a name that is too long', nameGate('a'.repeat(64)), 'red'],
    ['a name with an underscore', nameGate('a_b'), 'red'],
    ['metrics with a group', metricsGate({ loss: 'loss=(.+)' }, untried), 'green'],
    ['a metric without a group', metricsGate({ loss: 'loss=.+' }, untried), 'red'],
    ['no metrics', metricsGate({}, untried), 'amber'],
    ['a small source', sourceGate('.', 'train.py', source), 'green'],
    ['a source without its script', sourceGate('.', 'hpo.py', source), 'red'],
    [
      'a source with a secret',
      sourceGate('.', 'train.py', { ...source, secrets: [{ path: '.env', what: 'x' }] }),
      'red',
    ],
    ['a source above 50 MB', sourceGate('.', 'train.py', { ...source, bytes: 60 * 1024 * 1024 }), 'amber'],
    ['no source folder', sourceGate('src', 'train.py', undefined), 'red'],
    ['data to send', dataGate('dogs', 'data/dogs', upload), 'green'],
    ['an empty folder', dataGate('dogs', 'data/dogs', { ...upload, send: [], unchanged: [] }), 'red'],
    ['no folder', dataGate('dogs', 'data/dogs', undefined), 'red'],
    ['stale objects', dataGate('dogs', 'data/dogs', { ...upload, extra: ['p/old'] }), 'amber'],
    ['a role that trusts SageMaker', roleGate('r', role(service), here), 'green'],
    [
      'a role that trusts it for this account',
      roleGate('r', role({ ...service, Condition: { StringEquals: { 'aws:SourceAccount': here.account } } }), here),
      'green',
    ],
    [
      'a role that trusts it for another account',
      roleGate('r', role({ ...service, Condition: { StringEquals: { 'aws:SourceAccount': '1' } } }), here),
      'red',
    ],
    ['a role for Lambda', roleGate('r', role({ Principal: { Service: 'lambda.amazonaws.com' } }), here), 'red'],
    ['a policy that is none', roleGate('r', { arn: 'arn:aws:iam::1:role/r', trustPolicy: '{' }, here), 'red'],
    ['no role', roleGate('r', undefined, here), 'red'],
    [
      'a known type with a price',
      instanceGate('training', { type: 'ml.m5.xlarge', count: 1 }, { usdPerHour: 0.23 }),
      'green',
    ],
    ['a type without a price', instanceGate('training', { type: 'ml.new.huge', count: 1 }, undefined), 'amber'],
    [
      'a type for hosting alone',
      instanceGate('training', { type: 'ml.c5.large', count: 1 }, { usdPerHour: 0.1 }),
      'red',
    ],
    ['a bucket to be made', bucketGate('b', 'us-east-1', undefined), 'green'],
    ['a bucket elsewhere', bucketGate('b', 'us-east-1', 'eu-west-1'), 'red'],
  ])('judges %s: %#', (_, gate, level) => {
    expect(gate.level).toBe(level);
    expect(gate.evidence).not.toBe('');
    // Whatever is not green says what to do.
    expect(gate.fix === undefined).toBe(level === 'green');
  });

  test('warns of several hosts that each train a model of their own', () => {
    const instance = (count: number) => ({ type: 'ml.m5.xlarge', count });
    const gate = (count: number, distribution?: 'torchrun', reading?: HostReading) =>
      distributionGate({ instance: instance(count), distribution }, reading)[0];
    expect(gate(1)).toBeUndefined();
    expect(gate(4)).toMatchObject({
      level: 'amber',
      evidence: '4 hosts would each train a model of their own, at 4 times the price',
    });
    expect(gate(4, 'torchrun')).toMatchObject({ level: 'green' });
    // A launcher does not divide the work of a script that knows nothing of it.
    const alone = { reads: undefined, undivided: 'train.py: loader = DataLoader(data)' };
    expect(gate(4, 'torchrun', alone)).toMatchObject({
      level: 'amber',
      evidence: expect.stringMatching(
        /^4 hosts, 4 separate trainings, .*train\.py: loader = DataLoader\(data\)$/,
      ) as string,
    });
    const reads = 'train.py: hosts = os.environ["SM_HOSTS"]';
    expect(gate(4, undefined, { reads, undivided: undefined })).toMatchObject({
      level: 'green',
      evidence: `4 hosts, joined by the script itself: ${reads}`,
    });
  });

  test('know the sample reads ranks, and a script that never does', async () => {
    const file = (absolute: string) => ({ path: path.basename(absolute), absolute, size: 1 });
    const sample = ['train.py', 'trainer.py', 'ranks.py'].map((name) => file(path.resolve('training', name)));
    expect((await readHosts(sample, 'train.py'))?.reads).toMatch(
      /^(train|trainer|ranks)\.py: .*(rank|world|distributed)/i,
    );
    const alone = [file(path.resolve('test/fixtures/small/train.py'))];
    expect(await readHosts(alone, 'train.py')).toEqual({ reads: undefined, undivided: undefined });
    expect(await readHosts(alone, 'train.sh')).toBeUndefined();
  });

  test('stops a launch when it is red, and only then', () => {
    expect(isBlocked([nameGate('ok'), metricsGate({}, untried)])).toBe(false);
    expect(isBlocked([nameGate('ok'), nameGate('')])).toBe(true);
  });
});
