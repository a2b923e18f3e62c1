import type * as Api from '@aws-sdk/client-cloudwatch';
import type { Clock } from '../../clock.js';
import type { Operation, Service } from '../../protocol/service.js';
import type { Store } from '../../store/store.js';
import type { MetricSink } from '../ports.js';
import { getMetricData } from './getMetricData.js';
import { getMetricStatistics } from './getMetricStatistics.js';
import { Measurements, type Metric } from './measurements.js';
import { measurementsOf } from './putMetricData.js';
import { invalid } from './queries.js';

/** ListMetrics' page (API reference). */
const metricsPerPage = 500;

export interface CloudWatch extends MetricSink {
  readonly service: Service;
  /** Stores what waits; before the store closes. */
  flush(): void;
}

/** Amazon CloudWatch's metrics; and the sink into which the engines measure. */
export function createCloudWatch(store: Store, clock: Clock): CloudWatch {
  const measurements = new Measurements(store);
  // IAM knows no resource for metrics.
  const resource = () => '*';

  const operations: Readonly<Record<string, Operation>> = {
    PutMetricData: {
      resource,
      run: (input: Api.PutMetricDataInput) => {
        for (const { metric, measurement } of measurementsOf(input, clock.now())) measurements.add(metric, measurement);
        measurements.flush();
        return {};
      },
    },
    GetMetricData: { resource, run: (input: Api.GetMetricDataInput) => getMetricData(measurements, input) },
    GetMetricStatistics: {
      resource,
      run: (input: Api.GetMetricStatisticsInput) => getMetricStatistics(measurements, input, clock.now()),
    },
    ListMetrics: { resource, run: (input: Api.ListMetricsInput) => listMetrics(measurements, input) },
  };

  return {
    service: { id: 'cloudwatch', iamPrefix: 'cloudwatch', operations },
    record: (namespace, dimensions, name, value, at) => {
      // What PutMetricData would reject: a loss that became NaN shows in the log, not as a measurement.
      if (!Number.isFinite(value)) return;
      const set = { minimum: value, maximum: value, sum: value, count: 1 };
      measurements.add({ namespace, name, dimensions }, { timestamp: at.getTime(), unit: 'None', ...set });
    },
    flush: () => measurements.flush(),
  };
}

/** Every given dimension must be there, with its value when one is given; a metric may have others. */
function listMetrics(measurements: Measurements, input: Api.ListMetricsInput): Api.ListMetricsOutput {
  const { Namespace, MetricName, Dimensions = [], NextToken } = input;
  if (NextToken !== undefined && !/^\d+$/.test(NextToken)) throw invalid('Request parameter NextToken is invalid');
  const start = Number(NextToken ?? 0);
  const matches = ({ namespace, name, dimensions }: Metric) =>
    (Namespace === undefined || namespace === Namespace) &&
    (MetricName === undefined || name === MetricName) &&
    Dimensions.every(({ Name = '', Value }) => (Value === undefined ? Name in dimensions : dimensions[Name] === Value));
  const found = measurements.list().filter(matches);
  const end = start + metricsPerPage;
  return {
    Metrics: found.slice(start, end).map(({ namespace, name, dimensions }) => ({
      Namespace: namespace,
      MetricName: name,
      Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
    })),
    ...(found.length > end && { NextToken: String(end) }),
  };
}
