import { createContext, Script } from 'node:vm';
import { messageOf } from '../core/errors.js';

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
): MetricValue[] {
  const values: MetricValue[] = [];
  for (const line of lines) {
    for (const { name, pattern } of patterns) {
      const text = pattern.exec(line)?.[1];
      const value = text === undefined ? undefined : number(text);
      if (value !== undefined) values.push({ name, value });
    }
  }
  return values;
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
  let pattern: RegExp;
  try {
    pattern = new RegExp(...translate(source));
  } catch (error) {
    return `its expression is not valid: ${messageOf(error)}`;
  }
  // Alternatives may leave a group out, but it is in the result's length all the same.
  const groups = new RegExp(`${pattern.source}|`, pattern.flags).exec('')!.length - 1;
  return groups > 0 ? pattern : 'its expression has no group, so there is no number to take: put it in parentheses';
}

/** SageMaker's users write Python's and Java's expressions: the forms that JavaScript spells otherwise, as it does. */
function translate(source: string): [pattern: string, flags: string] {
  const flags = /^\(\?([ims]+)\)/.exec(source);
  const pattern = source
    .slice(flags?.[0].length ?? 0)
    .replaceAll(
      /\\[\s\S]|\[(?:\\[\s\S]|[^\]\\])*\]|\(\?P<|\(\?P=(\w+)\)|\(\?#[^)]*\)/g,
      (part: string, reference: string | undefined) => {
        if (reference !== undefined) return `\\k<${reference}>`;
        if (part === '(?P<') return '(?<';
        if (part.startsWith('(?#')) return '';
        if (part === '\\A') return '^';
        return part === '\\Z' || part === '\\z' ? '$' : part;
      },
    );
  return [pattern, [...new Set(flags?.[1])].join('')];
}
