import {
  type CloudWatchLogsClient,
  DescribeLogStreamsCommand,
  FilterLogEventsCommand,
  GetLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { isNotFound } from '../errors.js';
import type { Page } from '../page.js';

export interface LogEvent {
  readonly timestamp: Date;
  readonly message: string;
}

/** An event as a search over all streams of a group finds it. */
export interface FoundEvent extends LogEvent {
  readonly id: string;
  readonly stream: string;
}

export interface LogSearch {
  readonly group: string;
  readonly since: Date;
  /** As CloudWatch Logs writes filter patterns; undefined: everything. */
  readonly pattern?: string;
  /** Of the page before. */
  readonly token?: string | undefined;
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

  /**
   * One page (at most 1 MB or 10,000 events) of what all streams of a group hold, oldest first; nothing while the group
   * does not exist. A page may be empty and not the last one.
   */
  async search(search: LogSearch, signal: AbortSignal): Promise<Page<FoundEvent>> {
    const { group, since, pattern, token } = search;
    const command = new FilterLogEventsCommand({
      logGroupName: group,
      startTime: since.getTime(),
      filterPattern: pattern,
      nextToken: token,
    });
    try {
      const { events, nextToken } = await this.client.send(command, { abortSignal: signal });
      const items = (events ?? []).map(({ eventId, logStreamName, timestamp, message }) => ({
        id: eventId!,
        stream: logStreamName!,
        timestamp: new Date(timestamp!),
        message: message!,
      }));
      return { items, token: nextToken };
    } catch (error) {
      if (isNotFound(error)) return { items: [], token: undefined };
      throw error;
    }
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
