import type * as Api from '@aws-sdk/client-cloudwatch-logs';
import type { Operation, Service } from '../../protocol/service.js';
import { ServiceError } from '../../protocol/service.js';
import { arn, type Settings } from '../../settings.js';
import { isFullDisk } from '../../store/fullDisk.js';
import type { Store } from '../../store/store.js';
import type { LogLine, LogSink } from '../ports.js';
import { LogEvents, type LogStream } from './events.js';
import { LogGroups } from './groups.js';
import { putEvents } from './putEvents.js';
import { filterEvents, getEvents } from './readEvents.js';

export interface LogsService extends LogSink {
  readonly service: Service;
  /** Stores what waits; before the store closes. */
  flush(): void;
}

/** Amazon CloudWatch Logs: groups, streams and events; and the sink into which the engines write. */
export function createLogs(store: Store, settings: Settings): LogsService {
  const groups = new LogGroups(store, settings);
  const events = new LogEvents(store);

  // IAM sees every log action on a stream's ARN; the stream is empty where the action is about a group.
  const resource = (group = '', stream = '') => arn(settings, 'logs', `log-group:${group}:log-stream:${stream}`);
  const onGroup = (input: { logGroupName?: string | undefined; logGroupIdentifier?: string | undefined }) =>
    resource(groupName(input));
  const onStream = (input: Parameters<typeof onGroup>[0] & { logStreamName?: string | undefined }) =>
    resource(groupName(input), input.logStreamName);

  const stream = (group: string, name = ''): LogStream => {
    groups.get(group);
    const found = events.stream(group, name);
    if (!found) throw new ServiceError('ResourceNotFoundException', 'The specified log stream does not exist.');
    return found;
  };

  const groupOperations = {
    CreateLogGroup: {
      resource: onGroup,
      run: (input: Api.CreateLogGroupRequest) => {
        groups.create(input);
        return {};
      },
    },
    DeleteLogGroup: {
      resource: onGroup,
      run: ({ logGroupName = '' }: Api.DeleteLogGroupRequest) => {
        groups.delete(logGroupName);
        events.deleteStreams(logGroupName);
        return {};
      },
    },
    DescribeLogGroups: {
      resource: ({ logGroupNamePrefix }: Api.DescribeLogGroupsRequest) => resource(logGroupNamePrefix),
      run: (input: Api.DescribeLogGroupsRequest) => {
        const { logGroupNamePrefix: prefix = '', logGroupNamePattern: part = '', limit = 50, nextToken } = input;
        if (prefix && part) {
          throw new ServiceError(
            'InvalidParameterException',
            'LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.',
          );
        }
        const matches = (name: string) => name.startsWith(prefix) && name.toLowerCase().includes(part.toLowerCase());
        const page = groups.list(matches, nextToken, limit + 1);
        return {
          logGroups: page.slice(0, limit).map((group) => groups.describe(group, events.storedBytes(group.name))),
          ...(page.length > limit && { nextToken: page[limit - 1]?.name }),
        };
      },
    },
    PutRetentionPolicy: {
      resource: onGroup,
      run: ({ logGroupName = '', retentionInDays }: Api.PutRetentionPolicyRequest) => {
        groups.retain(logGroupName, retentionInDays);
        return {};
      },
    },
    DeleteRetentionPolicy: {
      resource: onGroup,
      run: ({ logGroupName = '' }: Api.DeleteRetentionPolicyRequest) => {
        groups.retain(logGroupName, undefined);
        return {};
      },
    },
    TagResource: {
      resource: ({ resourceArn }: Api.TagResourceRequest) => resourceArn ?? '*',
      run: ({ resourceArn = '', tags = {} }: Api.TagResourceRequest) => {
        groups.tag(groups.nameOf(resourceArn), (old) => ({ ...old, ...tags }));
        return {};
      },
    },
    UntagResource: {
      resource: ({ resourceArn }: Api.UntagResourceRequest) => resourceArn ?? '*',
      run: ({ resourceArn = '', tagKeys = [] }: Api.UntagResourceRequest) => {
        const kept = ([key]: [string, string]) => !tagKeys.includes(key);
        groups.tag(groups.nameOf(resourceArn), (old) => Object.fromEntries(Object.entries(old).filter(kept)));
        return {};
      },
    },
    ListTagsForResource: {
      resource: ({ resourceArn }: Api.ListTagsForResourceRequest) => resourceArn ?? '*',
      run: ({ resourceArn = '' }: Api.ListTagsForResourceRequest) => ({
        tags: groups.get(groups.nameOf(resourceArn)).tags,
      }),
    },
  };

  const streamOperations = {
    CreateLogStream: {
      resource: onStream,
      run: ({ logGroupName = '', logStreamName = '' }: Api.CreateLogStreamRequest) => {
        groups.get(logGroupName);
        if (events.stream(logGroupName, logStreamName)) {
          throw new ServiceError('ResourceAlreadyExistsException', 'The specified log stream already exists');
        }
        events.createStream(logGroupName, logStreamName);
        return {};
      },
    },
    DeleteLogStream: {
      resource: onStream,
      run: ({ logGroupName = '', logStreamName = '' }: Api.DeleteLogStreamRequest) => {
        stream(logGroupName, logStreamName);
        events.deleteStreams(logGroupName, logStreamName);
        return {};
      },
    },
    DescribeLogStreams: {
      resource: onGroup,
      run: (input: Api.DescribeLogStreamsRequest) => describeStreams(groups, events, input),
    },
  };

  const eventOperations = {
    PutLogEvents: {
      resource: onStream,
      run: ({ logGroupName = '', logStreamName, logEvents = [] }: Api.PutLogEventsRequest) =>
        putEvents(events, stream(logGroupName, logStreamName), groups.get(logGroupName).retentionInDays, logEvents),
    },
    GetLogEvents: {
      resource: onStream,
      run: (input: Api.GetLogEventsRequest) => getEvents(events, stream(groupName(input), input.logStreamName), input),
    },
    FilterLogEvents: {
      resource: onGroup,
      run: (input: Api.FilterLogEventsRequest) => filterEvents(events, groups.get(groupName(input)).name, input),
    },
  };

  const operations: Readonly<Record<string, Operation>> = {
    ...groupOperations,
    ...streamOperations,
    ...eventOperations,
  };

  return {
    service: { id: 'logs', iamPrefix: 'logs', operations },
    append: (group: string, name: string, lines: readonly LogLine[]) => {
      try {
        if (!groups.has(group)) groups.create({ logGroupName: group });
        events.append(group, name, lines);
      } catch (error) {
        // Who prints cannot help it that the disk is full, and goes on without these lines.
        if (!isFullDisk(error)) throw error;
      }
    },
    flush: () => events.flush(),
  };
}

function describeStreams(groups: LogGroups, events: LogEvents, input: Api.DescribeLogStreamsRequest) {
  const { logStreamNamePrefix: prefix = '', orderBy = 'LogStreamName', descending = false, nextToken } = input;
  const limit = input.limit ?? 50;
  const group = groups.get(groupName(input)).name;
  if (orderBy === 'LastEventTime' && prefix) {
    throw new ServiceError('InvalidParameterException', 'Cannot order by LastEventTime with a logStreamNamePrefix.');
  }
  const offset = orderBy === 'LastEventTime' ? pageOffset(nextToken) : 0;
  const streams =
    orderBy === 'LastEventTime'
      ? events.streamsByTime(group, descending, limit + 1, offset)
      : events.streamsByName(group, prefix, nextToken, descending, limit + 1);
  const next = orderBy === 'LastEventTime' ? String(offset + limit) : streams[limit - 1]?.name;
  return {
    logStreams: streams.slice(0, limit).map((stream) => ({
      logStreamName: stream.name,
      creationTime: stream.created,
      ...(stream.first !== undefined && { firstEventTimestamp: stream.first }),
      ...(stream.last !== undefined && { lastEventTimestamp: stream.last }),
      ...(stream.ingested !== undefined && { lastIngestionTime: stream.ingested }),
      // Accepted and ignored by PutLogEvents since 2023, still returned.
      uploadSequenceToken: String(stream.id).padStart(56, '0'),
      arn: `${groups.arnOf(group)}:log-stream:${stream.name}`,
      // Since June 2019 always 0 (API reference, LogStream).
      storedBytes: 0,
    })),
    ...(streams.length > limit && { nextToken: next }),
  };
}

function pageOffset(token: string | undefined): number {
  if (token === undefined) return 0;
  if (!/^\d+$/.test(token)) throw new ServiceError('InvalidParameterException', 'The specified nextToken is invalid.');
  return Number(token);
}

/** A group by its name or, as newer clients may say, by its ARN. */
function groupName(input: { logGroupName?: string | undefined; logGroupIdentifier?: string | undefined }): string {
  const { logGroupName, logGroupIdentifier = '' } = input;
  return logGroupName ?? logGroupIdentifier.replace(/^arn:[^/]*?:log-group:/, '').replace(/:\*$/, '');
}
