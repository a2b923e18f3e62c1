import type { LogsGateway } from '../aws/gateways/logs.js';
import { trainingLogGroup } from './followLog.js';

/** As many lines as one read of a stream brings at most (GetLogEvents, API reference). */
const mostLines = 10_000;

/** What the first host of a training job has printed, from the beginning, one line each; empty when no log is left. */
export async function readLog(
  logs: Pick<LogsGateway, 'streams' | 'read'>,
  job: string,
  signal: AbortSignal,
): Promise<string[]> {
  const [stream] = await logs.streams(trainingLogGroup, `${job}/`, signal);
  if (stream === undefined) return [];
  const lines: string[] = [];
  for (let token: string | undefined; lines.length < mostLines;) {
    const { events, next } = await logs.read(trainingLogGroup, stream, token, signal);
    lines.push(...events.map(({ message }) => message));
    // The same token again is the end; a page may be empty before that.
    if (next === undefined || next === token) break;
    token = next;
  }
  return lines.slice(0, mostLines);
}
