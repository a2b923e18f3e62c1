import {
  type CloudWatchLogsClient,
  DescribeLogStreamsCommand,
  GetLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { isNotFound } from '../errors.js';

export interface LogEvent {
  readonly timestamp: Date;
  readonly message: string;
}

/** CloudWatch Logs, read only. */
export class LogsGateway {
  constructor(private readonly client: CloudWatchLogsClient) {}

  /** Streams of the group whose names begin with `prefix` (empty: all); none while the group does not exist. */
  async streams(group: string, prefix: string, signal: AbortSignal): Promise<string[]> {
    const names: string[] = [];
    let token: string | undefined;
    try {
      do {
        const page = await this.client.send(
          new DescribeLogStreamsCommand({
            logGroupName: group,
            logStreamNamePrefix: prefix || undefined,
            nextToken: token,
          }),
          { abortSignal: signal },
        );
        names.push(...(page.logStreams ?? []).flatMap(({ logStreamName }) => logStreamName ?? []));
        token = page.nextToken;
      } while (token !== undefined);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    return names;
  }

  /**
   * One page (at most 1 MB or 10,000 lines) after `token`, or from the head of the stream. The same token comes back
   * when there was nothing more; a page may be empty before that.
   */
  async read(
    group: string,
    stream: string,
    token: string | undefined,
    signal: AbortSignal,
  ): Promise<{ readonly events: LogEvent[]; readonly next: string | undefined }> {
    const command = new GetLogEventsCommand({
      logGroupName: group,
      logStreamName: stream,
      startFromHead: true,
      nextToken: token,
    });
    const { events, nextForwardToken } = await this.client.send(command, { abortSignal: signal });
    return {
      events: (events ?? []).map(({ timestamp, message }) => ({ timestamp: new Date(timestamp!), message: message! })),
      next: nextForwardToken,
    };
  }

  /** The last lines of a stream that were printed since. */
  async tail(group: string, stream: string, since: Date, limit: number, signal: AbortSignal): Promise<LogEvent[]> {
    const command = new GetLogEventsCommand({
      logGroupName: group,
      logStreamName: stream,
      startTime: since.getTime(),
      startFromHead: false,
      limit,
    });
    const { events } = await this.client.send(command, { abortSignal: signal });
    return (events ?? []).map(({ timestamp, message }) => ({ timestamp: new Date(timestamp!), message: message! }));
  }
}
