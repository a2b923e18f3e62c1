import { logTailBytes } from '../../../container/functionEnvironment.js';

/** The end of one invocation's log, which its answer carries. */
export class LogTail {
  private text = '';

  append(lines: readonly string[]): void {
    const added = lines.map((line) => `${line}\n`).join('');
    this.text = (this.text + added).slice(-logTailBytes); // No character is less than a byte.
  }

  /** Begins with a whole character. */
  bytes(): Uint8Array {
    const all = Buffer.from(this.text);
    let start = Math.max(0, all.length - logTailBytes);
    while (start < all.length && (all[start]! & 0xc0) === 0x80) start++;
    return all.subarray(start);
  }
}
