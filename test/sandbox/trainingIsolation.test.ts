import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { environmentAlone, isolations } from '../../src/sandbox/engines/process/isolation.js';
import { unpackTarGz } from '../support/archives.js';
import { bucket, channel, TrainingBench } from '../support/trainingBench.js';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

describe('isolation', () => {
  test.each([...isolations, environmentAlone])('a job runs the same way under $description', async (isolation) => {
    const bench = TrainingBench.open({ isolation: Promise.resolve(isolation) });
    await bench.put('data/a.txt', 'original');
    // Somebody else's folder in /tmp: where a job has a /tmp of its own, it is not there.
    const neighbour = mkdtempSync(path.join(tmpdir(), 'neighbour-'));
    folders.push(neighbour);
    const script = `
import os
data = os.environ['SM_CHANNEL_TRAINING']
print('data', open(data + '/a.txt').read(), 'in', data, 'sees', os.path.exists(${JSON.stringify(neighbour)}))
open(os.environ['SM_MODEL_DIR'] + '/model.pth', 'w').write('weights')
`;
    const spec = await bench.spec(script, { channels: [channel('training', `s3://${bucket}/data/`)] });
    expect((await bench.run(spec)).outcome, bench.lines().join('\n')).toEqual({ status: 'Completed' });
    expect(bench.lines().find((line) => line.startsWith('data '))).toMatch(
      isolation === environmentAlone ? /sees True$/ : /^data original in \/opt\/ml\/input\/data\/training sees False$/,
    );
    expect(await unpackTarGz(bench.object('out/job-1/output/model.tar.gz'))).toEqual({ 'model.pth': 'weights' });
    expect(bench.lines().find((line) => line.includes('isolation:'))).toContain(isolation.description);
  });

  test('a job with literal /opt/ml paths is refused where there is no /opt/ml', async () => {
    const bench = TrainingBench.open({ isolation: Promise.resolve(environmentAlone) });
    const { outcome } = await bench.run(await bench.spec('', { entrypoint: ['/bin/true'] }));
    expect(outcome).toMatchObject({ reason: expect.stringContaining('install bubblewrap') as string });
  });
});

describe('what a job cannot do', () => {
  test('see the person’s keys, in the environment or in ~/.aws, or those of the sandbox', async () => {
    const home = mkdtempSync(path.join(tmpdir(), 'person-'));
    folders.push(home);
    mkdirSync(`${home}/.aws`);
    writeFileSync(`${home}/.aws/credentials`, '[default]\naws_secret_access_key = DECOY-FILE\n');
    const bench = TrainingBench.open({
      environment: {
        ...{
          PATH: process.env['PATH'],
          HOME: home,
          AWS_ACCESS_KEY_ID: 'DECOY-ID',
          AWS_SECRET_ACCESS_KEY: 'DECOY-SECRET',
        },
        ...{ AWS_PROFILE: 'DECOY-PROFILE', HF_TOKEN: 'DECOY-TOKEN' },
      },
    });
    mkdirSync(`${bench.dataDir}/aws`, { recursive: true });
    writeFileSync(bench.folders.aws('credentials'), 'DECOY-ROOT');
    const script = `
import os, subprocess
print('env', dict(os.environ))
for place in ('${home}/.aws/credentials', '${bench.folders.aws('credentials')}', os.path.expanduser('~/.aws/credentials')):
    print(place, os.path.exists(place))
print(subprocess.run(['cat', os.environ['AWS_CONFIG_FILE']], capture_output=True, text=True).stdout)
`;
    expect((await bench.run(await bench.spec(script))).outcome).toEqual({ status: 'Completed' });
    expect(bench.lines().join('\n')).not.toContain('DECOY');
    expect(bench.lines().filter((line) => line.endsWith('credentials True'))).toEqual([]);
  });

  test('act as anybody but its role: boto3 finds the role’s keys and the sandbox’s endpoint', async () => {
    const bench = TrainingBench.open();
    const script = `
import boto3
session = boto3.session.Session()
keys = session.get_credentials().get_frozen_credentials()
print(keys.access_key, keys.token, session.region_name, session.client('s3').meta.endpoint_url)
`;
    expect((await bench.run(await bench.spec(script))).outcome, bench.lines().join('\n')).toEqual({
      status: 'Completed',
    });
    expect(bench.lines()).toContain('ASIAROLE role-token us-east-1 http://127.0.0.1:9');
  });

  test('make the sandbox read or write files elsewhere, by links in the places that it looks at', async () => {
    const bench = TrainingBench.open();
    const secret = mkdtempSync(path.join(tmpdir(), 'person-'));
    folders.push(secret);
    writeFileSync(`${secret}/key`, 'SECRET');
    const failing = `import os; os.symlink('${secret}/key', '/opt/ml/output/failure'); os.symlink('${secret}/made', '/opt/ml/output/success')`;
    const { outcome } = await bench.run(await bench.spec(`${failing}; raise SystemExit(1)`));
    expect(outcome).toMatchObject({ reason: 'AlgorithmError: , exit code: 1' });
    expect((await bench.run(await bench.spec(failing))).outcome).toEqual({ status: 'Completed' });
    expect(readdirSync(secret)).toEqual(['key']);
    const replaced = `import os; os.rmdir('/opt/ml/model'); os.symlink('${secret}', '/opt/ml/model')`;
    expect((await bench.run(await bench.spec(replaced))).outcome).toMatchObject({
      reason: expect.stringContaining('replaced /opt/ml/model') as string,
    });
  });

  test('change S3’s objects through its input', async () => {
    const bench = TrainingBench.open();
    await bench.put('data/a.txt', 'original');
    const script = `
try:
    open('/opt/ml/input/data/training/a.txt', 'w').write('changed')
except OSError as error:
    print('refused', error.strerror)
open('/opt/ml/input/data/training/cache', 'w').write('new files are fine')
`;
    const spec = await bench.spec(script, { channels: [channel('training', `s3://${bucket}/data/`)] });
    expect((await bench.run(spec)).outcome).toEqual({ status: 'Completed' });
    expect(bench.lines()).toContain('refused Permission denied');
    expect(bench.object('data/a.txt').toString()).toBe('original');
  });
});
