import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
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

function brokenData(name: string, change: (data: string) => void): string {
  const data = path.join(sample.scratch, name);
  someData(data);
  change(data);
  return data;
}
