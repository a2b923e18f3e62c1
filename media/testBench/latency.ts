import type { Outcome } from '../../src/ui/panels/testBench.protocol.js';
import { count } from './format.js';

/** Where the time of a request went, and beside it that of a cold start: all in milliseconds. */
export interface Latency {
  /** Of the parts, in the order in which they happen. */
  readonly names: readonly string[];
  /** This request first. */
  readonly rows: readonly { readonly title: string; readonly parts: readonly number[]; readonly total: number }[];
}

/** Undefined where only the whole is known. @param cold the last cold start of the same target */
export function latencyOf(outcome: Outcome, cold: Outcome | undefined): Latency | undefined {
  if (outcome.latency.length < 2) return undefined;
  const shown =
    cold && cold.id !== outcome.id && !outcome.cold && cold.latency.length > 1 ? [outcome, cold] : [outcome];
  // A cold start has a part more; the order is that of the request with most parts.
  const longest = shown.reduce((most, one) => (one.latency.length > most.latency.length ? one : most));
  const names = longest.latency.map(({ name }) => name);
  const rows = shown.map((one, index) => ({
    title: `${index === 0 ? 'This request' : 'The last cold one'}${index === 0 && one.cold !== undefined ? (one.cold ? ', cold' : ', warm') : ''}`,
    parts: names.map((name) => one.latency.find((part) => part.name === name)?.milliseconds ?? 0),
    total: one.milliseconds,
  }));
  return { names, rows };
}

/** What the figure says, in a sentence. */
export function titleOf({ names, rows }: Latency): string {
  const [now, cold] = rows;
  if (!now) return '';
  const most = now.parts.reduce((best, part, index) => (part > (now.parts[best] ?? 0) ? index : best), 0);
  const rounded = (value: number) => count(Math.round(value));
  const first = `${names[most]}: ${rounded(now.parts[most] ?? 0)} of ${rounded(now.total)} ms`;
  return cold ? `${first}; the last cold start took ${rounded(cold.total)} ms` : first;
}
