import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { followLog, hostOf, type LogLine } from '../../../src/logs/followLog.js';

interface Printed {
  readonly timestamp: Date;
  readonly message: string;
}

/** A log service in memory: pages of two lines, a token a page, the same token again at the end. */
class MemoryLog {
  readonly written = new Map<string, Printed[]>();
  private clock = 0;

  append(stream: string, ...messages: string[]): void {
    const lines = this.written.get(stream) ?? [];
    this.written.set(stream, [
      ...lines,
      ...messages.map((message) => ({ timestamp: new Date(this.clock++), message })),
    ]);
  }

  streams(_group: string, prefix: string) {
    return Promise.resolve([...this.written.keys()].filter((name) => name.startsWith(prefix)));
  }

  read(_group: string, stream: string, token = 'f/0') {
    const from = Number(token.slice(2));
    const events = (this.written.get(stream) ?? []).slice(from, from + 2);
    return Promise.resolve({ events, next: `f/${from + events.length}` });
  }
}

const follow = (ended: AbortSignal, signal = new AbortController().signal) => ({
  group: 'g',
  streamPrefix: 'job/',
  interval: 1,
  delay: 0,
  ended,
  signal,
});

describe('followLog', () => {
  test('gives every line of every host once and in order, however they were written meanwhile', async () => {
    const writes = fc.array(fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 5 })), {
      maxLength: 12,
    });
    await fc.assert(
      fc.asyncProperty(writes, async (batches) => {
        const log = new MemoryLog();
        const ended = new AbortController();
        const todo = [...batches];
        const more = () => {
          const next = todo.shift();
          if (!next) return ended.abort();
          const stream = `job/algo-${next[0]}-1700000000`;
          const start = log.written.get(stream)?.length ?? 0;
          log.append(stream, ...Array.from({ length: next[1] }, (_, index) => `${next[0]}:${start + index}`));
        };
        more();
        const read: LogLine[] = [];
        const writing = setInterval(more, 0);
        for await (const lines of followLog(log, follow(ended.signal))) read.push(...lines);
        clearInterval(writing);
        for (const [stream, lines] of log.written) {
          const host = hostOf(stream);
          expect(read.filter((line) => line.host === host).map(({ message }) => message)).toEqual(
            lines.map(({ message }) => message),
          );
        }
      }),
      { numRuns: 25 },
    );
  });

  test('merges the hosts by time within a read', async () => {
    const log = new MemoryLog();
    log.append('job/algo-2-1', 'one');
    log.append('job/algo-1-1', 'two');
    log.append('job/algo-2-1', 'three');
    const read: string[] = [];
    for await (const lines of followLog(log, follow(AbortSignal.abort()))) {
      read.push(...lines.map(({ host, message }) => `${host} ${message}`));
    }
    expect(read).toEqual(['algo-2 one', 'algo-1 two', 'algo-2 three']);
  });

  test('reads once more after the end, for lines that arrive late', async () => {
    const log = new MemoryLog();
    log.append('job/algo-1-1', 'early');
    const read: string[] = [];
    for await (const lines of followLog(log, follow(AbortSignal.abort()))) {
      if (read.length === 0) log.append('job/algo-1-1', 'late');
      read.push(...lines.map(({ message }) => message));
    }
    expect(read).toEqual(['early', 'late']);
  });

  test('ends at once when it is cancelled, also while it waits', async () => {
    const cancel = new AbortController();
    const log = new MemoryLog();
    log.append('job/algo-1-1', 'line');
    const reading = (async () => {
      const options = { ...follow(new AbortController().signal, cancel.signal), interval: 1_000_000 };
      for await (const lines of followLog(log, options)) if (lines.length > 0) setImmediate(() => cancel.abort());
    })();
    await expect(reading).rejects.toMatchObject({ name: 'AbortError' });
  });
});

test('a host is named as SageMaker names its stream', () => {
  expect(hostOf('dogs-best-2026/algo-12-1795374694')).toBe('algo-12');
  expect(hostOf('AllTraffic/i-0abc')).toBe('i-0abc');
});
