import { type CloudWatchClient, GetMetricStatisticsCommand } from '@aws-sdk/client-cloudwatch';

/** How long the model of an endpoint took to answer. Milliseconds. */
export interface ModelLatency {
  readonly p50: number;
  readonly p99: number;
}

const day = 86_400;

/** What CloudWatch has measured. */
export class MetricsGateway {
  constructor(private readonly client: CloudWatchClient) {}

  /** Of the last 24 hours; undefined when nothing was measured. */
  async modelLatency(
    endpoint: string,
    variant: string,
    now: Date,
    signal: AbortSignal,
  ): Promise<ModelLatency | undefined> {
    const command = new GetMetricStatisticsCommand({
      Namespace: 'AWS/SageMaker',
      MetricName: 'ModelLatency',
      Dimensions: [
        { Name: 'EndpointName', Value: endpoint },
        { Name: 'VariantName', Value: variant },
      ],
      StartTime: new Date(now.getTime() - day * 1000),
      // The minute that goes on is measured, too.
      EndTime: new Date(now.getTime() + 60_000),
      // Two days are one period in any case, so there is one figure for all.
      Period: 2 * day,
      ExtendedStatistics: ['p50', 'p99'],
    });
    const { Datapoints } = await this.client.send(command, { abortSignal: signal });
    const { p50, p99 } = Datapoints?.[0]?.ExtendedStatistics ?? {};
    // SageMaker measures in microseconds ("Monitor Amazon SageMaker AI with Amazon CloudWatch").
    return p50 === undefined || p99 === undefined ? undefined : { p50: p50 / 1000, p99: p99 / 1000 };
  }
}
