import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Interpreters } from '../../src/core/interpreter.js';
import type { Objects } from '../../src/sandbox/store/objects.js';
import { tarGz, unpackTarGz } from '../support/archives.js';
import { bucket, channel, TrainingBench } from '../support/trainingBench.js';

describe('a job that succeeds', () => {
  test('gets data, arguments and variables as the official container gives them, and its model goes to S3', async () => {
    const bench = TrainingBench.open();
    await bench.put('data/dogs/train/001.Affenpinscher/a.jpg', 'a');
    await bench.put('data/dogs/valid/b.jpg', 'b');
    const spec = await bench.spec(
      `
import argparse, json, os, socket, sys
parser = argparse.ArgumentParser()
parser.add_argument('--batch-size', type=int)
parser.add_argument('--note')
parser.add_argument('--data', default=os.environ['SM_CHANNEL_TRAINING'])
args = parser.parse_args()
files = sorted(os.path.relpath(os.path.join(folder, name), args.data) for folder, _, names in os.walk(args.data) for name in names)
print('batch', args.batch_size, 'note', args.note)
json.dump({'files': files, 'cwd': os.getcwd(), 'config': sorted(os.listdir('/opt/ml/input/config')), 'argv': sys.argv,
           'host': socket.gethostname(), 'ip': socket.gethostbyname(os.environ['MASTER_ADDR']), 'hps': os.environ['SM_HPS'],
           'threads': os.environ['OMP_NUM_THREADS']}, open(os.path.join(os.environ['SM_MODEL_DIR'], 'seen.json'), 'w'))
open(os.path.join(os.environ['SM_OUTPUT_DATA_DIR'], 'report.txt'), 'w').write('fine')
`,
      {
        channels: [channel('training', `s3://${bucket}/data/dogs`)],
        hyperparameters: { 'batch-size': '64', note: '"a $(touch /tmp/x) \\"b\\""' },
      },
    );
    const { outcome, artifacts, phases } = await bench.run(spec);

    expect(outcome, bench.lines().join('\n')).toEqual({ status: 'Completed' });
    expect(phases).toEqual(['Starting', 'Downloading', 'Training', 'Uploading']);
    expect(artifacts).toBe(`s3://${bucket}/out/job-1/output/model.tar.gz`);
    const files = await unpackTarGz(bench.object('out/job-1/output/model.tar.gz'));
    expect(JSON.parse(files['seen.json']!)).toEqual({
      files: ['train/001.Affenpinscher/a.jpg', 'valid/b.jpg'],
      cwd: '/opt/ml/code',
      config: ['hyperparameters.json', 'inputdataconfig.json', 'resourceconfig.json'],
      argv: ['train.py', '--batch-size', '64', '--note', 'a $(touch /tmp/x) "b"'],
      host: 'algo-1',
      // Of the job's own: another one may listen on the same port.
      ip: expect.stringMatching(/^127\.\d+\.\d+\.1$/) as string,
      hps: '{"batch-size":64,"note":"a $(touch /tmp/x) \\"b\\""}',
      threads: '1',
    });
    expect(await unpackTarGz(bench.object('out/job-1/output/output.tar.gz'))).toEqual({ 'report.txt': 'fine' });
  });

  test('logs banner and output, in order, to SageMaker’s group and the host’s stream', async () => {
    const bench = TrainingBench.open();
    const script = 'import sys\nfor i in range(50): print("out", i); print("err", i, file=sys.stderr)\n';
    await bench.run(await bench.spec(script));
    expect(new Set(bench.log.map(({ group }) => group))).toEqual(new Set(['/aws/sagemaker/TrainingJobs']));
    expect(bench.log[0]?.stream).toMatch(/^job-1\/algo-1-\d{10}$/);
    const lines = bench.lines();
    expect(lines.find((line) => line.endsWith('Invoking user script'))).toMatch(
      /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} sagemaker-training-toolkit INFO {5}Invoking user script$/,
    );
    expect(lines).toContain('SM_USER_ENTRY_POINT=train.py');
    expect(lines.filter((line) => /^(out|err) /.test(line))).toEqual(
      Array.from({ length: 50 }, (_, i) => [`out ${i}`, `err ${i}`]).flat(),
    );
    expect(lines.at(-1)).toMatch(/Reporting training SUCCESS$/);
  });

  test('is measured by its metric definitions, and bad definitions are named and left out', async () => {
    const bench = TrainingBench.open();
    const spec = await bench.spec('for i in range(3): print(f"epoch={i} valid_loss={1 / (i + 1):.3f}")', {
      metrics: [
        { name: 'valid_loss', regex: 'valid_loss=([0-9.e-]+)' },
        { name: 'no group', regex: 'valid_loss=' },
        { name: 'broken', regex: '(' },
      ],
    });
    const { metrics } = await bench.run(spec);
    expect(bench.measured.map(({ name, value }) => [name, value])).toEqual([
      ['valid_loss', 1],
      ['valid_loss', 0.5],
      ['valid_loss', 0.333],
    ]);
    expect(bench.measured[0]?.dimensions).toEqual({ TrainingJobName: 'job-1' });
    expect(metrics.at(-1)).toEqual({ name: 'valid_loss', value: 0.333 });
    const remarks = bench.lines().filter((line) => line.includes('is not measured'));
    expect(remarks).toEqual([expect.stringContaining('"no group"'), expect.stringContaining('"broken"')]);
  });

  test('uploads the folder itself when compression is NONE', async () => {
    const bench = TrainingBench.open();
    const script = 'import os\nos.makedirs("/opt/ml/model/code")\nopen("/opt/ml/model/code/a", "w").write("x")\n';
    const { artifacts } = await bench.run(await bench.spec(script, { compression: 'NONE' }));
    expect(artifacts).toBe(`s3://${bucket}/out/job-1/output/model/`);
    expect(bench.object('out/job-1/output/model/code/a').toString()).toBe('x');
  });

  test('leaves no folder behind', async () => {
    const bench = TrainingBench.open();
    await bench.run(await bench.spec('print(1)'));
    expect(readdirSync(bench.folders.trainingJobs())).toEqual([]);
  });

  test('runs a shell script with its arguments untouched', async () => {
    const bench = TrainingBench.open();
    const spec = await bench.spec('', {
      files: { 'run.sh': 'python -c "import sys; print(sys.argv)" "$@"; echo on stderr > /dev/stderr\n' },
      hyperparameters: { sagemaker_program: 'run.sh', name: 'a b;c' },
    });
    expect((await bench.run(spec)).outcome).toEqual({ status: 'Completed' });
    expect(bench.lines()).toEqual(expect.arrayContaining(["['-c', '--name', 'a b;c']", 'on stderr']));
  });

  test('runs SDK v3’s form, with literal /opt/ml paths', async () => {
    const bench = TrainingBench.open();
    await bench.put(
      'v3/sm_drivers/sm_train.sh',
      '#!/bin/bash\ncd /opt/ml/input/data/code && python train.py "$SM_X"\n',
    );
    await bench.put('v3/code/train.py', 'import sys; open("/opt/ml/model/m", "w").write(sys.argv[1])');
    const driver = '/opt/ml/input/data/sm_drivers/sm_train.sh';
    const spec = await bench.spec('', {
      entrypoint: ['/bin/bash'],
      arguments: ['-c', `chmod +x ${driver} && ${driver}`],
      environment: { SM_X: 'v3' },
      channels: [channel('code', `s3://${bucket}/v3/code/`), channel('sm_drivers', `s3://${bucket}/v3/sm_drivers/`)],
    });
    expect((await bench.run(spec)).outcome, bench.lines().join('\n')).toEqual({ status: 'Completed' });
    expect(await unpackTarGz(bench.object('out/job-1/output/model.tar.gz'))).toEqual({ m: 'v3' });
  });

  test('may install packages, which stay in the job', async () => {
    const bench = TrainingBench.open();
    const files = { 'requirements.txt': './tiny_dep-1.0-py3-none-any.whl\n', 'tiny_dep-1.0-py3-none-any.whl': wheel() };
    const spec = await bench.spec('import tiny_dep; print("dep", tiny_dep.value, tiny_dep.__file__)', { files });
    expect((await bench.run(spec)).outcome, bench.lines().join('\n')).toEqual({ status: 'Completed' });
    expect(bench.lines().find((line) => line.startsWith('dep 42'))).toContain(bench.dataDir);
  });

  test('does not ask pip for what is installed already', async () => {
    const bench = TrainingBench.open();
    const spec = await bench.spec('print(1)', { files: { 'requirements.txt': '# the lot\npip>=1.0\n' } });
    expect((await bench.run(spec)).outcome, bench.lines().join('\n')).toEqual({ status: 'Completed' });
    expect(bench.lines()).toContain('[sagemaker-sandbox] Everything in requirements.txt is installed already.');
  });
});

/** The smallest wheel: one module. */
function wheel(): Buffer {
  const script = `
import io, sys, zipfile
buffer = io.BytesIO()
with zipfile.ZipFile(buffer, 'w') as file:
    file.writestr('tiny_dep.py', 'value = 42')
    file.writestr('tiny_dep-1.0.dist-info/METADATA', 'Metadata-Version: 2.1\\nName: tiny-dep\\nVersion: 1.0\\n')
    file.writestr('tiny_dep-1.0.dist-info/WHEEL', 'Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')
    file.writestr('tiny_dep-1.0.dist-info/RECORD', '')
sys.stdout.buffer.write(buffer.getvalue())
`;
  return execFileSync('/usr/bin/python3', ['-c', script]);
}

describe('a job that fails', () => {
  test('gives the script’s error as the toolkit words it', async () => {
    const bench = TrainingBench.open();
    const { outcome, artifacts } = await bench.run(await bench.spec('print("x")\nraise ValueError("no data")'));
    expect(outcome).toEqual({
      status: 'Failed',
      reason: expect.stringMatching(
        /^AlgorithmError: ExecuteUserScriptError:\nExitCode 1\n.* train\.py", exit code: 1$/s,
      ) as string,
      exitCode: 1,
    });
    // The toolkit keeps everything from the first line on that names an error: here the traceback's line of source.
    const message = 'ErrorMessage "raise ValueError("no data")\n ValueError: no data"\nCommand "';
    expect(outcome).toMatchObject({ reason: expect.stringContaining(message) as string });
    expect(artifacts).toBeUndefined();
  });

  test('shows the failure file that the script wrote itself', async () => {
    const bench = TrainingBench.open();
    const script = 'open("/opt/ml/output/failure", "w").write("disk of class 12 is empty")\nraise SystemExit(3)';
    const { outcome } = await bench.run(await bench.spec(script));
    expect(outcome).toMatchObject({ reason: 'AlgorithmError: disk of class 12 is empty, exit code: 1' });
  });

  test('names the interpreter and the way out when a module is missing', async () => {
    const bench = TrainingBench.open();
    const { outcome } = await bench.run(await bench.spec('import surely_not_there'));
    expect(outcome).toMatchObject({
      reason: expect.stringMatching(/\/usr\/bin\/python3 .*has no "surely_not_there".*requirements\.txt/) as string,
    });
  });

  test('reports a script that was killed as SageMaker does', async () => {
    const bench = TrainingBench.open();
    const { outcome } = await bench.run(await bench.spec('import os, signal; os.kill(os.getpid(), signal.SIGKILL)'));
    expect(outcome).toMatchObject({
      reason: expect.stringContaining(
        'ExitCode 137\nErrorMessage ""\nExtraInfo "OutOfMemory: Process killed',
      ) as string,
    });
  });

  test.each([
    [
      'an empty channel',
      { channels: [channel('training', `s3://${bucket}/nothing/`)] },
      'No S3 objects found under S3 URL',
    ],
    ['an image that is no framework image', { image: 'alpine:3' }, 'cannot run the image alpine:3'],
    ['a bucket that is not there', { outputUri: 's3://nowhere/out' }, 'The bucket nowhere does not exist'],
    [
      'a source that is not there',
      { hyperparameters: { sagemaker_submit_directory: `s3://${bucket}/no` } },
      'there is no object',
    ],
    [
      'rights that the role lacks',
      {
        authorize: () => {
          throw new Error('User: x is not authorized to perform: s3:GetObject');
        },
      },
      'is not authorized',
    ],
  ])('says so: %s', async (_, changes, reason) => {
    const bench = TrainingBench.open();
    const { outcome } = await bench.run(await bench.spec('print(1)', changes));
    expect(outcome).toMatchObject({ status: 'Failed', reason: expect.stringContaining(reason) as string });
    expect(outcome).toMatchObject({ reason: expect.stringMatching(/^ClientError: /) as string });
  });

  test('says that the disk is full, and what to do', async () => {
    const bench = TrainingBench.open();
    await bench.put('data/a', 'a');
    const full = Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
    const objects = Object.create(bench.objects, { materialise: { value: () => Promise.reject(full) } }) as Objects;
    const crowded = TrainingBench.open({ objects });
    const spec = await bench.spec('print(1)', { channels: [channel('training', `s3://${bucket}/data/`)] });
    expect((await crowded.run(spec)).outcome).toMatchObject({
      reason: expect.stringMatching(/^ClientError: Data download failed:No space left .* Free some/) as string,
    });
  });

  test('never unpacks a source archive outside of its folder', async () => {
    const bench = TrainingBench.open();
    const spec = await bench.spec('print(1)');
    await bench.put('source/job-1.tar.gz', await tarGz({ '../../escaped': 'x' }));
    expect((await bench.run(spec)).outcome).toMatchObject({ reason: expect.stringContaining('leads out') as string });
    expect(existsSync(`${bench.dataDir}/jobs/escaped`)).toBe(false);
  });

  test('says where a Python was looked for when there is none', async () => {
    const bench = TrainingBench.open();
    const lost = TrainingBench.open({
      interpreters: new Interpreters({
        ...{ configured: '/nowhere/python', workingFolder: '/', searchPath: '' },
        cacheFile: bench.folders.interpreters(),
      }),
    });
    const { outcome } = await lost.run(await lost.spec('print(1)'));
    expect(outcome).toMatchObject({ reason: expect.stringContaining('--python /nowhere/python') as string });
  });

  test('fails of requirements that cannot be had, as the toolkit words it', async () => {
    const bench = TrainingBench.open({ environment: { PATH: process.env['PATH'], PIP_NO_INDEX: '1' } });
    const spec = await bench.spec('print(1)', { files: { 'requirements.txt': 'surely-not-a-package==9\n' } });
    const { outcome } = await bench.run(spec);
    expect(outcome).toMatchObject({
      reason: expect.stringMatching(/^AlgorithmError: InstallRequirementsError:\nExitCode 1\n/) as string,
    });
  });
});
