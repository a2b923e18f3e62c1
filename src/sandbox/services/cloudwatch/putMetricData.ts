import type { MetricDatum, PutMetricDataInput } from '@aws-sdk/client-cloudwatch';
import { ServiceError } from '../../protocol/service.js';
import type { Measurement, Metric } from './measurements.js';

/** What a PutMetricData call measures, one entry a value; a set of statistics stays a set. */
export function measurementsOf({ Namespace = '', MetricData = [] }: PutMetricDataInput, now: Date) {
  if (MetricData.length === 0) {
    throw new ServiceError('MissingRequiredParameterException', 'The parameter MetricData is required.');
  }
  return MetricData.flatMap((datum, index) => {
    const metric: Metric = { namespace: Namespace, name: datum.MetricName ?? '', dimensions: dimensionsOf(datum) };
    return valuesOf(datum, `MetricData.member.${index + 1}`, now).map((measurement) => ({ metric, measurement }));
  });
}

export function dimensionsOf({ Dimensions = [] }: Pick<MetricDatum, 'Dimensions'>): Record<string, string> {
  return Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name ?? '', Value ?? '']));
}

function valuesOf(datum: MetricDatum, path: string, now: Date): Measurement[] {
  const { Value, Values, Counts, StatisticValues, Unit = 'None', Timestamp = now } = datum;
  const at = { timestamp: Timestamp.getTime(), unit: Unit };
  const forms = Object.entries({ Value, Values, StatisticValues }).filter(([, given]) => given !== undefined);
  const [first, second] = forms.map(([name]) => `${path}.${name}`);
  if (first && second) {
    throw new ServiceError(
      'InvalidParameterCombinationException',
      `The parameters ${first} and ${second} are mutually exclusive and you have specified both.`,
    );
  }
  if (Values) {
    if (Counts && Counts.length !== Values.length) {
      throw invalid(`The parameters ${path}.Values and ${path}.Counts must be of the same size.`);
    }
    return Values.map((value, index) => repeated(finite(value, `${path}.Values`), Counts?.[index] ?? 1, at));
  }
  if (StatisticValues) {
    const { Minimum = 0, Maximum = 0, Sum = 0, SampleCount = 0 } = StatisticValues;
    for (const value of [Minimum, Maximum, Sum, SampleCount]) finite(value, `${path}.StatisticValues`);
    return [{ ...at, minimum: Minimum, maximum: Maximum, sum: Sum, count: SampleCount }];
  }
  if (Value !== undefined) return [repeated(finite(Value, `${path}.Value`), 1, at)];
  throw new ServiceError(
    'MissingRequiredParameterException',
    `At least one of the parameters must be specified: ${path}.Value, ${path}.Values, ${path}.StatisticValues.`,
  );
}

function repeated(value: number, count: number, at: Pick<Measurement, 'timestamp' | 'unit'>): Measurement {
  return { ...at, minimum: value, maximum: value, sum: value * count, count };
}

function finite(value: number, path: string): number {
  if (!Number.isFinite(value)) throw invalid(`The value ${value} for parameter ${path} is invalid.`);
  return value;
}

function invalid(message: string): ServiceError {
  return new ServiceError('InvalidParameterValueException', message);
}
