import type { LogSink } from '../../services/ports.js';

/** CloudWatch's limit for one event: 256 KB, of which 26 bytes are overhead (PutLogEvents, API reference). */
export const longestLine = 262_144 - 26;

const newline = 0x0a;
const carriageReturn = 0x0d;

/**
 * Bytes of a process's output to lines, as a terminal would leave them: a line that was redrawn with carriage returns
 * (a progress bar) is its last state. A line longer than `longestLine` goes on in the next one, so memory stays bounded
 * whatever is printed. Invalid UTF-8 becomes U+FFFD.
 */
export class LineSplitter {
  private pending = Buffer.alloc(0);

  /** @param keepReturns a carriage return is text: Lambda's runtime puts it between the lines of one event. */
  constructor(private readonly keepReturns = false) {}

  push(chunk: Buffer): string[] {
    const lines: string[] = [];
    let start = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      const piece = chunk.subarray(start, end);
      start = end + 1;
      if (this.pending.length === 0 && piece.length <= longestLine) {
        lines.push(this.shown(piece).toString('utf8'));
        continue;
      }
      this.pending = Buffer.concat([this.pending, piece]);
      this.cutInto(lines);
      lines.push(this.take(this.pending.length));
    }
    if (start < chunk.length) {
      this.pending = Buffer.concat([this.pending, chunk.subarray(start)]);
      this.cutInto(lines);
    }
    return lines;
  }

  /** What was printed last without a newline. */
  end(): string[] {
    return this.pending.length > 0 ? [this.take(this.pending.length)] : [];
  }

  private cutInto(lines: string[]): void {
    if (this.pending.length <= longestLine) return;
    this.pending = this.shown(this.pending);
    while (this.pending.length > longestLine) lines.push(this.take(characterStart(this.pending, longestLine)));
  }

  private take(length: number): string {
    const line = this.shown(this.pending.subarray(0, length)).toString('utf8');
    this.pending = this.pending.subarray(length);
    return line;
  }

  private shown<Bytes extends Buffer>(line: Bytes): Bytes {
    return this.keepReturns ? line : redrawn(line);
  }
}

/** What a terminal shows of `line`: the part after the last carriage return that something follows. */
function redrawn<Bytes extends Buffer>(line: Bytes): Bytes {
  let end = line.length;
  while (end > 0 && line[end - 1] === carriageReturn) end--;
  return line.subarray(line.lastIndexOf(carriageReturn, end - 1) + 1, end) as Bytes;
}

/** The largest index up to `index` that does not split a UTF-8 character. */
function characterStart(bytes: Buffer, index: number): number {
  for (let back = 0; back < 4; back++) {
    if ((bytes[index - back]! & 0xc0) !== 0x80) return index - back;
  }
  return index;
}

/** Lines as events of now. An event has at least one character (PutLogEvents, API reference): empty lines are left out. */
export function logLines(sink: LogSink, group: string, stream: string, lines: readonly string[]): void {
  const timestamp = Date.now();
  const events = lines.filter((line) => line !== '').map((message) => ({ timestamp, message }));
  if (events.length > 0) sink.append(group, stream, events);
}
