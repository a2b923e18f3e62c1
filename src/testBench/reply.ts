import type { AnswerReading } from './answers.js';
import type { Denial } from './denial.js';
import type { Report } from './report.js';
import type { Target } from './target.js';

/** What a target answered, or why there is no answer. Only cancellation is thrown. */
export type Reply = Answered | Failed;

interface Told {
  readonly target: Target;
  /** What was sent, or would have been. */
  readonly sent: { readonly contentType: string; readonly bytes: number };
  /** How the payload was undone, the outermost first; of an endpoint's plain answer there is none. */
  readonly steps: readonly Step[];
  readonly latency: Latency;
  readonly requestId?: string;
  /** Of an endpoint: the variant that answered. */
  readonly variant?: string;
  /** Of a function: the version that ran. */
  readonly version?: string;
  /** What exactly this request wrote to the log, where its target tells: a function (the last 4 KB), a script. */
  readonly log?: readonly string[];
  /** Of a function: what Lambda's REPORT line says. */
  readonly report?: Report;
}

export interface Answered extends Told {
  readonly outcome: 'answer';
  /** The payload as it came. */
  readonly body: Uint8Array;
  /** Of the innermost step. */
  readonly text: string;
  readonly contentType: string;
  /** What the innermost text looks like. `classesOf` gives its classes their names. */
  readonly reading: AnswerReading;
}

export interface Failed extends Told {
  readonly outcome: 'failure';
  readonly failure: Failure;
  /** The payload as it came, where there is one. */
  readonly body?: Uint8Array;
}

export type FailureKind =
  /** Nothing was sent: it does not fit, or is not JSON. */
  | 'input'
  /** Somebody may not do something: the caller, or the function's role. `denial` says who and what. */
  | 'denied'
  /** There is no such endpoint, function, alias or file. */
  | 'gone'
  /** All concurrency is used up, or the service throttles. */
  | 'busy'
  /** No answer within the target's time. */
  | 'timeout'
  /** The model, the handler or the script raised an error or ended. */
  | 'code'
  /** The function answered with a status of 400 or more, although it ran to its end. */
  | 'status'
  /** The service or the network. */
  | 'call';

export interface Failure {
  readonly kind: FailureKind;
  /** One sentence. */
  readonly message: string;
  /** One more: what it is known by. */
  readonly evidence?: string;
  /** What to do about it. */
  readonly advice?: string;
  /** The target's own words, whole: often a traceback. */
  readonly said?: string;
  readonly denial?: Denial;
  /** Whether the target's log may tell more. */
  readonly log: boolean;
}

/** One wrapping that was taken off. */
export interface Step {
  /** `Payload`, `body`, `Scores`… */
  readonly name: string;
  /** What was found there, in a sentence. */
  readonly says: string;
  /** The text of this step, whole. */
  readonly text: string;
}

/** Where the time of exactly this request went; what cannot be told apart is one part. */
export interface Latency {
  /** Milliseconds from sending to the whole answer, on this machine's clock. */
  readonly total: number;
  /** They sum to `total`. */
  readonly parts: readonly LatencyPart[];
  /** An environment, or a process, was started for it. Undefined where nobody tells. */
  readonly cold?: boolean;
}

export interface LatencyPart {
  readonly part: 'start' | 'code' | 'rest';
  /** `function init`, `function`, `network and service`… */
  readonly name: string;
  readonly milliseconds: number;
}
