import {
  type CloudWatchClient,
  GetMetricDataCommand,
  GetMetricStatisticsCommand,
  ListMetricsCommand,
  PutMetricDataCommand,
} from '@aws-sdk/client-cloudwatch';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buckets, statistic } from '../../src/sandbox/services/cloudwatch/statistics.js';
import { ControlPlane } from '../support/controlPlane.js';

let plane: ControlPlane;
let cloudwatch: CloudWatchClient;
/** A whole hour: periods of any length up to an hour start here. */
const start = Math.floor(Date.now() / 3_600_000) * 3_600_000 - 3_600_000;
const at = (seconds: number) => new Date(start + seconds * 1000);

beforeAll(async () => {
  plane = await ControlPlane.start();
  ({ cloudwatch } = plane.clients());
});
afterAll(() => plane.stop());

const put = (Namespace: string, ...MetricData: object[]) =>
  cloudwatch.send(new PutMetricDataCommand({ Namespace, MetricData: MetricData as never }));

const query = (Id: string, Namespace: string, Stat: string, Period = 60, more: object = {}) => ({
  Id,
  MetricStat: { Metric: { Namespace, MetricName: 'm', ...more }, Period, Stat },
});

const data = (queries: object[], more: object = {}) =>
  cloudwatch.send(
    new GetMetricDataCommand({
      MetricDataQueries: queries as never,
      StartTime: at(0),
      EndTime: at(3600),
      ScanBy: 'TimestampAscending',
      ...more,
    }),
  );

describe('GetMetricData', () => {
  test('computes every statistic over whole periods', async () => {
    const values = [4, 1, 3, 2].map((Value, index) => ({ MetricName: 'm', Value, Timestamp: at(60 + index) }));
    await put('Statistics', ...values, { MetricName: 'm', Value: 9, Timestamp: at(120) });
    const names = ['Average', 'Sum', 'Minimum', 'Maximum', 'SampleCount', 'p50', 'p99.9'];
    const { MetricDataResults = [] } = await data(names.map((name, index) => query(`q${index}`, 'Statistics', name)));
    expect(MetricDataResults.map(({ Values }) => Values)).toEqual([
      ...[
        [2.5, 9],
        [10, 9],
        [1, 9],
        [4, 9],
        [4, 1],
        [2, 9],
        [4, 9],
      ],
    ]);
    expect(MetricDataResults[0]).toMatchObject({ Label: 'm', StatusCode: 'Complete', Timestamps: [at(60), at(120)] });
  });

  test('aligns periods with the clock and not with StartTime', async () => {
    await put('Aligned', { MetricName: 'm', Value: 1, Timestamp: at(310) });
    const { MetricDataResults } = await data([query('q', 'Aligned', 'Sum', 300)], { StartTime: at(70) });
    expect(MetricDataResults?.[0]?.Timestamps).toEqual([at(300)]);
  });

  test('gives the newest first unless asked otherwise', async () => {
    await put('Order', ...[0, 60].map((second) => ({ MetricName: 'm', Value: second, Timestamp: at(second) })));
    const { MetricDataResults } = await data([query('q', 'Order', 'Sum')], { ScanBy: undefined });
    expect(MetricDataResults?.[0]?.Values).toEqual([60, 0]);
  });

  test('pages over the points of all queries', async () => {
    const points = [0, 60, 120].map((second) => ({ MetricName: 'm', Value: second, Timestamp: at(second) }));
    await put('Paged', ...points);
    const queries = [query('a', 'Paged', 'Sum'), query('b', 'Paged', 'Sum')];
    const seen: Record<string, number[]> = { a: [], b: [] };
    const codes: (string | undefined)[] = [];
    let NextToken: string | undefined;
    do {
      const page = await data(queries, { MaxDatapoints: 2, NextToken });
      for (const { Id = '', Values = [] } of page.MetricDataResults ?? []) seen[Id]?.push(...Values);
      codes.push(page.MetricDataResults?.[0]?.StatusCode);
      ({ NextToken } = page);
    } while (NextToken !== undefined);
    expect(seen).toEqual({ a: [0, 60, 120], b: [0, 60, 120] });
    expect(codes).toEqual(['PartialData', 'Complete', 'Complete']);
  });

  test('a metric is its exact set of dimensions', async () => {
    const Dimensions = [{ Name: 'Host', Value: 'algo-1' }];
    await put('Dimensions', { MetricName: 'm', Value: 7, Dimensions, Timestamp: at(0) });
    const { MetricDataResults } = await data([
      query('with', 'Dimensions', 'Sum', 60, { Dimensions }),
      query('without', 'Dimensions', 'Sum'),
    ]);
    expect(MetricDataResults?.map(({ Values }) => Values)).toEqual([[7], []]);
  });

  test('refuses expressions by name and queries without sense', async () => {
    await expect(data([{ Id: 'e', Expression: 'SUM(METRICS())' }])).rejects.toMatchObject({ name: 'NotImplemented' });
    await expect(data([query('q', 'n', 'Sum', 61)])).rejects.toMatchObject({ name: 'InvalidParameterValueException' });
    await expect(data([query('q', 'n', 'Sum'), query('q', 'n', 'Sum')])).rejects.toThrow('not unique');
    await expect(data([query('q', 'n', 'Sum')], { EndTime: at(0) })).rejects.toThrow(
      'The parameter StartTime must not equal parameter EndTime.',
    );
  });
});

describe('PutMetricData', () => {
  test('takes values with counts, and sets of statistics', async () => {
    await put(
      'Sets',
      { MetricName: 'm', Values: [1, 10], Counts: [3, 1], Timestamp: at(0) },
      {
        MetricName: 'm',
        StatisticValues: { SampleCount: 4, Sum: 20, Minimum: 2, Maximum: 8 },
        Timestamp: at(60),
      },
    );
    const names = ['Sum', 'SampleCount', 'Maximum', 'p50'];
    const { MetricDataResults } = await data(names.map((name, index) => query(`q${index}`, 'Sets', name)));
    // A set of different values knows no percentile.
    expect(MetricDataResults?.map(({ Values }) => Values)).toEqual([[13, 20], [4, 4], [10, 8], [1]]);
  });

  test('rejects what is no number, or two forms at once', async () => {
    await expect(put('n', { MetricName: 'm', Value: 1, Values: [1] })).rejects.toMatchObject({
      name: 'InvalidParameterCombinationException',
    });
    await expect(put('n', { MetricName: 'm', Values: [1, 2], Counts: [1] })).rejects.toThrow(
      'must be of the same size',
    );
    await expect(put('n', { MetricName: 'm' })).rejects.toMatchObject({ name: 'MissingRequiredParameterException' });
  });
});

describe('GetMetricStatistics', () => {
  const statistics = (Namespace: string, more: object) =>
    cloudwatch.send(
      new GetMetricStatisticsCommand({
        Namespace,
        MetricName: 'm',
        StartTime: at(0),
        EndTime: at(3600),
        Period: 300,
        Statistics: ['Sum'],
        ...more,
      }),
    );

  test('counts periods from StartTime, rounded down to the minute', async () => {
    await put('FromStart', { MetricName: 'm', Value: 5, Timestamp: at(430), Unit: 'Seconds' });
    const { Datapoints, Label } = await statistics('FromStart', { StartTime: at(125), Statistics: ['Sum', 'Maximum'] });
    expect(Label).toBe('m');
    expect(Datapoints).toEqual([{ Timestamp: at(420), Sum: 5, Maximum: 5, Unit: 'Seconds' }]);
  });

  test('keeps units apart, and gives percentiles by name', async () => {
    await put(
      'Units',
      { MetricName: 'm', Value: 1, Timestamp: at(0), Unit: 'Seconds' },
      { MetricName: 'm', Value: 2, Timestamp: at(0), Unit: 'Bytes' },
    );
    const { Datapoints = [] } = await statistics('Units', { Statistics: undefined, ExtendedStatistics: ['p90'] });
    expect(Datapoints.map(({ Unit, ExtendedStatistics }) => [Unit, ExtendedStatistics]).sort()).toEqual([
      ['Bytes', { p90: 2 }],
      ['Seconds', { p90: 1 }],
    ]);
  });

  test('refuses more than 1,440 data points in AWS’s words', async () => {
    await expect(statistics('n', { StartTime: at(-172_800), EndTime: at(0), Period: 60 })).rejects.toThrow(
      'You have requested up to 2,880 datapoints, which exceeds the limit of 1,440. You may reduce the datapoints ' +
        'requested by increasing Period, or decreasing the time range.',
    );
  });
});

describe('ListMetrics', () => {
  test('finds by namespace, name and dimensions', async () => {
    const job = (TrainingJobName: string) => [{ Name: 'TrainingJobName', Value: TrainingJobName }];
    await put(
      'Jobs',
      { MetricName: 'loss', Value: 1, Dimensions: job('a') },
      { MetricName: 'loss', Value: 1, Dimensions: job('b') },
      { MetricName: 'accuracy', Value: 1, Dimensions: job('a') },
    );
    const list = async (more: object) => {
      const { Metrics = [] } = await cloudwatch.send(new ListMetricsCommand({ Namespace: 'Jobs', ...more }));
      return Metrics.map(({ MetricName, Dimensions = [] }) => `${MetricName} ${Dimensions[0]?.Value}`);
    };
    expect(await list({})).toEqual(['loss a', 'loss b', 'accuracy a']);
    expect(await list({ MetricName: 'loss' })).toEqual(['loss a', 'loss b']);
    expect(await list({ Dimensions: job('a') })).toEqual(['loss a', 'accuracy a']);
    expect(await list({ Dimensions: [{ Name: 'Host' }] })).toEqual([]);
  });

  test('gives 500 metrics a page', async () => {
    for (let index = 0; index < 501; index++) plane.cloudwatch.record('Many', { i: String(index) }, 'm', 1, at(0));
    const first = await cloudwatch.send(new ListMetricsCommand({ Namespace: 'Many' }));
    const second = await cloudwatch.send(new ListMetricsCommand({ Namespace: 'Many', NextToken: first.NextToken }));
    expect([first.Metrics?.length, second.Metrics?.length, second.NextToken]).toEqual([500, 1, undefined]);
  });
});

test('what the engines measure is there for clients, but for what is no number', async () => {
  plane.cloudwatch.record('Engine', { TrainingJobName: 'j' }, 'm', 0.25, at(0));
  plane.cloudwatch.record('Engine', { TrainingJobName: 'j' }, 'm', Number.NaN, at(0));
  const Dimensions = [{ Name: 'TrainingJobName', Value: 'j' }];
  const { MetricDataResults } = await data([query('q', 'Engine', 'SampleCount', 60, { Dimensions })]);
  expect(MetricDataResults?.[0]?.Values).toEqual([1]);
});

test('every measurement is in exactly one period, and percentiles are values that were measured', () => {
  const measured = fc.array(fc.tuple(fc.nat({ max: 10_000 }), fc.integer({ min: -50, max: 50 })), { minLength: 1 });
  fc.assert(
    fc.property(measured, fc.constantFrom(1, 60, 300), fc.integer({ min: 0, max: 100 }), (points, period, percent) => {
      const measurements = points.map(([second, value]) => ({
        ...{ timestamp: second * 1000, unit: 'None', minimum: value, maximum: value, sum: value, count: 1 },
      }));
      const found = buckets(measurements, 0, period);
      const total = found.reduce((sum, bucket) => sum + (statistic('SampleCount')?.(bucket) ?? 0), 0);
      expect(total).toBe(points.length);
      for (const bucket of found) {
        const values = bucket.measurements.map(({ sum }) => sum);
        const percentile = statistic(`p${percent}`)?.(bucket) ?? Number.NaN;
        expect(values).toContain(percentile);
        const share = values.filter((value) => value <= percentile).length / values.length;
        expect(share).toBeGreaterThanOrEqual(percent / 100);
        expect(bucket.measurements.every(({ timestamp }) => timestamp - bucket.start < period * 1000)).toBe(true);
      }
    }),
  );
});

test('what engines measure while the disk is full waits, and new metrics with it', async () => {
  const { database } = plane.store;
  const pages = (pragma: string) => Number(Object.values(database.prepare(`PRAGMA ${pragma}`).get() ?? {})[0]);
  const limit = pages('max_page_count');
  const count = 2000;
  database.exec(`PRAGMA max_page_count = ${pages('page_count')}`);
  try {
    for (let n = 0; n < count; n++) plane.cloudwatch.record('Full', { n: String(n) }, 'x'.repeat(200), n, at(n));
    await expect(cloudwatch.send(new ListMetricsCommand({ Namespace: 'Full' }))).rejects.toMatchObject({
      name: 'InsufficientStorage',
    });
  } finally {
    database.exec(`PRAGMA max_page_count = ${limit}`);
  }
  const { Metrics = [] } = await cloudwatch.send(
    new ListMetricsCommand({ Namespace: 'Full', Dimensions: [{ Name: 'n', Value: String(count - 1) }] }),
  );
  expect(Metrics).toHaveLength(1);
});
