import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { unpackTarGz } from '../support/archives.js';
import { TrainingBench } from '../support/trainingBench.js';

describe('ending a job', () => {
  const patient = `
import signal, sys, time
def save(*_):
    open('/opt/ml/model/checkpoint', 'w').write('half-way')
    sys.exit(0)
signal.signal(signal.SIGTERM, save)
print('ready')
time.sleep(600)
`;

  test('stop lets the script save, and its model is uploaded', async () => {
    const bench = TrainingBench.open();
    const { outcome, artifacts } = await bench.run(
      await bench.spec(patient),
      (job) => void bench.logged('ready').then(() => job.stop()),
    );
    expect(outcome).toEqual({ status: 'Stopped', secondary: 'Stopped' });
    expect(artifacts).toBeDefined();
    expect(await unpackTarGz(bench.object('out/job-1/output/model.tar.gz'))).toEqual({ checkpoint: 'half-way' });
  });

  test('a script that ignores SIGTERM is killed after the time of grace', async () => {
    const bench = TrainingBench.open({ graceMs: 50 });
    const script =
      'import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint("ready")\ntime.sleep(600)';
    const { outcome } = await bench.run(
      await bench.spec(script),
      (job) => void bench.logged('ready').then(() => job.stop()),
    );
    expect(outcome).toEqual({ status: 'Stopped', secondary: 'Stopped' });
  });

  test('the longest running time ends a job like a stop', async () => {
    const bench = TrainingBench.open({ graceMs: 50 });
    const { outcome } = await bench.run(await bench.spec('import time; time.sleep(600)', { maxRuntimeSeconds: 1 }));
    expect(outcome).toEqual({ status: 'Stopped', secondary: 'MaxRuntimeExceeded' });
  });

  test('a job that is stopped at once never starts its script', async () => {
    const bench = TrainingBench.open();
    const { outcome } = await bench.run(await bench.spec('print("it ran")'), (job) => job.stop());
    expect(outcome).toEqual({ status: 'Stopped', secondary: 'Stopped' });
    expect(bench.lines()).not.toContain('it ran');
  });

  test('what the script left running ends with it', async () => {
    const bench = TrainingBench.open();
    const script = `
import os, time
if os.fork() == 0:
    os.setsid()
    time.sleep(600)
print('parent is done')
`;
    // The log's pipe is held by the child: the job ends only because the child does.
    expect((await bench.run(await bench.spec(script))).outcome).toEqual({ status: 'Completed' });
  });

  test('close ends every job and leaves no process', async () => {
    const bench = TrainingBench.open();
    const running = [1, 2].map(async (n) => bench.run(await bench.spec(patient, { name: `job-${n}` })));
    await bench.logged('ready');
    await bench.engine.close();
    for (const { outcome } of await Promise.all(running)) expect(outcome).toMatchObject({ status: 'Failed' });
    expect(readdirSync(bench.folders.trainingJobs())).toEqual([]);
  });
});
