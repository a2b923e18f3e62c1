import { expect, test } from 'vitest';
import { metricRegexView } from '../../../src/ui/panels/metricRegexView.js';

const lines = ['start', 'epoch=1 loss=0.9 lr=0.1', 'epoch=2 loss=nan lr=0.1', 'epoch=3 loss=0.4071 lr=0.1'];
const view = (regex: string, log: readonly string[] = lines) => metricRegexView('jobs.tune', 'loss', regex, log);

test('says how many values there are, marks where they are, and draws them', () => {
  const shown = view('loss=(\\S+)');
  expect(shown).toMatchObject({
    context: 'jobs.tune · loss',
    state: 'good',
    headline: '2 values, from 0.900 to 0.407',
    detail: '3 of 4 lines match. In 1 of them the group holds no number, so they bring no value.',
    warning: undefined,
    canUse: true,
  });
  expect(shown.matches[0]).toEqual({
    ...{ line: 2, before: 'epoch=1 ', match: 'loss=0.9', after: ' lr=0.1', value: '0.9', isNumber: true },
  });
  expect(shown.matches[1]).toMatchObject({ line: 3, value: '"nan"', isNumber: false });
  expect(shown.chart?.lines[0]?.points.map(({ x }) => x)).toEqual([1, 3]);
});

test('one that matches nothing can be used all the same; one that cannot be read cannot', () => {
  expect(view('Loss: (.+)')).toMatchObject({
    ...{ state: 'nothing', headline: 'No value', detail: 'None of 4 lines matches.', canUse: true },
  });
  expect(view('loss=.+')).toMatchObject({ state: 'wrong', canUse: false });
  expect(view('loss=.+').detail).toContain('no group');
  expect(view('((a+)+)$', [`${'a'.repeat(60)}!`])).toMatchObject({ state: 'wrong', canUse: false });
  expect(view('loss=(.+)', []).detail).toContain('Paste lines of a log');
});

test('warns of what another engine would not take', () => {
  expect(view('loss=(?<value>\\S+)').warning).toContain('(?P<name>…) in Python');
});

test('shows the first of many matches, and of a long line what is around its match', () => {
  const many = view(
    'x=(\\d)',
    Array.from({ length: 300 }, () => `${'-'.repeat(100)}x=1${'-'.repeat(100)}`),
  );
  expect(many.matches).toHaveLength(200);
  expect(many.hidden).toBe(100);
  expect(many.matches[0]?.before).toBe(`…${'-'.repeat(60)}`);
});
