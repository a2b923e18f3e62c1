import type { LogSink } from '../../services/ports.js';
import { logLines } from './lines.js';

/**
 * Bytes of a stream that are kept from its beginning, and from the end of what came since the last release. AWS keeps
 * everything, at a price.
 */
const kept = { head: 50 * 1024 * 1024, tail: 64 * 1024, releaseMs: 60_000 };

/** CloudWatch counts 26 bytes for each event beside its message (PutLogEvents, API reference). */
const overhead = 26;

/**
 * The log stream of one host or instance. Of a log that grows without bounds the beginning is kept, and from then on the
 * last lines of every minute, with a line that says how much is missing: an endpoint may live for weeks.
 */
export class CappedLog {
  private stored = 0;
  private dropped = 0;
  private tail: string[] = [];
  private tailBytes = 0;
  private releasing: NodeJS.Timeout | undefined;

  constructor(
    private readonly sink: LogSink,
    private readonly group: string,
    private readonly stream: string,
    private readonly limits: typeof kept = kept,
  ) {}

  append(lines: readonly string[]): void {
    let room = lines.length;
    if (this.stored + bytes(lines) > this.limits.head) room = this.roomFor(lines);
    this.store(lines.slice(0, room));
    if (room < lines.length) this.holdBack(lines.slice(room));
  }

  /** Writes what was held back. */
  close(): void {
    clearTimeout(this.releasing);
    this.release();
  }

  private release(): void {
    this.releasing = undefined;
    if (this.tail.length === 0) return;
    const missing = this.dropped - this.tailBytes;
    const note = `${missing} bytes of log are left out here: the first ${megabytes(this.limits.head)} and the last lines of every minute are kept.`;
    this.sinkLines([...(missing > 0 ? [`[sagemaker-sandbox] ${note}`] : []), ...this.tail]);
    this.tail = [];
    this.tailBytes = 0;
    this.dropped = 0;
  }

  private roomFor(lines: readonly string[]): number {
    let total = this.stored;
    const index = lines.findIndex((line) => (total += bytes([line])) > this.limits.head);
    // Once full, full: a short line later on would stand at the wrong place.
    this.stored = Math.max(this.stored, this.limits.head);
    return index < 0 ? lines.length : index;
  }

  private store(lines: readonly string[]): void {
    if (lines.length === 0) return;
    this.stored += bytes(lines);
    this.sinkLines(lines);
  }

  private holdBack(lines: readonly string[]): void {
    for (const line of lines) {
      const size = bytes([line]);
      this.dropped += size;
      this.tail.push(line);
      this.tailBytes += size;
    }
    let first = 0;
    while (this.tailBytes > this.limits.tail && first < this.tail.length - 1)
      this.tailBytes -= bytes([this.tail[first++]!]);
    this.tail = this.tail.slice(first);
    this.releasing ??= setTimeout(() => this.release(), this.limits.releaseMs).unref();
  }

  private sinkLines(lines: readonly string[]): void {
    logLines(this.sink, this.group, this.stream, lines);
  }
}

function bytes(lines: readonly string[]): number {
  return lines.reduce((total, line) => total + Buffer.byteLength(line) + overhead, 0);
}

function megabytes(size: number): string {
  return `${Math.round(size / (1024 * 1024))} MB`;
}
