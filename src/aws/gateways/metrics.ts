import { type CloudWatchClient, paginateGetMetricData } from '@aws-sdk/client-cloudwatch';

export interface MetricPoint {
  readonly at: Date;
  readonly value: number;
}

/** CloudWatch metrics, read only. */
export class MetricsGateway {
  constructor(private readonly client: CloudWatchClient) {}

  /**
   * What a training job's metric definitions found, oldest first, at most one value a minute (the average): AWS keeps
   * them in namespace /aws/sagemaker/TrainingJobs under the job's name.
   */
  async ofTrainingJob(job: string, metric: string, from: Date, to: Date, signal: AbortSignal): Promise<MetricPoint[]> {
    const points: MetricPoint[] = [];
    const pages = paginateGetMetricData(
      { client: this.client },
      {
        StartTime: from,
        EndTime: to,
        ScanBy: 'TimestampAscending',
        MetricDataQueries: [
          {
            Id: 'm',
            MetricStat: {
              Metric: {
                Namespace: '/aws/sagemaker/TrainingJobs',
                MetricName: metric,
                Dimensions: [{ Name: 'TrainingJobName', Value: job }],
              },
              Period: 60,
              Stat: 'Average',
            },
          },
        ],
      },
      { abortSignal: signal },
    );
    for await (const { MetricDataResults } of pages) {
      for (const { Timestamps = [], Values = [] } of MetricDataResults ?? []) {
        Timestamps.forEach((at, index) => points.push({ at, value: Values[index]! }));
      }
    }
    return points;
  }
}
