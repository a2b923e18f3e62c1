import type { InputLogEvent, PutLogEventsResponse, RejectedLogEventsInfo } from '@aws-sdk/client-cloudwatch-logs';
import { ServiceError } from '../../protocol/service.js';
import { eventBytes, type LogEvents, type LogStream } from './events.js';

const hour = 3_600_000;
const day = 24 * hour;
const maxBatchBytes = 1_048_576;
const maxEventBytes = 1_048_576;

/**
 * PutLogEvents: stored when it returns. Sequence tokens are accepted and not looked at (AWS, since January 2023). Events
 * too old, too new or past the group's retention are left out and named by their index, as the API reference says.
 */
export function putEvents(
  events: LogEvents,
  stream: LogStream,
  retentionInDays: number | undefined,
  input: readonly InputLogEvent[],
): PutLogEventsResponse {
  const batch = input.map(({ timestamp = 0, message = '' }) => ({ timestamp, message }));
  checkBatch(batch);
  const now = Date.now();
  const count = (matches: (timestamp: number) => boolean) => batch.filter((event) => matches(event.timestamp)).length;
  const expired = retentionInDays === undefined ? 0 : count((timestamp) => timestamp < now - retentionInDays * day);
  const tooOld = count((timestamp) => timestamp < now - 14 * day);
  const tooNew = count((timestamp) => timestamp > now + 2 * hour);

  // The batch is in order of time, so what is rejected stands at its ends.
  const accepted = batch.slice(Math.max(expired, tooOld), batch.length - tooNew);
  if (accepted.length > 0) events.put(stream, accepted);
  const rejected: RejectedLogEventsInfo = {
    ...(tooNew > 0 && { tooNewLogEventStartIndex: batch.length - tooNew }),
    ...(tooOld > 0 && { tooOldLogEventEndIndex: tooOld }),
    ...(expired > 0 && { expiredLogEventEndIndex: expired }),
  };
  return {
    nextSequenceToken: String(stream.id).padStart(56, '0'),
    ...(Object.keys(rejected).length > 0 && { rejectedLogEventsInfo: rejected }),
  };
}

function checkBatch(batch: readonly { timestamp: number; message: string }[]): void {
  for (const [index, { timestamp, message }] of batch.entries()) {
    if (timestamp < (batch[index - 1]?.timestamp ?? 0)) {
      throw invalid('Log events in a single PutLogEvents request must be in chronological order.');
    }
    if (eventBytes(message) > maxEventBytes) {
      throw invalid(`Log event too large: ${eventBytes(message)} bytes exceeds limit of ${maxEventBytes}`);
    }
  }
  const span = (batch.at(-1)?.timestamp ?? 0) - (batch[0]?.timestamp ?? 0);
  if (span > day) {
    throw invalid('The batch of log events in a single PutLogEvents request cannot span more than 24 hours.');
  }
  const bytes = batch.reduce((sum, { message }) => sum + eventBytes(message), 0);
  if (bytes > maxBatchBytes) throw invalid(`Upload too large: ${bytes} bytes exceeds limit of ${maxBatchBytes}`);
}

function invalid(message: string): ServiceError {
  return new ServiceError('InvalidParameterException', message);
}
