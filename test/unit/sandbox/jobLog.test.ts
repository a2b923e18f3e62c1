import { describe, expect, test } from 'vitest';
import { JobLog } from '../../../src/sandbox/engines/training/jobLog.js';

function open(limits: { head: number; tail: number }) {
  const stored: string[] = [];
  const sink = {
    append: (_group: string, _stream: string, lines: readonly { message: string }[]) =>
      void stored.push(...lines.map(({ message }) => message)),
  };
  return { stored, log: new JobLog(sink, 'group', 'stream', limits) };
}

describe('JobLog', () => {
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
});
