import { createContext, Script } from 'node:vm';
import { messageOf } from '../core/errors.js';
import { countGroups, readRegex } from '../core/regex.js';

/** One of `AlgorithmSpecification.MetricDefinitions`. */
export interface MetricDefinition {
  readonly name: string;
  /** Its first group is the number. */
  readonly regex: string;
}

export interface MetricValue {
  readonly name: string;
  readonly value: number;
}

/** Where a definition has matched. */
export interface MetricMatch {
  readonly name: string;
  /** Index of the line. */
  readonly line: number;
  /** Of the whole match within the line, in UTF-16 units. */
  readonly from: number;
  readonly length: number;
  /** What the first group holds. */
  readonly text: string;
  /** Undefined for what is no number that CloudWatch takes: such a match brings no value. */
  readonly value: number | undefined;
}

/** Characters of a line in which numbers are looked for: what comes later in a longer line is not seen. */
export const searchedLength = 4096;

/** Milliseconds that all definitions together may take for one batch of lines; a fair one takes microseconds a line. */
const patience = 500;

/** A definition that cannot be used, and why. */
export interface MetricProblem {
  readonly name: string;
  readonly problem: string;
}

/**
 * Finds metric values in log lines. A definition whose expression is not valid, has no group, or backtracks without end
 * is reported and left out: a job never fails of it, as on AWS, and the program never hangs on it.
 */
export class MetricScraper {
  private patterns: { readonly name: string; readonly pattern: RegExp }[] = [];
  /** The one thing that ends an expression which backtracks is the time limit of a script that calls it. */
  private readonly script = new Script('work()');
  private readonly context = createContext({ work: (): unknown => undefined });

  constructor(
    definitions: readonly MetricDefinition[],
    private readonly report: (problem: MetricProblem) => void,
  ) {
    for (const { name, regex } of definitions) {
      const pattern = compile(regex);
      if (typeof pattern === 'string') report({ name, problem: pattern });
      else this.patterns.push({ name, pattern });
    }
  }

  /** The values in `lines`, in their order; at most one a line and definition. */
  scan(lines: readonly string[]): MetricValue[] {
    return this.find(lines).flatMap(({ name, value }) => (value === undefined ? [] : [{ name, value }]));
  }

  /** The matches in `lines`, in their order, also those without a number; the first of each line and definition. */
  find(lines: readonly string[]): MetricMatch[] {
    if (this.patterns.length === 0) return [];
    const shortened = lines.map((line) => line.slice(0, searchedLength));
    const found = this.withPatience(() => search(this.patterns, shortened));
    if (found) return found;

    const bad = this.patterns.filter((one) => !this.withPatience(() => search([one], shortened)));
    this.patterns = this.patterns.filter((one) => !bad.includes(one));
    for (const { name } of bad) {
      this.report({ name, problem: `its expression took more than ${patience} ms on one piece of the log` });
    }
    return search(this.patterns, shortened);
  }

  /** The result of `work`; undefined when it did not end in time. */
  private withPatience<T>(work: () => T): T | undefined {
    this.context['work'] = work;
    try {
      return this.script.runInContext(this.context, { timeout: patience }) as T;
    } catch (error) {
      // Not `instanceof Error`: this one is made in the script's own context.
      if ((error as { readonly code?: unknown }).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return undefined;
      throw error;
    }
  }
}

function search(
  patterns: readonly { readonly name: string; readonly pattern: RegExp }[],
  lines: readonly string[],
): MetricMatch[] {
  return lines.flatMap((text, line) =>
    patterns.flatMap(({ name, pattern }) => {
      const match = pattern.exec(text);
      // An alternative may have left the group out.
      if (match?.[1] === undefined) return [];
      return [{ name, line, from: match.index, length: match[0].length, text: match[1], value: number(match[1]) }];
    }),
  );
}

/** CloudWatch takes no NaN and no infinity (PutMetricData, API reference): a diverged loss gives no value. */
function number(text: string): number | undefined {
  const trimmed = text.trim();
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(trimmed)) return undefined;
  const value = Number(trimmed);
  return Number.isFinite(value) ? value : undefined;
}

/** The expression, or what is wrong with it. */
function compile(source: string): RegExp | string {
  try {
    const pattern = readRegex(source);
    return countGroups(pattern) > 0
      ? pattern
      : 'its expression has no group, so there is no number to take: put it in parentheses';
  } catch (error) {
    return `its expression is not valid: ${messageOf(error)}`;
  }
}
