import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../../src/sandbox/engines/process/machine.js';
import { Conversation, finished, fixtures, type Run, SampleCopy, someData } from '../support/samplePython.js';

const usual = ['--model', 'small', '--epochs', '2', '--learning-rate', '0.03'];

let sample: SampleCopy;
let script: string;
/** One process that runs train.py again and again. */
let trainings: Conversation;
let trained: Run;
let model: string;

beforeAll(async () => {
  sample = await SampleCopy.make();
  script = path.join(sample.folder, 'train.py');
  model = path.join(sample.folder, 'out/model');
  const torchHome = { TORCH_HOME: path.join(sample.scratch, 'torch') };
  trainings = new Conversation(sample.start([path.join(fixtures, 'train_each.py'), script], torchHome));
  trained = await sample.run([script, ...usual]);
});
afterAll(async () => {
  await trainings.end();
  sample.remove();
});

const train = async (...options: string[]): Promise<Run> =>
  (await trainings.ask(['--model-dir', path.join(sample.scratch, 'unused'), ...options])) as Run;

function metric(output: string, name: string): number {
  const values = [...output.matchAll(new RegExp(`\\b${name}=([0-9.e-]+)`, 'g'))].map(([, value]) => Number(value));
  return values.at(-1) ?? Number.NaN;
}

describe('train.py', () => {
  test('trains bare on the data beside it, one line an epoch, and tests the weights that it kept', () => {
    expect(trained).toMatchObject({ code: 0, stderr: '' });
    const epochs = trained.stdout.match(/^epoch=\d train_loss=[\d.]+ valid_loss=[\d.]+ valid_accuracy=[\d.]+ /gm);
    expect(epochs).toHaveLength(2);
    expect(trained.stdout).toMatch(/^best_epoch=\d .*valid_loss=[\d.]+ .*test_loss=[\d.]+ test_accuracy=[\d.]+$/m);
    // Sixty pictures of ten classes: by chance it would be 0.1.
    expect(metric(trained.stdout, 'test_accuracy')).toBeGreaterThan(0.3);
  });

  test('saves a model that can be deployed as it is', () => {
    const files = readdirSync(model, { recursive: true }).map(String).sort();
    expect(files).toEqual([
      'code',
      'code/classifier.py',
      'code/image_url.py',
      'code/inference.py',
      'config.json',
      'labels.json',
      'model.pth',
    ]);
    const labels = JSON.parse(readFileSync(path.join(model, 'labels.json'), 'utf8')) as Record<string, string>;
    expect([labels['0'], labels['8']]).toEqual(['Ankle boot', 'T-shirt']);
  });

  test('gives the same figures for the same seed', async () => {
    const again = await train(...usual);
    const figures = (output: string) => output.replaceAll(/ seconds=[\d.]+/g, '');
    expect(figures(again.stdout)).toBe(figures(trained.stdout));
  });

  test('reports means over pictures, so that the batch size does not change a loss', async () => {
    const losses = [];
    for (const size of ['7', '20', '64']) {
      const options = ['--learning-rate', '1e-12', '--batch-size', size];
      losses.push(metric((await train('--model', 'small', '--epochs', '1', ...options)).stdout, 'valid_loss'));
    }
    expect(losses[0]).toBeGreaterThan(1);
    for (const loss of losses) expect(loss).toBeCloseTo(losses[0] ?? 0, 3);
  });

  test('trains all layers of a network whose ImageNet weights are in TORCH_HOME', async () => {
    const checkpoints = path.join(sample.scratch, 'torch/hub/checkpoints');
    mkdirSync(checkpoints, { recursive: true });
    const save = `
import sys, torch
from torchvision.models import resnet18, ResNet18_Weights
file = sys.argv[1] + "/" + ResNet18_Weights.DEFAULT.url.split("/")[-1]
torch.save(resnet18(weights=None).state_dict(), file)`;
    expect(await sample.run(['-c', save, checkpoints])).toMatchObject({ code: 0 });
    const options = [
      '--fine-tune',
      'all',
      '--image-size',
      '32',
      '--epochs',
      '1',
      '--model-dir',
      `${sample.scratch}/resnet`,
    ];
    const run = await train(...options);
    expect(run).toMatchObject({ code: 0, stderr: '' });
    expect(run.stdout).toContain('(all layers of resnet18)');
    const config = JSON.parse(readFileSync(`${sample.scratch}/resnet/config.json`, 'utf8')) as unknown;
    expect(config).toMatchObject({ architecture: 'resnet18', classes: 10, image_size: 32 });
  });

  test('keeps the best weights so far and ends with 0 when it is told to stop', async () => {
    const stopped = path.join(sample.scratch, 'stopped');
    const child = sample.start([script, '--model', 'small', '--epochs', '100000', '--model-dir', stopped]);
    child.stdout?.once('data', () => child.stdout?.once('data', () => child.kill('SIGTERM')));
    const run = await finished(child);
    expect(run).toMatchObject({ code: 0, stderr: '' });
    expect(run.stdout).toMatch(/^Stopped: the best weights so far are kept\. best_epoch=\d+ .*valid_loss=/m);
    expect(readdirSync(stopped).sort()).toEqual(['code', 'config.json', 'labels.json', 'model.pth']);
  });

  test('gives the same figures with however many readers', async () => {
    const figures = (output: string) => output.replaceAll(/ seconds=[\d.]+/g, '');
    expect(figures((await train(...usual, '--workers', '2')).stdout)).toBe(figures(trained.stdout));
  });

  test.each([
    ['a folder that is not there', () => path.join(sample.scratch, 'nowhere'), 'There is no folder'],
    [
      'no valid/',
      () => brokenData('no-valid', (data) => rmSync(path.join(data, 'valid'), { recursive: true })),
      'no folder valid/ (there is: test, train)',
    ],
    ['an empty class', () => brokenData('empty', (data) => mkdirSync(path.join(data, 'train/Hat'))), 'Hat'],
    [
      'a class that train/ does not have',
      () => brokenData('unknown', (data) => mkdirSync(path.join(data, 'test/Hat'))),
      "has the class 'Hat', which train/ does not have",
    ],
    [
      'a file that is no picture',
      () => brokenData('text', (data) => writeFileSync(path.join(data, 'train/Bag/x.png'), 'x')),
      'x.png is no picture that can be read',
    ],
  ])('says in one line what is wrong with %s', async (_, data, reason) => {
    const { code, stderr } = await train('--model', 'small', '--training', data());
    expect(code).toBe(1);
    expect(stderr).toContain(reason);
    expect(stderr.trimEnd()).toMatch(/^ValueError: [^\n]+$/);
  });

  test('numbers classes as in train/ when valid/ has not all of them', async () => {
    const data = brokenData('fewer', (target) => {
      for (const label of ['Ankle_boot', 'Bag', 'Coat']) rmSync(path.join(target, 'valid', label), { recursive: true });
    });
    const options = ['--epochs', '8', '--learning-rate', '0.03'];
    const { stdout } = await train('--model', 'small', '--training', data, ...options);
    // With numbers of its own, each of the seven classes would be taken for another one.
    expect(metric(stdout, 'valid_accuracy')).toBeGreaterThan(0.4);
  });

  test('refuses arguments that make no sense', async () => {
    const { code, stderr } = await train('--epochs', '0');
    expect(code).toBe(2);
    expect(stderr).toContain("--epochs: '0' is not a whole number from 1 on");
  });
});

describe('a checkpoint', () => {
  const final = (output: string) => /^best_epoch=.*$/m.exec(output)?.[0];
  const options = ['--model', 'small', '--epochs', '6', '--learning-rate', '0.03', '--seed', '3'];
  const on = (folder: string) => [...options, '--checkpoint-dir', path.join(sample.scratch, folder)];

  test('is what a killed training goes on from, to the same end as one that was left alone', async () => {
    const alone = await train(...options);
    const child = sample.start([script, ...on('killed'), '--model-dir', path.join(sample.scratch, 'killed-model')]);
    let epochs = 0;
    child.stdout?.on('data', (chunk: Buffer) => {
      epochs += chunk.toString().match(/^epoch=/gm)?.length ?? 0;
      if (epochs >= 3) child.kill('SIGKILL');
    });
    const killed = await finished(child);
    expect(killed.stdout).not.toContain('best_epoch=');

    // On a fresh host there is no model yet.
    const fresh = path.join(sample.scratch, 'fresh-model');
    const resumed = await train(...on('killed'), '--model-dir', fresh);
    expect(final(resumed.stdout)).toBe(final(alone.stdout));
    expect(final(alone.stdout)).toBeDefined();
    const weights = (output: string) => /weights_sha256=\w+/.exec(output)?.[0];
    expect(weights(resumed.stdout)).toBe(weights(alone.stdout));
    expect(readdirSync(fresh)).toContain('model.pth');
    // The epoch that had been printed last may not have been saved yet; no more is lost.
    const last = Number([...killed.stdout.matchAll(/^epoch=(\d+)/gm)].at(-1)?.[1]);
    const from = Number(/Going on after epoch (\d+)/.exec(resumed.stdout)?.[1]);
    expect([last, last - 1]).toContain(from);
    expect(resumed.stdout).toMatch(new RegExp(`^epoch=${from + 1} `, 'm'));

    // All is done: what is left is the test.
    expect(final((await train(...on('killed'))).stdout)).toBe(final(alone.stdout));
  });

  test('of other settings is not gone on from', async () => {
    await train(...on('other'));
    const { stdout } = await train(...on('other'), '--learning-rate', '0.01', '--epochs', '1');
    expect(stdout).toMatch(
      /checkpoint\.pth is of a training with another epochs, learning_rate: this one starts anew\./,
    );
    expect(stdout).toMatch(/^epoch=1 /m);
  });
});

describe('several ranks', () => {
  let port = 0;
  beforeAll(async () => void (port = await freePort()));

  /** Runs train.py once with each environment, at one time. */
  const together = (environments: readonly Record<string, string>[], ...options: string[]): ChildProcess[] => {
    const meeting = { MASTER_ADDR: '127.0.0.1', MASTER_PORT: String(port), GLOO_SOCKET_IFNAME: 'lo' };
    return environments.map((environment, index) =>
      sample.start([script, '--model-dir', path.join(sample.scratch, `rank-${index}`), ...options], {
        ...meeting,
        ...environment,
      }),
    );
  };
  const byTorchrun = [0, 1].map((rank) => ({ RANK: String(rank), WORLD_SIZE: '2', LOCAL_RANK: '0' }));
  const plainly = ['algo-1', 'algo-2'].map((host) => ({ SM_HOSTS: '["algo-1","algo-2"]', SM_CURRENT_HOST: host }));
  const options = [...usual, '--batch-size', '20'];

  test.each([
    ['that torchrun has numbered', byTorchrun],
    ['that are SageMaker’s hosts without a launcher', plainly],
  ])('%s train what one alone would train', async (_, environments) => {
    const alone = await train(...options);
    const runs = await Promise.all(together(environments, ...options).map(finished));
    for (const run of runs) expect(run).toMatchObject({ code: 0, stderr: '' });
    const [first, second] = runs.map(({ stdout }) => stdout) as [string, string];

    for (const name of ['train_loss', 'valid_loss', 'valid_accuracy', 'test_loss', 'test_accuracy']) {
      expect(metric(first, name), name).toBeCloseTo(metric(alone.stdout, name), 3);
    }
    // The first alone tells and writes; both end with the same weights, having read two halves.
    expect(second).not.toMatch(/loss=/);
    expect(existsSync(path.join(sample.scratch, 'rank-1'))).toBe(false);
    expect(readdirSync(path.join(sample.scratch, 'rank-0'))).toContain('model.pth');
    const weights = [first, second].map((output) => /^weights_sha256=(\w{64}) rank=\d world=2$/m.exec(output)?.[1]);
    expect(weights[0]).toBeDefined();
    expect(weights[0]).toBe(weights[1]);
    const samples = [first, second].map(
      (output) => /^samples=30 of=60 samples_sha256=(\w{64}) rank=\d world=2$/m.exec(output)?.[1],
    );
    expect(new Set([...samples, undefined]).size).toBe(3);
    rmSync(path.join(sample.scratch, 'rank-0'), { recursive: true });
  });

  test('stop together when one of them is told to', async () => {
    const [first, second] = together(byTorchrun, '--model', 'small', '--epochs', '100000', '--batch-size', '20');
    let told = false;
    first?.stdout?.on('data', (chunk: Buffer) => {
      if (!told && chunk.toString().includes('epoch=')) told = Boolean(second?.kill('SIGTERM'));
    });
    const runs = await Promise.all([first, second].map((child) => finished(child!)));
    for (const run of runs) expect(run).toMatchObject({ code: 0, stderr: '' });
    expect(runs[0]!.stdout).toMatch(/^best_epoch=.*test_accuracy=/m);
  });

  test('share a step: what cannot be divided is refused', async () => {
    const runs = await Promise.all(together(byTorchrun, '--model', 'small', '--batch-size', '25').map(finished));
    for (const { code, stderr } of runs) {
      expect(code).toBe(1);
      expect(stderr).toContain('ValueError: --batch-size 25 cannot be divided by 2 processes.');
    }
  });
});

function brokenData(name: string, change: (data: string) => void): string {
  const data = path.join(sample.scratch, name);
  someData(data);
  change(data);
  return data;
}
