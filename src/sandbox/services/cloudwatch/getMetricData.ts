import type {
  GetMetricDataInput,
  GetMetricDataOutput,
  MetricDataQuery,
  MetricDataResult,
} from '@aws-sdk/client-cloudwatch';
import { ServiceError } from '../../protocol/service.js';
import { notImplemented } from '../refusals.js';
import type { Measurements } from './measurements.js';
import { dimensionsOf } from './putMetricData.js';
import { checkPeriod, invalid, knownStatistic } from './queries.js';
import { buckets } from './statistics.js';

/** One answer's most (GetMetricData, API reference). */
const maxDatapoints = 100_800;
const maxQueries = 500;

interface Series {
  readonly id: string;
  readonly label: string;
  readonly points: readonly { readonly timestamp: Date; readonly value: number }[];
}

/**
 * GetMetricData. Periods start at multiples of their length, whatever StartTime is. The points of all queries form one
 * list, in the queries' order, of which each page is a piece; NextToken is the place where the next one starts.
 */
export function getMetricData(measurements: Measurements, input: GetMetricDataInput): GetMetricDataOutput {
  const { MetricDataQueries: queries = [], ScanBy, NextToken, MaxDatapoints = maxDatapoints } = input;
  const range = { from: input.StartTime?.getTime() ?? 0, to: input.EndTime?.getTime() ?? 0 };
  checkQueries(queries, range);
  const start = offsetOf(NextToken);
  const series = queries
    .filter(({ ReturnData }) => ReturnData !== false)
    .map((query) => seriesOf(measurements, query, range, ScanBy !== 'TimestampAscending'));

  let place = 0;
  const MetricDataResults = series.map(({ id, label, points }): MetricDataResult => {
    const shown = points.slice(Math.max(0, start - place), Math.max(0, start + MaxDatapoints - place));
    place += points.length;
    return {
      Id: id,
      Label: label,
      Timestamps: shown.map(({ timestamp }) => timestamp),
      Values: shown.map(({ value }) => value),
      StatusCode: place > start + MaxDatapoints ? 'PartialData' : 'Complete',
    };
  });
  const end = start + MaxDatapoints;
  return { MetricDataResults, Messages: [], ...(place > end && { NextToken: String(end) }) };
}

function seriesOf(
  measurements: Measurements,
  query: MetricDataQuery,
  range: { from: number; to: number },
  newestFirst: boolean,
): Series {
  const { Id = '', Label, MetricStat: { Metric = {}, Period = 60, Stat = '', Unit } = {} } = query;
  const metric = { namespace: Metric.Namespace ?? '', name: Metric.MetricName ?? '', dimensions: dimensionsOf(Metric) };
  const of = knownStatistic(Stat);
  // Whole periods: the one that StartTime falls into counts from its own beginning.
  const from = Math.floor(range.from / (Period * 1000)) * Period * 1000;
  const points = buckets(measurements.between(metric, from, range.to, Unit), 0, Period).flatMap((bucket) => {
    const value = of(bucket);
    return value === undefined ? [] : [{ timestamp: new Date(bucket.start), value }];
  });
  return { id: Id, label: Label ?? metric.name, points: newestFirst ? points.reverse() : points };
}

function checkQueries(queries: readonly MetricDataQuery[], range: { from: number; to: number }): void {
  if (range.from === range.to) throw invalid('The parameter StartTime must not equal parameter EndTime.');
  if (range.from > range.to) throw invalid('The parameter EndTime must be greater than StartTime.');
  if (queries.length > maxQueries)
    throw invalid(`The collection MetricDataQueries must not have a size greater than ${maxQueries}.`);
  if (new Set(queries.map(({ Id }) => Id)).size < queries.length) {
    throw invalid('The values for parameter id in MetricDataQueries are not unique.');
  }
  for (const { Expression, MetricStat, Label, AccountId } of queries) {
    if (Expression !== undefined) throw notImplemented('metric math and search expressions (Expression)');
    if (AccountId !== undefined) throw notImplemented('metrics of other accounts (AccountId)');
    if (Label?.includes('${')) throw notImplemented('dynamic labels (${…})');
    if (!MetricStat) throw invalid('Each MetricDataQuery must have a MetricStat or an Expression.');
    checkPeriod(MetricStat.Period);
  }
}

function offsetOf(token: string | undefined): number {
  if (token === undefined) return 0;
  if (!/^\d+$/.test(token)) throw new ServiceError('InvalidNextToken', 'Request parameter NextToken is invalid');
  return Number(token);
}
