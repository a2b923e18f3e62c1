import * as v from 'valibot';

const Action = v.picklist(['trainBest', 'deployBest', 'stop', 'showLog']);
export type Action = v.InferOutput<typeof Action>;

/** From the page to the extension. */
export const FromPage = v.variant('type', [
  v.object({ type: Action }),
  v.object({ type: v.literal('openTrial'), name: v.string() }),
]);
export type FromPage = v.InferOutput<typeof FromPage>;

/** An axis of the parallel coordinates: a parameter in the scale in which it is searched. */
export type AxisView =
  | {
      readonly kind: 'numeric';
      readonly name: string;
      readonly scale: 'linear' | 'log' | 'reverse-log';
      readonly min: number;
      readonly max: number;
    }
  | { readonly kind: 'categorical'; readonly name: string; readonly values: readonly string[] };

export interface TrialView {
  readonly number: number;
  readonly name: string;
  readonly state: 'InProgress' | 'Stopping' | 'Completed' | 'Failed' | 'Stopped';
  readonly objective: number | undefined;
  /** In the order of the axes. */
  readonly values: readonly (number | string | undefined)[];
  readonly seconds: number | undefined;
  /** An estimate by the list price. */
  readonly usd: number | undefined;
  readonly failure: string | undefined;
}

export interface TuningView {
  readonly name: string;
  readonly context: string;
  readonly state: 'waiting' | 'running' | 'completed' | 'failed' | 'stopped';
  /** The answer, in the largest text. */
  readonly headline: string;
  /** The parameters of the best trial. */
  readonly best:
    | { readonly trial: string; readonly values: readonly (readonly [name: string, value: number | string])[] }
    | undefined;
  /** Numbers of trials. `total` is as many as there may be; undefined where the search has no such limit. */
  readonly progress: { readonly ended: number; readonly running: number; readonly total: number | undefined };
  readonly detail: string;
  readonly problem: string | undefined;
  /** What is wrong with the search itself, and the figures that it rests on. */
  readonly warning: { readonly title: string; readonly text: string; readonly evidence: readonly string[] } | undefined;
  readonly actions: readonly Action[];
  readonly objective: { readonly metric: string; readonly minimize: boolean; readonly logarithmic: boolean };
  readonly axes: readonly AxisView[];
  readonly trials: readonly TrialView[];
  /** What each chart says. */
  readonly curveTitle: string;
  readonly bestTrialsTitle: string;
  readonly importance: {
    readonly title: string;
    readonly note: string;
    /** From the most important one; empty when nothing can be said. */
    readonly shares: readonly { readonly name: string; readonly share: number }[];
  };
}

/** From the extension to the page: always the whole of it. */
export interface ToPage {
  readonly type: 'show';
  readonly view: TuningView;
}
