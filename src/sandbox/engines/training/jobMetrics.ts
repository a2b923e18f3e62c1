import {
  type MetricDefinition,
  type MetricProblem,
  MetricScraper,
  type MetricValue,
} from '../../../container/metrics.js';

/** A search has a price of its own, whatever the number of lines: a script that prints fast is searched in batches. */
const batch = { lines: 5000, milliseconds: 100 };

/** How many values of one metric a batch may bring: a script that prints nothing else stays affordable. */
const valuesAtOnce = 100;

/** The metrics of one job, found in its log a moment after they were printed. */
export class JobMetrics {
  private readonly scraper: MetricScraper;
  private lines: string[] = [];
  private timer: NodeJS.Timeout | undefined;

  /**
   * @param found gets the values of one metric, oldest first.
   * @param report gets definitions that cannot be used.
   */
  constructor(
    definitions: readonly MetricDefinition[],
    private readonly found: (name: string, values: readonly number[]) => void,
    report: (problem: MetricProblem) => void,
  ) {
    this.scraper = new MetricScraper(definitions, report);
  }

  add(lines: readonly string[]): void {
    for (const line of lines) this.lines.push(line);
    if (this.lines.length >= batch.lines) this.flush();
    else this.timer ??= setTimeout(() => this.flush(), batch.milliseconds);
  }

  /** Searches what has not been searched yet. */
  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const lines = this.lines;
    this.lines = [];
    const values = this.scraper.scan(lines);
    for (const name of new Set(values.map((value) => value.name))) {
      this.found(name, valuesOf(name, values).slice(-valuesAtOnce));
    }
  }
}

function valuesOf(name: string, values: readonly MetricValue[]): number[] {
  return values.filter((value) => value.name === name).map(({ value }) => value);
}
