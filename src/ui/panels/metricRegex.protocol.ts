import * as v from 'valibot';
import type { ChartView } from './job.protocol.js';

/** Characters of a log that are tried: what is pasted may be anything. */
export const longestLog = 2_000_000;

/** From the page to the extension. */
export const FromPage = v.variant('type', [
  /** What is typed now, and what is to be used. */
  v.object({ type: v.picklist(['regex', 'use']), regex: v.string() }),
  v.object({ type: v.literal('log'), text: v.pipe(v.string(), v.maxLength(longestLog)) }),
  v.object({ type: v.picklist(['openJob', 'openFile']) }),
]);
export type FromPage = v.InferOutput<typeof FromPage>;

export interface RegexView {
  /** `jobs.tune · valid_loss` */
  readonly context: string;
  readonly state: 'good' | 'nothing' | 'wrong';
  /** The answer: how many values, from where to where. */
  readonly headline: string;
  readonly detail: string;
  /** What another engine would not take of it. */
  readonly warning: string | undefined;
  readonly matches: readonly MatchView[];
  /** How many more there are. */
  readonly hidden: number;
  readonly chart: ChartView | undefined;
  readonly canUse: boolean;
}

export interface MatchView {
  /** From 1. */
  readonly line: number;
  readonly before: string;
  readonly match: string;
  readonly after: string;
  /** As it is read; what is no number in quotes. */
  readonly value: string;
  readonly isNumber: boolean;
}

/** From the extension to the page: what is typed there, when something else put it there; and what comes of it. */
export type ToPage =
  | { readonly type: 'inputs'; readonly regex: string; readonly log: string; readonly from: string }
  | { readonly type: 'show'; readonly view: RegexView };
