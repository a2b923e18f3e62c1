import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  channelsRead,
  flagOf,
  hyperparametersOf,
  isTaken,
  onlyFlags,
  scriptArguments,
} from '../../../src/python/argparse.js';
import { printedMetrics } from '../../../src/python/printedMetrics.js';
import { Script } from '../../../src/python/script.js';

const root = path.resolve(import.meta.dirname, '..', '..', '..');
const sample = new Script(readFileSync(path.join(root, 'training', 'train.py'), 'utf8'));

describe('arguments of a script', () => {
  test('the sample declares its hyperparameters, and what the environment sets is none', () => {
    const found = scriptArguments(sample);
    expect(hyperparametersOf(found).map(({ name }) => name)).toEqual(
      expect.arrayContaining(['epochs', 'learning-rate', 'batch-size', 'model', 'fine-tune']),
    );
    expect(found.find(({ name }) => name === 'learning-rate')).toMatchObject({ default: 0.01 });
    expect(found.find(({ name }) => name === 'fine-tune')).toMatchObject({ choices: ['last', 'all'], default: 'last' });
    expect(found.filter(({ environment }) => environment !== undefined).map(({ environment }) => environment)).toEqual(
      expect.arrayContaining(['SM_CHANNEL_TRAINING', 'SM_MODEL_DIR']),
    );
  });

  test('defaults that are computed are unknown, negative numbers and lists are not', () => {
    const script = new Script(`
import argparse, os
p = argparse.ArgumentParser()
p.add_argument("-b", "--bias", type=float, default=-1e-3)
p.add_argument("--layers", default=[64, 32])
p.add_argument("--name", default="it" 's', required=True)
p.add_argument("--workers", default=os.cpu_count())
p.add_argument("--amp", action="store_true")
p.add_argument("data")
p.add_argument('--data', default=os.environ['SM_CHANNEL_TRAINING'])`);
    expect(scriptArguments(script).map(({ name, default: value }) => [name, value])).toEqual([
      ['bias', -0.001],
      ['layers', [64, 32]],
      ['name', 'its'],
      ['workers', undefined],
      ['amp', undefined],
      ['data', undefined],
    ]);
    expect(hyperparametersOf(scriptArguments(script)).map(({ name }) => name)).toEqual([
      'bias',
      'layers',
      'name',
      'workers',
    ]);
    expect(channelsRead(script)).toEqual(['training']);
  });

  test('a half-written script is read as far as it goes', () => {
    const script = new Script('p.add_argument("--lr", default=0.1)\np.add_argument("--mom", defau');
    expect(scriptArguments(script)[0]).toMatchObject({ name: 'lr', default: 0.1 });
  });
});

describe('flags that a script stops at', () => {
  const usual = `
import argparse
def add_model(p):
  p.add_argument("--model", "-m")
parser = argparse.ArgumentParser(description="x")
add_model(parser)
group = parser.add_argument_group("training")
group.add_argument("--learning-rate", type=float)
args = parser.parse_args()`;

  test('are all but its own, when it can be told', () => {
    expect(onlyFlags(new Script(usual))).toEqual(['--model', '-m', '--learning-rate']);
    expect(onlyFlags(sample)).toEqual(expect.arrayContaining(['--epochs', '--learning-rate', '--model-dir']));
  });

  test.each([
    ['parse_args()', 'parse_known_args()[0]'],
    ['parse_args()', 'parse_args(["--model", "a"])'],
    ['"--learning-rate"', '*names'],
    ['"--learning-rate"', 'prefix + "rate"'],
    ['add_model(parser)', 'trainer.add_arguments(parser)'],
    ['add_model(parser)', 'trainer.setup(parser=parser)'],
    ['description="x"', 'parents=[common]'],
    ['description="x"', 'prefix_chars="+"'],
    ['parser = argparse', 'other = argparse.ArgumentParser()\nparser = argparse'],
    ['argparse.ArgumentParser', 'configargparse.ArgumentParser'],
    ['parser.add_argument_group("training")', 'parser.add_subparsers().add_parser("x")'],
  ])('cannot be told: %s → %s', (from, to) => {
    expect(usual).toContain(from);
    expect(onlyFlags(new Script(usual.replace(from, to)))).toBeUndefined();
  });

  test('a beginning of a flag is taken, one letter has one hyphen', () => {
    expect(isTaken(flagOf('learn'), ['--learning-rate'])).toBe(true);
    expect(isTaken(flagOf('learning_rate'), ['--learning-rate'])).toBe(false);
    expect(isTaken(flagOf('k'), ['--k'])).toBe(false);
    expect(isTaken(flagOf('k'), ['-k', '--neighbours'])).toBe(true);
  });
});

describe('metrics that a script prints', () => {
  test('f-strings, format and % all count; counters do not', () => {
    const script = new Script(`
print(f"epoch={epoch} train_loss={loss:.4f} valid_accuracy={right / n:.3f} {rest}")
logger.info("Testing Loss: {}".format(total))
logging.info("Test set: Average loss: %.4f, acc: %d" % (a, b))
x = "no metric: {}".format(y)
print(f"device: {'cuda' if gpu else 'cpu'}")`);
    const found = printedMetrics(script);
    expect(found.map(({ name }) => name)).toEqual([
      'train_loss',
      'valid_accuracy',
      'Testing_Loss',
      'Average_loss',
      'acc',
    ]);
    const line = 'epoch=3 train_loss=0.5121 valid_accuracy=0.9e-1';
    expect(new RegExp(found[0]?.regex ?? '').exec(line)?.[1]).toBe('0.5121');
    expect(new RegExp(found[1]?.regex ?? '').exec(line)?.[1]).toBe('0.9e-1');
    expect(new RegExp(found[2]?.regex ?? '').exec('Testing Loss: 99.0')?.[1]).toBe('99.0');
  });

  test('the sample prints those that its project file names', () => {
    const names = printedMetrics(sample).map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['test_loss', 'test_accuracy']));
  });
});

test('functions at the top level are known by name', () => {
  const script = new Script(
    'def model_fn(d):\n  def inner(): pass\nasync def x(): pass\nclass A:\n  def predict_fn(self): pass\n',
  );
  expect(script.functions()).toEqual(expect.arrayContaining(['model_fn']));
  expect(script.functions()).not.toContain('predict_fn');
  expect(script.functions()).not.toContain('inner');
});
