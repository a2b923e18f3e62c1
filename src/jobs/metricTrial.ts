import type { MetricMatch } from '../container/metrics.js';
import { type Chart, chartsOf } from './charts.js';
import { MetricSeries } from './series.js';

/** What a metric's regex finds in a log. */
export interface MetricTrial {
  /** Why it finds nothing: it is no regex, has no group, or backtracks without end. */
  readonly problem: string | undefined;
  /** One a line at most, as SageMaker takes them. */
  readonly matches: readonly MetricMatch[];
  /** Undefined where there are fewer than two values. */
  readonly chart: Chart | undefined;
}

/** Takes half a second at most, whatever the regex (container/metrics.ts). */
export function tryMetric(name: string, regex: string, lines: readonly string[]): MetricTrial {
  let problem: string | undefined;
  const series = new MetricSeries([{ name, regex }], (found) => (problem = found.problem));
  const matches = series.add(lines.map((message) => ({ message })));
  const [chart] = chartsOf(series.all, series.byEpoch);
  return { problem, matches, chart };
}
