import { setTimeout as delay } from 'node:timers/promises';
import type { LogsGateway } from '../aws/gateways/logs.js';
import { hostOf, type LogLine } from './followLog.js';

export interface FollowGroup {
  readonly group: string;
  /** Milliseconds between two searches. */
  readonly interval: number;
  readonly signal: AbortSignal;
  /** Where an earlier following was left; kept up to date, so that the next one goes on from there. */
  readonly place: GroupPlace;
}

/** How far a group was read. */
export interface GroupPlace {
  /** Nothing before this is asked for any more. */
  since: Date | undefined;
  /** Ids of the events since then that were given, with their times. */
  readonly given: Map<string, number>;
}

/** At first so far back, in milliseconds, until there is something: the last hour, day, two weeks. */
const looksBack = [3_600_000, 86_400_000, 14 * 86_400_000];
/** An event may be found so many milliseconds after one that is younger: each environment sends its own. */
const lateness = 30_000;

/**
 * The lines of all streams of a group as they come, in the order of their times. A function has a stream for each of its
 * environments, and a group hundreds of old ones: they are searched together, by one call a turn, where following each
 * of them would be as many.
 */
export async function* followGroup(
  logs: Pick<LogsGateway, 'search'>,
  { group, interval, signal, place }: FollowGroup,
): AsyncGenerator<readonly LogLine[]> {
  const started = Date.now();
  for (const back of place.since ? [] : looksBack) {
    place.since = new Date(started - back);
    for await (const lines of newLines(logs, group, place, signal)) yield lines;
    if (place.given.size > 0) break;
  }
  // An empty log is not searched two weeks back at each turn.
  if (place.given.size === 0) place.since = new Date(Math.max(place.since?.getTime() ?? 0, started - lateness));
  for (;;) {
    const newest = Math.max(...place.given.values(), 0);
    if (newest > 0) moveOn(place, newest - lateness);
    await delay(interval, undefined, { signal });
    for await (const lines of newLines(logs, group, place, signal)) yield lines;
  }
}

async function* newLines(
  logs: Pick<LogsGateway, 'search'>,
  group: string,
  { since = new Date(0), given }: GroupPlace,
  signal: AbortSignal,
): AsyncGenerator<readonly LogLine[]> {
  let token: string | undefined;
  do {
    const page = await logs.search({ group, since, token }, signal);
    const fresh = page.items.filter(({ id }) => !given.has(id));
    for (const { id, timestamp } of fresh) given.set(id, timestamp.getTime());
    token = page.token;
    // Lambda ends each event with a line break.
    const lines = fresh.map(({ stream, timestamp, message }) => ({
      host: hostOf(stream),
      timestamp,
      message: message.replace(/\n$/, ''),
    }));
    if (lines.length > 0) yield lines;
  } while (token !== undefined);
}

function moveOn(place: GroupPlace, since: number): void {
  place.since = new Date(Math.max(since, place.since?.getTime() ?? 0));
  for (const [id, time] of place.given) if (time < place.since.getTime()) place.given.delete(id);
}
