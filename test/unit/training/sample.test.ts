import { readdirSync, readFileSync, statSync } from 'node:fs';
import { parse } from 'jsonc-parser';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { functionEntry, policyFile, policyText } from '../../../src/launch/proposeFunction.js';
import { handlerPlace } from '../../../src/project/functions.js';
import { readProject } from '../../../src/project/read.js';

const training = path.resolve(import.meta.dirname, '../../../training');
const classes = ['Ankle_boot', 'Bag', 'Coat', 'Dress', 'Pullover', 'Sandal', 'Shirt', 'Sneaker', 'T-shirt', 'Trouser'];
const pictures = path.join(training, 'data/fashion-mnist');

describe("the sample's project file", () => {
  const { project, diagnostics } = readProject(readFileSync(path.join(training, 'sagemaker.jsonc'), 'utf8'));

  test('has nothing to complain about', () => {
    expect(diagnostics).toEqual([]);
  });

  test('names scripts and data that are there', () => {
    const { jobs = {}, endpoints = {}, functions = {}, data = {} } = project ?? {};
    const named = [
      ...Object.values(jobs).map(({ script }) => script),
      ...Object.values(endpoints).map(({ inference }) => inference),
      ...Object.values(data).map((entry) => entry.path),
      ...Object.values(functions).flatMap((wanted) => [handlerPlace(wanted).file, wanted.policy ?? '']),
    ];
    expect([...new Set(named)]).toEqual([
      'train.py',
      'inference.py',
      'data/fashion-mnist',
      'lambda_function.py',
      'policies/predict.json',
    ]);
    for (const file of named) expect(() => statSync(path.join(training, file))).not.toThrow();
  });

  test('has the function that the wizard proposes for its endpoint, with the least policy for it', () => {
    const choice = { name: 'predict', endpoint: 'classifier', memorySize: 256, timeout: 30, alias: 'live' };
    const text = readFileSync(path.join(training, 'sagemaker.jsonc'), 'utf8');
    const { functions } = parse(text) as { functions: Record<string, unknown> };
    expect(functions['predict']).toEqual(functionEntry(choice));
    const policy = readFileSync(path.join(training, policyFile('predict')), 'utf8');
    expect(JSON.parse(policy)).toEqual(JSON.parse(policyText('breeds', choice)));
  });

  test("takes every metric of train.py's last line", () => {
    const line =
      'best_epoch=10 train_loss=4.550e-01 valid_loss=0.3531 valid_accuracy=0.8600 test_loss=0.5233 test_accuracy=0.8350';
    const metrics = Object.entries(project?.jobs['train']?.metrics ?? {});
    const found = metrics.map(([name, regex]) => [name, Number(new RegExp(regex).exec(line)?.[1])]);
    expect(Object.fromEntries(found)).toEqual({
      train_loss: 0.455,
      valid_loss: 0.3531,
      valid_accuracy: 0.86,
      test_loss: 0.5233,
      test_accuracy: 0.835,
    });
  });
});

describe("the sample's pictures", () => {
  const files = ['train', 'valid', 'test'].flatMap((split) =>
    readdirSync(path.join(pictures, split)).flatMap((label) =>
      readdirSync(path.join(pictures, split, label)).map((name) => ({
        split,
        label,
        content: readFileSync(path.join(pictures, split, label, name)),
      })),
    ),
  );

  test('are 60, 20 and 20 of each of ten classes, in at most 700 KB', () => {
    const counts = new Map<string, number>();
    for (const { split, label } of files) counts.set(`${split}/${label}`, (counts.get(`${split}/${label}`) ?? 0) + 1);
    const perClass = { train: 60, valid: 20, test: 20 };
    expect(Object.fromEntries(counts)).toEqual(
      Object.fromEntries(
        classes.flatMap((label) => Object.entries(perClass).map(([split, count]) => [`${split}/${label}`, count])),
      ),
    );
    expect(files.reduce((bytes, { content }) => bytes + content.length, 0)).toBeLessThanOrEqual(700_000);
  });

  test('are PNG files of 28 by 28 pixels, grey, 8 bits', () => {
    // Signature, then the IHDR chunk: length, name, width, height, depth, colour type (PNG specification, 11.2.1).
    const head = Buffer.from('89504e470d0a1a0a0000000d494844520000001c0000001c0800', 'hex');
    const others = files.filter(({ content }) => !content.subarray(0, head.length).equals(head));
    expect(others.map(({ split, label }) => `${split}/${label}`)).toEqual([]);
  });

  test('are all different, so that nothing is tested on what was trained', () => {
    expect(new Set(files.map(({ content }) => content.toString('base64'))).size).toBe(1000);
  });
});
