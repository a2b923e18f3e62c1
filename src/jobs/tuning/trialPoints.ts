import type { Trial, TuningRange } from '../../aws/gateways/tuningJobs.js';

/** A trial as curves and statistics work with it. */
export interface TrialPoint {
  /** Its place in the search, from 1: the number in its name, else in the order of creation. */
  readonly number: number;
  readonly name: string;
  readonly state: Trial['state'];
  /** Undefined for a trial that has none (yet), and for one that is no number. */
  readonly objective: number | undefined;
  /** In the order of the ranges: a number, one of the categories, or undefined where the trial does not tell. */
  readonly values: readonly (number | string | undefined)[];
  /** Between the start of its instances and their end, or `now`; undefined before. */
  readonly seconds: number | undefined;
  readonly failure: string | undefined;
}

/** A trial with a value. */
export type ValuedPoint = TrialPoint & { readonly objective: number };

/** The trials in the order of the search. */
export function trialPoints(trials: readonly Trial[], ranges: readonly TuningRange[], now: Date): TrialPoint[] {
  return trials
    .toSorted((a, b) => a.created.getTime() - b.created.getTime() || (a.name < b.name ? -1 : 1))
    .map((trial, index) => ({
      number: numberIn(trial.name) ?? index + 1,
      name: trial.name,
      state: trial.state,
      objective: Number.isFinite(trial.objective) ? trial.objective : undefined,
      values: ranges.map((range) => valueOf(range, trial.hyperparameters[range.name])),
      seconds: trial.started && ((trial.ended ?? now).getTime() - trial.started.getTime()) / 1000,
      failure: trial.failure,
    }))
    .sort((a, b) => a.number - b.number);
}

export function isValued(point: TrialPoint): point is ValuedPoint {
  return point.objective !== undefined;
}

/** Negative when `a` is the better one. */
export function byObjective(type: 'Minimize' | 'Maximize') {
  const sign = type === 'Minimize' ? 1 : -1;
  return (a: ValuedPoint, b: ValuedPoint): number => sign * (a.objective - b.objective);
}

/** The three digits of `<tuning job>-001-<8 hex digits>`, as SageMaker names trials. */
function numberIn(name: string): number | undefined {
  const digits = /-(\d{3,})-[0-9a-f]{8}$/.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

function valueOf(range: TuningRange, text: string | undefined): number | string | undefined {
  if (text === undefined) return undefined;
  const plain = unquoted(text);
  if (range.kind !== 'categorical') return Number.isFinite(Number(plain)) ? Number(plain) : undefined;
  // The SageMaker Python SDK sends categories in JSON's quotes; ranges and values may differ in that.
  return plain;
}

/** `"adam"` of the SageMaker Python SDK is adam. */
export function unquoted(text: string): string {
  return /^".*"$/s.test(text) ? text.slice(1, -1).replace(/\\(["\\])/g, '$1') : text;
}
