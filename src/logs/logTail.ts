import type { LogsGateway } from '../aws/gateways/logs.js';
import { hostOf } from './followLog.js';

/**
 * The last lines that each stream of a group got since, to show why something failed. A group outlives its endpoint:
 * without `since` an earlier one's failure would be shown.
 */
export async function logTail(
  logs: LogsGateway,
  group: string,
  since: Date,
  lines: number,
  signal: AbortSignal,
): Promise<string[]> {
  const streams = await logs.streams(group, '', signal);
  const found = await Promise.all(
    streams.map(async (stream) => {
      const events = await logs.tail(group, stream, since, lines, signal);
      return { host: hostOf(stream), messages: events.map(({ message }) => message) };
    }),
  );
  const tails = found.filter(({ messages }) => messages.length > 0);
  return tails.flatMap(({ host, messages }) =>
    messages.map((message) => (tails.length > 1 ? `[${host}] ${message}` : message)),
  );
}
