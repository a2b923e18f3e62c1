import { type MetricDefinition, type MetricMatch, type MetricProblem, MetricScraper } from '../container/metrics.js';

export interface Point {
  /** The epoch that the line names, else how many values came before. */
  readonly x: number;
  readonly value: number;
}

/** More points than this are not kept of one metric: a chart has no room for them. */
const mostPoints = 5000;

/**
 * The values of a job's metrics as its log tells them, by the job's own definitions: what CloudWatch gets, and sooner.
 * Where lines name their epoch, values without one (a summary at the end, a test) are no part of the curve.
 */
export class MetricSeries {
  private readonly values = new Map<string, { readonly epoch: number | undefined; readonly value: number }[]>();
  private readonly scraper: MetricScraper;

  /** @param report gets definitions that cannot be used; where they are the gates' to tell they only find nothing */
  constructor(definitions: readonly MetricDefinition[], report: (problem: MetricProblem) => void = () => undefined) {
    for (const { name } of definitions) this.values.set(name, []);
    this.scraper = new MetricScraper(definitions, report);
  }

  /** What matched in these lines. */
  add(lines: readonly { readonly message: string }[]): readonly MetricMatch[] {
    const matches = this.scraper.find(lines.map(({ message }) => message));
    for (const { name, line, value } of matches) {
      const values = this.values.get(name);
      if (!values || value === undefined || values.length >= mostPoints) continue;
      const epoch = /(?<!\w)epoch\s*[=: ]\s*(\d+)/i.exec(lines[line]!.message)?.[1];
      values.push({ epoch: epoch === undefined ? undefined : Number(epoch), value });
    }
    return matches;
  }

  /** Whether the curves go by the epochs that the log names. */
  get byEpoch(): boolean {
    return [...this.values.values()].some((values) => values.filter(({ epoch }) => epoch !== undefined).length > 1);
  }

  get all(): readonly { readonly name: string; readonly points: readonly Point[] }[] {
    const { byEpoch } = this;
    return [...this.values].map(([name, values]) => {
      const named = values.flatMap(({ epoch, value }) => (epoch === undefined ? [] : [{ x: epoch, value }]));
      const counted = values.map(({ value }, index) => ({ x: index + 1, value }));
      return { name, points: byEpoch && named.length > 0 ? named : counted };
    });
  }
}
