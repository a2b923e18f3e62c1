import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LineSplitter, longestLine } from '../../../src/sandbox/engines/process/lines.js';

function split(...chunks: (string | Buffer)[]): string[] {
  const splitter = new LineSplitter();
  return [...chunks.flatMap((chunk) => splitter.push(Buffer.from(chunk))), ...splitter.end()];
}

describe('LineSplitter', () => {
  test('gives the same lines however the output was cut into pieces, even within a character', () => {
    const output = fc.string({ unit: fc.constantFrom('a', 'é', '🐕', '\n', '\r', ' ') });
    fc.assert(
      fc.property(output, fc.array(fc.nat(40), { maxLength: 12 }), (text, cuts) => {
        const bytes = Buffer.from(text);
        const at = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b), bytes.length];
        const pieces = at.slice(1).map((end, index) => bytes.subarray(at[index], end));
        expect(split(...pieces)).toEqual(split(bytes));
      }),
    );
  });

  test('tells what was printed last without a newline', () => {
    expect(split('a\nb')).toEqual(['a', 'b']);
    expect(split('a\n')).toEqual(['a']);
  });

  test('shows a progress bar as a terminal does: its last state', () => {
    expect(split('\r10%', '\r55%', '\r100%\n', 'done\r\n')).toEqual(['100%', 'done']);
    expect(split('10%\r')).toEqual(['10%']);
  });

  test('replaces bytes that are no UTF-8', () => {
    expect(split(Buffer.from([0x61, 0xff, 0x62, 0x0a]))).toEqual(['a\ufffdb']);
  });

  test('cuts a line without end into events that CloudWatch takes, between characters', () => {
    const lines = split(...Array.from({ length: 40 }, () => '🐕'.repeat(10_000)));
    expect(lines.join('')).toBe('🐕'.repeat(400_000));
    for (const line of lines) expect(Buffer.byteLength(line)).toBeLessThanOrEqual(longestLine);
  });

  test('keeps no more than a line of a bar that is redrawn for ever', () => {
    expect(split(...Array.from({ length: 5000 }, (_, i) => `\r${i} ${'#'.repeat(100)}`), '\n')).toEqual([
      `4999 ${'#'.repeat(100)}`,
    ]);
  });
});

test('carriage returns are text where they are asked to be', () => {
  const splitter = new LineSplitter(true);
  expect(splitter.push(Buffer.from('[ERROR]\rTraceback\n10%\r20'))).toEqual(['[ERROR]\rTraceback']);
  expect(splitter.end()).toEqual(['10%\r20']);
});
