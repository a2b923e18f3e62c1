import * as v from 'valibot';

/** From the page to the extension. */
export const FromPage = v.variant('type', [
  /** The person has agreed; `typed` is what they wrote where a name was asked for. */
  v.object({ type: v.literal('launch'), typed: v.string() }),
  v.object({ type: v.literal('check') }),
  v.object({ type: v.literal('showRequest') }),
]);
export type FromPage = v.InferOutput<typeof FromPage>;

export interface GateView {
  readonly id: string;
  readonly level: 'green' | 'amber' | 'red';
  readonly evidence: string;
  readonly fix: string | undefined;
}

export interface DifferenceView {
  readonly what: string;
  /** Undefined for what is not there yet. */
  readonly now: string | undefined;
  /** Undefined for what will not be there any more. */
  readonly then: string | undefined;
}

export interface LaunchView {
  /** Connection, account, region. */
  readonly context: string;
  /** The answer: what, and for about how much. */
  readonly title: string;
  readonly state: 'checking' | 'ready' | 'blocked' | 'failed';
  /** Why a check could not be made. */
  readonly error: string | undefined;
  readonly gates: readonly GateView[];
  readonly price: readonly { readonly name: string; readonly value: string }[];
  readonly priceNote: string;
  readonly changes: readonly {
    readonly what: string;
    readonly name: string;
    readonly afterwards: string;
  }[];
  /** What will differ from what is there, where the service can tell. */
  readonly differences: readonly DifferenceView[];
  /** Label of the one primary button. */
  readonly action: string;
  /** What has to be typed before the button works; undefined when nothing has. */
  readonly confirm: { readonly text: string; readonly reason: string } | undefined;
  readonly hasRequest: boolean;
}

/** From the extension to the page: always the whole of it. */
export interface ToPage {
  readonly type: 'show';
  readonly view: LaunchView;
}
