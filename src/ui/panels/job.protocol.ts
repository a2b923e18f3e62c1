import * as v from 'valibot';

/** From the page to the extension. */
export const FromPage = v.variant('type', [
  v.object({ type: v.picklist(['deploy', 'stop', 'showLog', 'openOutput', 'openEntry', 'openPlace']) }),
]);
export type FromPage = v.InferOutput<typeof FromPage>;

export interface ChartView {
  /** What the curves say. */
  readonly title: string;
  readonly lines: readonly {
    readonly name: string;
    readonly points: readonly { readonly x: number; readonly value: number }[];
  }[];
  readonly x: 'epoch' | 'value';
  readonly logarithmic: boolean;
  readonly mark: { readonly line: string; readonly x: number; readonly value: number } | undefined;
}

export interface FactView {
  readonly name: string;
  readonly value: string;
  /** What a click on it asks for. */
  readonly link?: FromPage['type'];
}

/** Whether the hosts of a job trained one model together, and what that rests on. */
export interface HostsView {
  readonly verdict: 'together' | 'separate' | 'open';
  readonly headline: string;
  readonly findings: readonly {
    readonly question: string;
    readonly verdict: 'good' | 'bad' | 'open';
    readonly answer: string;
    /** Lines of the log, or figures. */
    readonly evidence: readonly string[];
  }[];
  readonly hosts: readonly {
    readonly name: string;
    readonly lines: number;
    readonly samples: string;
    readonly weights: string;
    /** Time and text of its last line. */
    readonly end: string;
  }[];
}

export interface JobView {
  readonly name: string;
  readonly context: string;
  readonly state: 'waiting' | 'running' | 'completed' | 'failed' | 'stopped';
  /** The answer, in the largest text. */
  readonly headline: string;
  readonly detail: string;
  /** Where a failed script stopped: `train.py line 9`. */
  readonly place: string | undefined;
  readonly problem: string | undefined;
  readonly canDeploy: boolean;
  readonly canStop: boolean;
  readonly phases: readonly { readonly name: string; readonly seconds: number }[];
  readonly charts: readonly ChartView[];
  /** Why there is no curve; undefined where there is one. */
  readonly noCurve: string | undefined;
  readonly facts: readonly (readonly FactView[])[];
  /** Undefined for a job of one host. */
  readonly hosts: HostsView | undefined;
  readonly log: readonly string[];
}

/** From the extension to the page: always the whole of it. */
export interface ToPage {
  readonly type: 'show';
  readonly view: JobView;
}
