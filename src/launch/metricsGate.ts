import { MetricScraper } from '../container/metrics.js';
import { metricRegexProblem } from '../project/values.js';
import type { Gate } from './gates.js';

/** What a job's metrics are tried on before the launch. */
export interface MetricEvidence {
  /** The log of an earlier job of the same script. */
  readonly past:
    { readonly job: string; readonly lines: readonly string[]; readonly isSameScript: boolean } | undefined;
  /** Why there is no such log, where it could not be read. */
  readonly unread: string | undefined;
  /** What the scripts say that they print; empty where that cannot be told. */
  readonly printed: readonly string[];
}

/**
 * A job without metrics trains, but nobody can say how well; a regex that matches nothing is taken by the API, and the
 * search learns hours later that no trial has an objective (aws/sagemaker-python-sdk#3932). A log is proof where the script
 * is still the same; what a script seems to print is a hint.
 * @param objective the metric that a search cannot do without
 */
export function metricsGate(
  metrics: Readonly<Record<string, string>>,
  { past, unread, printed }: MetricEvidence,
  objective?: string,
): Gate {
  const id = 'metrics';
  const names = Object.keys(metrics);
  if (names.length === 0) {
    return {
      id,
      level: 'amber',
      evidence: 'No metric is defined, so no number will say how good the model is',
      fix: 'Add "metrics" with a regex for a line that the script prints.',
    };
  }
  const [problem] = Object.entries(metrics).flatMap(([name, regex]) => {
    const found = metricRegexProblem(regex);
    return found === undefined ? [] : [`${name}: ${found}`];
  });
  if (problem !== undefined) return { id, level: 'red', evidence: problem, fix: 'Mend the regex in sagemaker.jsonc.' };

  const inPrinted = valuesIn(metrics, printed);
  const fix = 'Try the regex on a log: "Try Metric Regex", or the light bulb on its line.';
  if (past) {
    const inLog = valuesIn(metrics, past.lines);
    const where = `the ${past.lines.length} lines of ${past.job}`;
    const silent = names.filter((name) => inLog[name] === 0);
    // A script that has changed since may print it by now.
    const lost = past.isSameScript ? silent : silent.filter((name) => inPrinted[name] === 0);
    if (lost.length === 0) {
      const counts = names.map((name) => `${name} ${inLog[name]}`).join(', ');
      return { id, level: 'green', evidence: `Values in ${where}: ${counts}` };
    }
    const stops = past.isSameScript && objective !== undefined && lost.includes(objective);
    const changed = past.isSameScript ? '' : ', whose script has changed since';
    const evidence = `${listed(metrics, lost)} matched no number in ${where}${changed}`;
    return { id, level: stops ? 'red' : 'amber', evidence, fix };
  }
  const lost = printed.length === 0 ? [] : names.filter((name) => inPrinted[name] === 0);
  const without = unread === undefined ? '' : `; no log to try them on: ${unread}`;
  return lost.length === 0
    ? { id, level: 'green', evidence: `${names.join(', ')}: each regex has a group for its number${without}` }
    : { id, level: 'amber', evidence: `${listed(metrics, lost)} fits no line that the script prints${without}`, fix };
}

/** Lines that are searched at once: an honest regex takes them in far less than the scraper's patience. */
const batch = 1000;

/** How many values each metric has. */
function valuesIn(metrics: Readonly<Record<string, string>>, lines: readonly string[]): Record<string, number> {
  const counts = Object.fromEntries(Object.keys(metrics).map((name) => [name, 0]));
  const definitions = Object.entries(metrics).map(([name, regex]) => ({ name, regex }));
  // One that backtracks without end has no value, as in the job itself.
  const scraper = new MetricScraper(definitions, () => undefined);
  for (let from = 0; from < lines.length; from += batch) {
    for (const { name } of scraper.scan(lines.slice(from, from + batch))) counts[name]! += 1;
  }
  return counts;
}

function listed(metrics: Readonly<Record<string, string>>, names: readonly string[]): string {
  return names.map((name) => `${name} (${metrics[name]})`).join(', ');
}
