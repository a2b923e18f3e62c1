import type { LogLine } from './followLog.js';

/** The last lines of a log, and how many older ones are not kept. */
export class LogLines {
  private kept: LogLine[] = [];
  private dropped = 0;

  constructor(private readonly most: number) {}

  get lines(): readonly LogLine[] {
    return this.kept;
  }

  /** How many lines came before those that are kept. */
  get hidden(): number {
    return this.dropped;
  }

  add(lines: readonly LogLine[]): void {
    for (const line of lines) this.kept.push(line);
    const over = this.kept.length - this.most;
    // In steps, so that a full log is not copied for each line.
    if (over > this.most / 10) {
      this.kept.splice(0, over);
      this.dropped += over;
    }
  }
}

/** As a terminal would show it in the end: without colours, and of a progress bar its last state. */
function plainText(message: string): string {
  const uncoloured = message.replace(colours, '');
  return uncoloured
    .split('\n')
    .map((line) => line.replace(/\r+$/, '').split('\r').at(-1) ?? '')
    .join('\n');
}

// eslint-disable-next-line no-control-regex -- that is what a terminal's colours are made of
const colours = /\x1b\[[0-9;?]*[A-Za-z]/g;

/** `10:12:37 algo-1 epoch=14 …`, in the time of this machine; the host only where there are several. */
export function lineText({ timestamp, host, message }: LogLine, withHost: boolean): string {
  const time = [timestamp.getHours(), timestamp.getMinutes(), timestamp.getSeconds()].map((part) =>
    String(part).padStart(2, '0'),
  );
  return `${time.join(':')} ${withHost ? `${host} ` : ''}${plainText(message)}`;
}
