import { expect, test } from 'vitest';
import { chartsOf } from '../../../src/jobs/charts.js';
import { MetricSeries } from '../../../src/jobs/series.js';
import { lastFrame } from '../../../src/ui/panels/jobView.js';

const line = (message: string) => ({ message, host: 'algo-1', timestamp: new Date(0) });
const definitions = [
  { name: 'valid_loss', regex: 'valid_loss=([0-9.e-]+)' },
  { name: 'train_loss', regex: 'train_loss=([0-9.e-]+)' },
  { name: 'valid_accuracy', regex: 'valid_accuracy=([0-9.]+)' },
  { name: 'test_accuracy', regex: 'test_accuracy=([0-9.]+)' },
];

function trained(messages: readonly string[]) {
  const series = new MetricSeries(definitions);
  series.add(messages.map(line));
  return chartsOf(series.all, series.byEpoch);
}

test('losses share a chart, accuracies another; the title says what the curve shows', () => {
  const charts = trained([
    'epoch=1 train_loss=2.1 valid_loss=1.5 valid_accuracy=0.5',
    'epoch=2 train_loss=1.0 valid_loss=0.9 valid_accuracy=0.8',
    'epoch=3 train_loss=0.5 valid_loss=1.1 valid_accuracy=0.7',
    'best_epoch=2 train_loss=1.0 valid_loss=0.9 valid_accuracy=0.8 test_accuracy=0.75',
  ]);
  expect(charts.map(({ title, lines, x }) => [title, lines.map(({ name }) => name), x])).toEqual([
    ['valid_accuracy is highest at epoch 2 of 3', ['valid_accuracy'], 'epoch'],
    ['valid_loss is lowest at epoch 2 of 3', ['valid_loss', 'train_loss'], 'epoch'],
  ]);
  expect(charts[0]?.lines[0]?.points, 'the summary at the end is no epoch').toHaveLength(3);
  expect(charts[1]?.mark).toEqual({ line: 'valid_loss', x: 2, value: 0.9 });
});

test('without epochs in the log the values are counted; one value is no curve', () => {
  expect(trained(['valid_loss=2', 'valid_loss=1'])[0]).toMatchObject({
    x: 'value',
    title: 'valid_loss is lowest at the last value, 2',
  });
  expect(trained(['epoch=1 valid_loss=2'])).toEqual([]);
});

test('a wide spread is drawn on a logarithmic axis, values that are no numbers leave it alone', () => {
  const [chart] = trained(['epoch=1 valid_loss=900', 'epoch=2 valid_loss=nan', 'epoch=3 valid_loss=0.5']);
  expect(chart?.logarithmic).toBe(true);
  expect(chart?.lines[0]?.points).toHaveLength(2);
});

test('the line at which a script stopped is its own, not that of the library in which it did', () => {
  const log = [
    'Traceback (most recent call last):',
    '  File "/opt/ml/code/train.py", line 9, in <module>',
    '    import torchvision',
    '  File "/usr/lib/python3/dist-packages/torch/nn/module.py", line 1194, in _call_impl',
  ];
  expect(lastFrame(log)).toEqual({ file: 'train.py', line: 9 });
  expect(lastFrame(['all is well'])).toBeUndefined();
});
