import { type MetricMatch, searchedLength } from '../../container/metrics.js';
import { tryMetric } from '../../jobs/metricTrial.js';
import { notInPython } from '../../project/metricRegex.js';
import { metricRegexProblem } from '../../project/values.js';
import { metricValue } from '../words.js';
import type { MatchView, RegexView } from './metricRegex.protocol.js';

/** Rows of the table. */
const mostRows = 200;
/** Characters of a line before and behind its match. */
const around = 60;

/** What a regex finds in a log, as the page shows it. @param entry `jobs.tune` */
export function metricRegexView(entry: string, metric: string, regex: string, lines: readonly string[]): RegexView {
  const { problem, matches, chart } = tryMetric(metric, regex, lines);
  const wrong = metricRegexProblem(regex) ?? problem;
  const values = matches.flatMap(({ value }) => value ?? []);
  const state = wrong !== undefined ? 'wrong' : values.length > 0 ? 'good' : 'nothing';
  const python = notInPython(regex);
  return {
    context: `${entry} · ${metric}`,
    state,
    headline: headline(state, values),
    detail: wrong ?? detail(lines, matches, values.length),
    warning: python && `${python}. Which engine SageMaker reads a regex with is not said: what all take alike is safe.`,
    matches: matches.slice(0, mostRows).map((match) => row(match, lines[match.line] ?? '')),
    hidden: Math.max(0, matches.length - mostRows),
    chart,
    canUse: wrong === undefined,
  };
}

function headline(state: RegexView['state'], values: readonly number[]): string {
  if (state === 'wrong') return 'This regex finds nothing';
  if (state === 'nothing') return 'No value';
  const [first, last] = [metricValue(values[0]!), metricValue(values.at(-1)!)];
  return values.length === 1 ? `1 value: ${first}` : `${values.length} values, from ${first} to ${last}`;
}

function detail(lines: readonly string[], matches: readonly MetricMatch[], values: number): string {
  if (lines.length === 0) return 'Paste lines of a log, or open the log of a job or a file.';
  const long = lines.filter(({ length }) => length > searchedLength).length;
  const cut = long === 0 ? '' : ` Of ${long} long lines the first ${searchedLength} characters are searched.`;
  const of = `${lines.length === 1 ? '1 line' : `${lines.length} lines`}`;
  if (matches.length === 0) return `None of ${of} matches.${cut}`;
  const words = matches.length - values;
  const lost = words === 0 ? '' : ` In ${words} of them the group holds no number, so they bring no value.`;
  return `${matches.length} of ${of} ${matches.length === 1 ? 'matches' : 'match'}.${lost}${cut}`;
}

function row({ line, from, length, text, value }: MetricMatch, whole: string): MatchView {
  const start = Math.max(0, from - around);
  const end = from + length;
  return {
    line: line + 1,
    before: `${start > 0 ? '…' : ''}${whole.slice(start, from)}`,
    match: whole.slice(from, end),
    after: `${whole.slice(end, end + around)}${end + around < whole.length ? '…' : ''}`,
    value: value === undefined ? `"${text.slice(0, around)}"` : String(value),
    isNumber: value !== undefined,
  };
}
