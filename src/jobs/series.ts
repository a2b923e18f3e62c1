import { MetricScraper } from '../container/metrics.js';
import type { LogLine } from '../logs/followLog.js';

export interface Point {
  /** The epoch that the line names, else how many values came before. */
  readonly x: number;
  readonly value: number;
}

/** More points than this are not kept of one metric: a chart has no room for them. */
export const mostPoints = 5000;

/** The values of a job's metrics as its log tells them, by the job's own definitions: what CloudWatch gets, and sooner. */
export class MetricSeries {
  private readonly points = new Map<string, Point[]>();
  private readonly scraper: MetricScraper;
  /** Whether every value so far came on a line that names its epoch. */
  byEpoch = true;

  constructor(definitions: readonly { readonly name: string; readonly regex: string }[]) {
    for (const { name } of definitions) this.points.set(name, []);
    // A definition that cannot be used is the gates' to tell; here it only finds nothing.
    this.scraper = new MetricScraper(definitions, () => undefined);
  }

  /** Whether anything was found. */
  add(lines: readonly LogLine[]): boolean {
    let found = false;
    for (const { message } of lines) {
      for (const { name, value } of this.scraper.scan([message])) {
        const points = this.points.get(name);
        if (!points || points.length >= mostPoints) continue;
        const epoch = /(?<!\w)epoch\s*[=: ]\s*(\d+)/i.exec(message)?.[1];
        // A line of the end, such as the test's, has no epoch and is alone.
        if (epoch === undefined && points.length > 0) this.byEpoch = false;
        points.push({ x: epoch === undefined ? points.length + 1 : Number(epoch), value });
        found = true;
      }
    }
    return found;
  }

  get all(): readonly { readonly name: string; readonly points: readonly Point[] }[] {
    return [...this.points].map(([name, points]) => ({ name, points }));
  }
}
