import type { RunRecord } from '../launch/runRecord.js';

/** `41 s`, `9 min`, `2 h 5 min`, `2 d 4 h`: as exact as a person needs it. */
export function duration(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return minutes < 10 && seconds % 60 > 0 ? `${minutes} min ${seconds % 60} s` : `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 > 0 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  const days = Math.floor(hours / 24);
  return hours % 24 > 0 ? `${days} d ${hours % 24} h` : `${days} d`;
}

/** `just now`, `9 min ago`, `2 h ago`, `yesterday`, `2026-11-20`. */
export function ago(date: Date, now: Date): string {
  const minutes = Math.floor((now.getTime() - date.getTime()) / 60_000);
  if (minutes < 1) return 'just now';
  if (minutes < 60) return `${minutes} min ago`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours} h ago`;
  if (hours < 48) return 'yesterday';
  return date.toISOString().slice(0, 10);
}

/** A metric's value with as many digits as say something: 0.8598, 12.3, 1.2e-7. */
export function metricValue(value: number): string {
  if (value === 0 || Number.isInteger(value)) return String(value);
  const size = Math.abs(value);
  if (size < 1e-3 || size >= 1e6) return value.toExponential(2);
  return size < 1 ? value.toFixed(3) : String(Number(value.toPrecision(4)));
}

/** A tuned hyperparameter, as the service shows it: numbers in three digits, a category without JSON's quotes. */
export function tunedValue(text: string): string {
  const plain = text.replace(/^"(.*)"$/, '$1');
  const number = Number(plain);
  return plain.trim() === '' || Number.isNaN(number) || Number.isInteger(number)
    ? plain
    : String(Number(number.toPrecision(3)));
}

/** The metric that says best how good a model is: an accuracy-like one before a loss, of validation before others. */
export function chiefMetric(names: readonly string[]): string | undefined {
  const weight = (name: string): number =>
    (/acc|f1|auc|precision|recall|score|map\b|bleu/i.test(name)
      ? 4
      : /loss|error|rmse|mae|perplexity/i.test(name)
        ? 2
        : 0) + (/val/i.test(name) ? 1 : /test/i.test(name) ? 0.5 : 0);
  return names.toSorted((a, b) => weight(b) - weight(a))[0];
}

/** `valid_accuracy 0.860`, of a run's last values. */
export function chiefResult({ results: { metrics = {} } }: Pick<RunRecord, 'results'>): string | undefined {
  const name = chiefMetric(Object.keys(metrics));
  const value = name === undefined ? undefined : metrics[name];
  return value === undefined ? undefined : `${name} ${metricValue(value)}`;
}

/** What became of a run, in a few words; undefined when there was none. */
export function lastRun(record: RunRecord | undefined, now: Date): string | undefined {
  if (!record) return undefined;
  const started = new Date(record.started);
  if (record.ended === undefined) return `running ${duration(now.getTime() - started.getTime())}`;
  const when = ago(new Date(record.ended), now);
  if (record.outcome === 'Completed') return `${chiefResult(record) ?? 'completed'} · ${when}`;
  return `${(record.outcome ?? 'ended').replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase()} · ${when}`;
}

/** The first sentence of what may be a traceback. */
export function firstSentence(text: string): string {
  const line = text.split('\n').find((one) => one.trim() !== '') ?? '';
  return line.length > 120 ? `${line.slice(0, 119)}…` : line;
}
