import * as v from 'valibot';

/** InvokeEndpoint's limit on a body, in bytes (aws/limits.ts): the page says at once what is too large. */
export const largestBody = 6_291_456;
/** How long a model may take to answer, in seconds (testBench/predict.ts). */
export const longestAnswer = 60;

const Id = v.number();

/** From the page to the extension. */
export const FromPage = v.variant('type', [
  /** Ends in one `answer`, `failure` or `cancelled` with its id, whatever happens. */
  v.object({
    type: v.literal('send'),
    /** Of the page's making; larger than every id before. */
    id: Id,
    target: v.string(),
    /** Empty: as the bytes say. */
    contentType: v.string(),
    accept: v.string(),
    /** Without it: what was sent under this key the last time, once more. */
    body: v.optional(v.instance(Uint8Array)),
    key: v.optional(Id),
    /** The class that the input is known to have. */
    expected: v.optional(v.string()),
  }),
  /** Of a send, or of the URL that is being fetched. */
  v.object({ type: v.literal('cancel') }),
  /** Asks for a picture by VS Code's file dialog: answered by `picture`, `noPicture` or nothing. */
  v.object({ type: v.literal('choose') }),
  /** Asks for the picture behind a URL, or a file of VS Code's Explorer: answered by `picture` or `noPicture`. */
  v.object({ type: v.literal('fetch'), url: v.string() }),
  v.object({ type: v.literal('showLog'), target: v.string() }),
  v.object({ type: v.literal('deploy') }),
  v.object({ type: v.literal('connect') }),
  v.object({ type: v.literal('copy'), text: v.string() }),
  v.object({ type: v.literal('select'), target: v.string() }),
]);
export type FromPage = v.InferOutput<typeof FromPage>;
export type Send = Extract<FromPage, { type: 'send' }>;

/** From the extension to the page. */
export type ToPage =
  | Targets
  /** The command was called with this endpoint. */
  | { readonly type: 'target'; readonly name: string }
  | Picture
  | { readonly type: 'noPicture'; readonly message: string }
  | Sending
  | Outcome
  | { readonly type: 'cancelled'; readonly id: number };

/** Where the endpoints are, and which of them answer. */
export interface Targets {
  readonly type: 'targets';
  /** Names. */
  readonly targets: readonly string[];
  readonly status: 'reading' | 'read' | 'failed';
  /** Why they could not be read. */
  readonly problem?: string;
  /** `sandbox`, `profile dev, eu-west-1`. */
  readonly connection: string;
}

/** A picture that the extension has read; the page sends it. */
export interface Picture {
  readonly type: 'picture';
  readonly name: string;
  readonly body: Uint8Array;
  readonly expected?: string;
}

export interface Sending {
  readonly type: 'sending';
  readonly id: number;
  readonly target: string;
  /** `names`: the answer is there, and class names are being read from the model's archive. */
  readonly phase: 'answer' | 'names';
  /** Milliseconds that have passed since it was sent. */
  readonly elapsed: number;
}

export type Outcome = Answer | Failure;

export interface Answer {
  readonly type: 'answer';
  readonly id: number;
  readonly target: string;
  readonly connection: string;
  readonly milliseconds: number;
  /** Of what was sent. */
  readonly sent: { readonly contentType: string; readonly bytes: number };
  readonly contentType: string;
  readonly bytes: number;
  readonly variant?: string;
  readonly text: string;
  readonly content:
    ClassesContent | { readonly kind: 'other'; readonly heading: string; readonly explanation?: string };
}

export interface ClassesContent {
  readonly kind: 'classes';
  /** One for each input; the first of them when there are very many. */
  readonly rows: readonly ClassRow[];
  readonly inputs: number;
  /** Sentences: where the names come from, and what was passed over. */
  readonly names: readonly string[];
  /** The class that the input is known to have, as it was told; not said of several inputs. */
  readonly expected?: string;
}

export interface ClassRow {
  /** A sentence: what the numbers look like. */
  readonly looks: string;
  readonly flat: boolean;
  /** The likeliest first. */
  readonly classes: readonly {
    readonly index: number;
    readonly name: string;
    readonly probability: number;
    /** The model's number, as text: it may be infinite. */
    readonly score: string;
    readonly correct: boolean;
  }[];
}

export interface Failure {
  readonly type: 'failure';
  readonly id: number;
  readonly target: string;
  readonly connection: string;
  /** One sentence. */
  readonly message: string;
  /** One more: evidence. */
  readonly evidence?: string;
  /** What the container said, whole. */
  readonly said?: string;
  /** Whether the endpoint's log may tell more. */
  readonly log: boolean;
  /** The endpoint is not there any more. */
  readonly gone: boolean;
}
