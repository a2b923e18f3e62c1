import type { Datapoint, GetMetricStatisticsInput, GetMetricStatisticsOutput } from '@aws-sdk/client-cloudwatch';
import { ServiceError } from '../../protocol/service.js';
import type { Measurements } from './measurements.js';
import { dimensionsOf } from './putMetricData.js';
import { checkPeriod, invalid, knownStatistic } from './queries.js';
import { buckets, groupBy } from './statistics.js';

const maxDatapoints = 1440;
const minute = 60_000;
const day = 24 * 60 * minute;

/** GetMetricStatistics. Periods are counted from StartTime, which is rounded down first. */
export function getMetricStatistics(
  measurements: Measurements,
  input: GetMetricStatisticsInput,
  now: Date,
): GetMetricStatisticsOutput {
  const { Namespace = '', MetricName = '', Statistics = [], ExtendedStatistics = [], Period = 0, Unit } = input;
  checkPeriod(Period);
  if (Statistics.length + ExtendedStatistics.length === 0) {
    throw new ServiceError('MissingRequiredParameterException', 'Must specify either Statistics or ExtendedStatistics');
  }
  const start = roundDown(input.StartTime?.getTime() ?? 0, Period, now);
  const end = input.EndTime?.getTime() ?? 0;
  if (start >= end) throw invalid('The parameter StartTime must be less than the parameter EndTime.');
  const most = Math.ceil((end - start) / (Period * 1000));
  if (most > maxDatapoints) {
    throw new ServiceError(
      'InvalidParameterCombinationException',
      `You have requested up to ${grouped(most)} datapoints, which exceeds the limit of ${grouped(maxDatapoints)}. ` +
        'You may reduce the datapoints requested by increasing Period, or decreasing the time range.',
    );
  }
  const metric = { namespace: Namespace, name: MetricName, dimensions: dimensionsOf(input) };
  const chosen = [...Statistics, ...ExtendedStatistics].map((name) => [name, knownStatistic(name)] as const);
  // Measurements of different units are never mixed: each unit has its own data points.
  const byUnit = groupBy(measurements.between(metric, start, end, Unit), ({ unit }) => unit);
  const Datapoints = [...byUnit].flatMap(([unit, found]) =>
    buckets(found, start, Period).map((bucket) => {
      const values = chosen.map(([name, of]) => [name, of(bucket)] as const);
      const simple = values.filter(([name]) => !ExtendedStatistics.includes(name));
      const extended = values.filter(([name, value]) => ExtendedStatistics.includes(name) && value !== undefined);
      return {
        Timestamp: new Date(bucket.start),
        ...Object.fromEntries(simple),
        Unit: unit as NonNullable<Datapoint['Unit']>,
        ...(extended.length > 0 && { ExtendedStatistics: Object.fromEntries(extended) as Record<string, number> }),
      };
    }),
  );
  return { Label: MetricName, Datapoints };
}

/**
 * To the whole minute when it is less than 15 days ago, to five minutes up to 63 days, then to the hour; short periods
 * to their own length (GetMetricStatistics, API reference, StartTime).
 */
function roundDown(start: number, period: number, now: Date): number {
  const age = now.getTime() - start;
  const unit = age > 63 * day ? 60 * minute : age > 15 * day ? 5 * minute : period < 60 ? period * 1000 : minute;
  return Math.floor(start / unit) * unit;
}

function grouped(count: number): string {
  return count.toLocaleString('en-US');
}
