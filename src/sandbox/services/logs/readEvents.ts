import type {
  FilterLogEventsRequest,
  FilterLogEventsResponse,
  GetLogEventsRequest,
  GetLogEventsResponse,
} from '@aws-sdk/client-cloudwatch-logs';
import { ServiceError } from '../../protocol/service.js';
import { eventBytes, type LogEvent, type LogEvents, type LogStream, type Range } from './events.js';
import { filterPattern } from './filterPattern.js';
import { formatPosition, formatToken, invalidToken, parsePosition, parseToken, type StreamToken } from './tokens.js';

/** One answer holds at most so much of a log (GetLogEvents and FilterLogEvents, API reference). */
const page = { events: 10_000, bytes: 1_048_576 };
/** How many events one FilterLogEvents call looks at; the rest is the next page's, which may come back empty. */
const searchSteps = 50_000;

/**
 * GetLogEvents. Tokens are places between events: reading on from the end gives no events and the same token again,
 * which is how clients know that they have read everything, and gives what came in since when asked later.
 */
export function getEvents(events: LogEvents, stream: LogStream, input: GetLogEventsRequest): GetLogEventsResponse {
  const token = input.nextToken === undefined ? undefined : parseToken(input.nextToken);
  // Without a token the newest events come first, unless startFromHead says otherwise; a token knows its direction.
  const backward = token ? token.direction === 'b' : input.startFromHead !== true;
  const range = rangeOf(input);
  const found = takePage(events.walk(stream.id, range, token, backward), input.limit);
  if (backward) found.reverse();
  const first = found[0];
  const last = found.at(-1);
  if (!first || !last) return { events: [], ...tokensOfNothing(token, range) };
  return {
    events: found.map(({ timestamp, message, ingested }) => ({ timestamp, message, ingestionTime: ingested })),
    nextForwardToken: formatToken({ ...last, direction: 'f' }),
    nextBackwardToken: formatToken({ ...first, direction: 'b' }),
  };
}

/** The same token in the direction of reading; in the other one, the same place seen from the other side. */
function tokensOfNothing(token: StreamToken | undefined, { from }: Range) {
  const { direction, timestamp, sequence } = token ?? { direction: 'f', timestamp: from, sequence: 0 };
  const forward = direction === 'f' ? sequence : Math.max(0, sequence - 1);
  const backward = direction === 'b' ? sequence : sequence + 1;
  return {
    nextForwardToken: formatToken({ direction: 'f', timestamp, sequence: forward }),
    nextBackwardToken: formatToken({ direction: 'b', timestamp, sequence: backward }),
  };
}

/** FilterLogEvents: events of many streams in order of time. */
export function filterEvents(events: LogEvents, group: string, input: FilterLogEventsRequest): FilterLogEventsResponse {
  const { logStreamNames: names, logStreamNamePrefix: prefix = '', filterPattern: pattern = '', nextToken } = input;
  if (names && prefix) {
    throw new ServiceError(
      'InvalidParameterException',
      'logStreamNames and logStreamNamePrefix are mutually exclusive parameters.',
    );
  }
  const streams = names
    ? names.map((name) => existing(events.stream(group, name)))
    : events.streamsByName(group, prefix, undefined, false, Number.MAX_SAFE_INTEGER);
  const after = nextToken === undefined ? undefined : parsePosition(nextToken);
  if (nextToken !== undefined && !after) throw invalidToken();

  const matches = filterPattern(pattern);
  const ids = streams.map(({ id }) => id);
  const seen = events.search(ids, rangeOf(input), after, searchSteps);
  const matching = seen.filter(({ message }) => matches(message));
  const shown = takePage(matching, input.limit);
  const next = shown.length < matching.length ? shown.at(-1) : seen.length === searchSteps ? seen.at(-1) : undefined;
  const nameOf = new Map(streams.map(({ id, name }) => [id, name]));
  return {
    events: shown.map(({ stream, timestamp, sequence, message, ingested }) => ({
      logStreamName: nameOf.get(stream),
      timestamp,
      message,
      ingestionTime: ingested,
      eventId: formatPosition({ timestamp, sequence }),
    })),
    // Deprecated, and empty since 2019 (API reference).
    searchedLogStreams: [],
    ...(next && { nextToken: formatPosition(next) }),
  };
}

/** The next events until one of the limits is reached; at least one, however large. */
function takePage<Event extends LogEvent>(events: Iterable<Event>, limit = page.events): Event[] {
  const taken: Event[] = [];
  let bytes = 0;
  for (const event of events) {
    bytes += eventBytes(event.message);
    if (taken.length > 0 && bytes > page.bytes) break;
    taken.push(event);
    if (taken.length >= limit) break;
  }
  return taken;
}

/** As the API words it: from `startTime` on, before `endTime`. */
function rangeOf({ startTime = 0, endTime }: { startTime?: number | undefined; endTime?: number | undefined }): Range {
  return { from: startTime, to: endTime ?? Number.MAX_SAFE_INTEGER };
}

function existing(stream: LogStream | undefined): LogStream {
  if (!stream) throw new ServiceError('ResourceNotFoundException', 'The specified log stream does not exist.');
  return stream;
}
