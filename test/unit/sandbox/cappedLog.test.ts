import { afterEach, describe, expect, test, vi } from 'vitest';
import { CappedLog } from '../../../src/sandbox/engines/process/cappedLog.js';

function open(limits: { head: number; tail: number }) {
  const stored: string[] = [];
  const sink = {
    append: (_group: string, _stream: string, lines: readonly { message: string }[]) =>
      void stored.push(...lines.map(({ message }) => message)),
  };
  return { stored, log: new CappedLog(sink, 'group', 'stream', { ...limits, releaseMs: 60_000 }) };
}

describe('CappedLog', () => {
  afterEach(() => void vi.useRealTimers());

  test('stores lines as they come, but no empty ones: CloudWatch has no empty events', () => {
    const { stored, log } = open({ head: 1e6, tail: 1e3 });
    log.append(['a', '', 'b']);
    log.close();
    expect(stored).toEqual(['a', 'b']);
  });

  test('of a log without end keeps the beginning and the end, and says how much is missing', () => {
    // Every line counts 10 + 26 bytes.
    const { stored, log } = open({ head: 360, tail: 180 });
    for (let i = 0; i < 1000; i += 4) {
      log.append([0, 1, 2, 3].map((step) => String(i + step).padStart(10, '0')));
    }
    expect(stored.length).toBe(10);
    log.close();
    const numbers = stored.filter((line) => !line.startsWith('[')).map(Number);
    expect(numbers).toEqual([...Array(10).keys(), 995, 996, 997, 998, 999]);
    expect(stored[10]).toContain(`${(1000 - 15) * 36} bytes of log are left out here`);
  });

  test('stays full: a short line later on does not slip in', () => {
    const { stored, log } = open({ head: 100, tail: 1e6 });
    log.append(['x'.repeat(200)]);
    log.append(['short']);
    expect(stored).toEqual([]);
    log.close();
    expect(stored.slice(-2)).toEqual(['x'.repeat(200), 'short']);
  });

  test('of an endpoint that prints for weeks shows the last lines of every minute', () => {
    vi.useFakeTimers();
    const { stored, log } = open({ head: 360, tail: 72 });
    const print = (from: number, to: number) => {
      for (let i = from; i < to; i++) log.append([String(i).padStart(10, '0')]);
    };
    print(0, 100);
    vi.advanceTimersByTime(60_000);
    expect(stored.slice(10)).toEqual([expect.stringContaining(`${88 * 36} bytes`), '0000000098', '0000000099']);
    vi.advanceTimersByTime(600_000);
    expect(stored.length).toBe(13);
    print(100, 102);
    log.close();
    expect(stored.slice(13)).toEqual(['0000000100', '0000000101']);
    expect(vi.getTimerCount()).toBe(0);
  });
});
