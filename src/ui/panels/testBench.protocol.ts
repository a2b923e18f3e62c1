import * as v from 'valibot';
import type { BatchProgress, CellImages } from './testBenchBatch.protocol.js';

/** InvokeEndpoint's and Invoke's limit on a body, in bytes (aws/limits.ts): the page says at once what is too large. */
export const largestBody = 6_291_456;
/** How long a model may take to answer, in seconds (testBench/predict.ts). */
export const longestAnswer = 60;

const Id = v.number();

/** What is asked: in the words of src/testBench. */
export const Target = v.variant('kind', [
  v.object({ kind: v.literal('endpoint'), name: v.string(), variant: v.exactOptional(v.string()) }),
  v.object({ kind: v.literal('function'), name: v.string(), qualifier: v.exactOptional(v.string()) }),
  v.object({
    kind: v.literal('script'),
    /** Of this machine. */
    file: v.string(),
    /** The function of a Lambda handler; without it, an inference script. */
    handler: v.exactOptional(v.string()),
    /** `endpoints.breeds`: the entry whose model, environment and limits it runs with. */
    entry: v.exactOptional(v.string()),
  }),
]);
export type Target = v.InferOutput<typeof Target>;
export type ScriptTarget = Extract<Target, { kind: 'script' }>;

/** One input, for whatever takes it: a model takes the picture or the text as its body, a function an event. */
const Input = v.object({
  /** Of a body; empty: as the bytes say. */
  contentType: v.string(),
  accept: v.string(),
  /** Instead of a picture. */
  text: v.optional(v.string()),
  /** JSON in which `"${image}"` and `"${url}"` stand for the picture; without it, as the function takes pictures. */
  event: v.optional(v.string()),
  picture: v.optional(
    v.object({
      key: Id,
      /** Without it: what was sent under this key the last time, once more. */
      body: v.optional(v.instance(Uint8Array)),
      name: v.string(),
      /** Where it was fetched from. */
      url: v.optional(v.string()),
      /** The class that it is known to have. */
      expected: v.optional(v.string()),
    }),
  ),
});
export type Input = v.InferOutput<typeof Input>;

/** From the page to the extension. */
export const FromPage = v.variant('type', [
  /** Ends in one `answer`, `failure`, `comparison` or `cancelled` with its id, whatever happens. */
  v.object({
    type: v.literal('send'),
    /** Of the page's making; larger than every id before. */
    id: Id,
    target: Target,
    /** Asked the same, one after the other. */
    other: v.optional(Target),
    input: Input,
  }),
  /** Of a send, of a batch, or of the URL that is being fetched. */
  v.object({ type: v.literal('cancel') }),
  /** Asks for a picture by VS Code's file dialog: answered by `picture`, `noPicture` or nothing. */
  v.object({ type: v.literal('choose') }),
  /** Asks for the picture behind a URL, or a file of VS Code's Explorer: answered by `picture` or `noPicture`. */
  v.object({ type: v.literal('fetch'), url: v.string() }),
  /** Asks for the picture before or after the one at `place` in its data folder; without one for the first. */
  v.object({ type: v.literal('browse'), folder: v.string(), index: v.number() }),
  /** Asks for a folder by VS Code's dialog: `targets` has it from then on. */
  v.object({ type: v.literal('chooseFolder') }),
  /** Answered by `batch` messages; the last one says how it ended. */
  v.object({
    type: v.literal('batch'),
    id: Id,
    target: Target,
    folder: v.string(),
    /** Pictures, taken evenly from the folder; 0: all. */
    most: v.number(),
    parallel: v.number(),
    event: v.optional(v.string()),
    contentType: v.string(),
  }),
  /** The pictures behind a cell of the last batch's matrix. */
  v.object({ type: v.literal('cell'), truth: v.string(), predicted: v.string() }),
  v.object({ type: v.literal('exportBatch') }),
  v.object({ type: v.literal('showLog'), target: Target }),
  v.object({ type: v.literal('deploy') }),
  v.object({ type: v.literal('connect') }),
  v.object({ type: v.literal('copy'), text: v.string() }),
  /** This one is asked from now on. Answered by `about`, as `describe` is. */
  v.object({ type: v.literal('select'), target: Target }),
  v.object({ type: v.literal('describe'), target: Target }),
]);
export type FromPage = v.InferOutput<typeof FromPage>;
export type Send = Extract<FromPage, { type: 'send' }>;

/** From the extension to the page. */
export type ToPage =
  | Targets
  | About
  /** The command was called with this target. */
  | { readonly type: 'target'; readonly target: Target }
  | Picture
  | { readonly type: 'noPicture'; readonly message: string }
  | Sending
  | Outcome
  | Comparison
  | BatchProgress
  | CellImages
  | { readonly type: 'cancelled'; readonly id: number };

/** What can be asked now. */
export interface Targets {
  readonly type: 'targets';
  readonly endpoints: readonly string[];
  readonly functions: readonly string[];
  /** Scripts of the workspace that run on this machine, with what they are called there. */
  readonly scripts: readonly { readonly target: ScriptTarget; readonly label: string }[];
  readonly status: 'reading' | 'read' | 'failed';
  /** Why endpoints and functions could not be read. */
  readonly problem?: string;
  /** `sandbox`, `profile dev, eu-west-1`. */
  readonly connection: string;
  /** The data folders of the workspace, and those that were chosen. */
  readonly folders: readonly { readonly path: string; readonly label: string }[];
}

/** What is known of the target that is chosen. */
export interface About {
  readonly type: 'about';
  readonly target: Target;
  /** Variants that answer, or aliases and versions; empty where there is nothing to choose. */
  readonly parts: readonly { readonly value: string; readonly label: string }[];
  /** The one of them that callers use, where none was chosen: an alias. */
  readonly usual?: string;
  /** Seconds that it may take; undefined where they are not known. */
  readonly timeout?: number;
  /** How it may take a picture: the likeliest first. */
  readonly events: readonly EventTemplate[];
  /** A sentence: how it is known which is the likeliest. */
  readonly because?: string;
}

export interface EventTemplate {
  readonly label: string;
  /** JSON with `"${image}"` or `"${url}"` in it. */
  readonly text: string;
}

/** A picture that the extension has read; the page sends it. */
export interface Picture {
  readonly type: 'picture';
  readonly name: string;
  readonly body: Uint8Array;
  readonly expected?: string;
  /** Where it was fetched from. */
  readonly url?: string;
  /** Where it lies in a data folder. */
  readonly place?: Place;
}

export interface Place {
  readonly folder: string;
  /** From 0. */
  readonly index: number;
  readonly count: number;
}

export interface Sending {
  readonly type: 'sending';
  readonly id: number;
  readonly target: Target;
  /** `names`: the answer is there, and class names are being read from the model's archive. */
  readonly phase: 'answer' | 'names';
  /** Milliseconds that have passed since it was sent. */
  readonly elapsed: number;
}

export type Outcome = Answer | Failure;

/** What is known of a request, however it ended. */
export interface Told {
  readonly id: number;
  readonly target: Target;
  readonly connection: string;
  readonly milliseconds: number;
  /** Of what was sent. */
  readonly sent: { readonly contentType: string; readonly bytes: number };
  /** `version 7`, `variant B`. */
  readonly ran?: string;
  /** Whether this request started an environment; undefined where nothing tells. */
  readonly cold?: boolean;
  /** Together `milliseconds`; empty where only the whole is known. */
  readonly latency: readonly LatencyPart[];
  /** The end of the log of exactly this request. */
  readonly log?: string;
  /** What is unusual in the picture that was sent, in sentences. */
  readonly remarks?: readonly string[];
  /** How the answer was unwrapped; empty where it came as it is. */
  readonly steps: readonly Step[];
}

export interface LatencyPart {
  readonly name: string;
  readonly milliseconds: number;
}

/** One wrapping of an answer. */
export interface Step {
  readonly title: string;
  /** A few words: content type, size, what it is. */
  readonly detail: string;
  readonly text: string;
}

export interface Answer extends Told {
  readonly type: 'answer';
  readonly contentType: string;
  readonly bytes: number;
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

export interface Failure extends Told {
  readonly type: 'failure';
  /** One sentence. */
  readonly message: string;
  /** One more: evidence. */
  readonly evidence?: string;
  /** What to do about it. */
  readonly advice?: string;
  /** What the container or the function said, whole. */
  readonly said?: string;
  /** Who may not do what with what. */
  readonly denial?: Denial;
  /** Whether the target's log may tell more. */
  readonly logged: boolean;
  /** The target is not there any more. */
  readonly gone: boolean;
}

export interface Denial {
  readonly principal: string;
  readonly action: string;
  readonly resource?: string;
  /** A policy statement that allows it, as JSON. */
  readonly statement: string;
}

/** The same input, asked of two targets. */
export interface Comparison {
  readonly type: 'comparison';
  readonly id: number;
  readonly outcomes: readonly [Outcome, Outcome];
  /** One sentence. */
  readonly verdict: string;
  /** One more: evidence. */
  readonly evidence?: string;
  /** Classes by the first target's order; empty where one of the two has none. */
  readonly rows: readonly ComparedClass[];
}

export interface ComparedClass {
  readonly name: string;
  /** One for each target; undefined where it does not name the class. */
  readonly cells: readonly ({ readonly probability: number; readonly score: string } | undefined)[];
  readonly differs: boolean;
}
