import { describe, expect, test } from 'vitest';
import { tryMetric } from '../../../src/jobs/metricTrial.js';

describe('a metric regex that is tried', () => {
  test('tells where it matched, and draws the values by the epochs that the log names', () => {
    const lines = ['Epoch 1: loss=0.5', 'nothing here', 'Epoch 2: loss=nan', 'Epoch 3: loss=0.25'];
    const { problem, matches, chart } = tryMetric('loss', 'loss=(\\S+)', lines);
    expect(problem).toBeUndefined();
    expect(matches.map(({ line, text, value }) => [line, text, value])).toEqual([
      [0, '0.5', 0.5],
      [2, 'nan', undefined],
      [3, '0.25', 0.25],
    ]);
    const [{ from, length }] = matches as [(typeof matches)[number]];
    expect(lines[0]!.slice(from, from + length)).toBe('loss=0.5');
    expect(chart).toMatchObject({ x: 'epoch', lines: [{ points: [{ x: 1 }, { x: 3 }] }] });
  });

  test('has no chart of one value', () => {
    expect(tryMetric('loss', 'loss=(.+)', ['loss=1']).chart).toBeUndefined();
  });

  test.each([
    ['loss=.+', 'no group'],
    ['(loss', 'not valid'],
    ['((a+)+)$', 'took more than'],
  ])('says why %s finds nothing', (regex, problem) => {
    const found = tryMetric('loss', regex, [`${'a'.repeat(60)}! loss=1`, 'loss=2']);
    expect(found).toMatchObject({ problem: expect.stringContaining(problem) as string, matches: [] });
  });
});
