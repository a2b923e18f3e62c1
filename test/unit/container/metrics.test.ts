import { describe, expect, test } from 'vitest';
import { type MetricProblem, MetricScraper, searchedLength } from '../../../src/container/metrics.js';

function scrape(regex: string, ...lines: string[]) {
  const problems: MetricProblem[] = [];
  const values = new MetricScraper([{ name: 'm', regex }], (problem) => problems.push(problem)).scan(lines);
  return { values: values.map(({ value }) => value), problems: problems.map(({ problem }) => problem) };
}

describe('MetricScraper', () => {
  test.each([
    ['Testing Loss: ([0-9\\.]+)', 'Testing Loss: 99.0', 99],
    ['loss=([0-9.e-]+)', 'loss=1e-05', 1e-5],
    ['(?i)LOSS: (?P<value>[-+]?\\d+\\.?\\d*)', 'loss: -3.', -3],
    ['\\Aloss=(.*?);', 'loss=4;', 4],
    ['[(?P<]=(\\d)', '<=7', 7],
    ['(?:a|(b))=?(?#a comment)', 'b', undefined],
  ])('finds the number of %s in %s', (regex, line, expected) => {
    expect(scrape(regex, line)).toEqual({ values: expected === undefined ? [] : [expected], problems: [] });
  });

  test('takes no words for numbers: a diverged loss has no value', () => {
    expect(scrape('loss=(\\S+)', 'loss=nan', 'loss=inf', 'loss=1.2.3', 'loss=', 'loss=0x10').values).toEqual([]);
  });

  test('reports an expression without a group, and one that is not valid', () => {
    expect(scrape('loss=\\d+', 'loss=1').problems).toEqual([expect.stringContaining('no group')]);
    expect(scrape('(loss', 'loss=1').problems).toEqual([expect.stringContaining('not valid')]);
  });

  test('looks at the beginning of a long line only', () => {
    expect(
      scrape('x=(\\d)', `${' '.repeat(searchedLength - 3)}x=1`, `${' '.repeat(searchedLength)}x=2`).values,
    ).toEqual([1]);
  });

  test('ends an expression that backtracks without end, names it, and goes on with the others', () => {
    const problems: MetricProblem[] = [];
    const definitions = [
      { name: 'bad', regex: '((a+)+)$' },
      { name: 'good', regex: 'loss=(\\d)' },
    ];
    const scraper = new MetricScraper(definitions, (problem) => problems.push(problem));
    const line = `${'a'.repeat(60)}! loss=3`;
    expect(scraper.scan([line])).toEqual([{ name: 'good', value: 3 }]);
    expect(problems.map(({ name }) => name)).toEqual(['bad']);
    expect(scraper.scan([line])).toEqual([{ name: 'good', value: 3 }]);
  });
});
