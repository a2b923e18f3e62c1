import type { Target } from './testBench.protocol.js';

/** A folder of pictures, asked one by one: how far it is, and what came of it so far. */
export interface BatchProgress {
  readonly type: 'batch';
  readonly id: number;
  readonly target: Target;
  readonly folder: string;
  readonly state: 'running' | 'done' | 'cancelled' | 'failed';
  /** Why it has failed as a whole, or was cancelled by what was not the person. */
  readonly problem?: string;
  readonly done: number;
  readonly total: number;
  /** Milliseconds. */
  readonly elapsed: number;
  /** Pictures that got no answer. */
  readonly failed: number;
  /** The most frequent reasons. */
  readonly failures: readonly { readonly message: string; readonly count: number; readonly example: string }[];
  /** Pictures that got an answer and whose class is known by their folder. */
  readonly judged: number;
  /** Of those that are judged, 0 to 1; undefined where there is none. */
  readonly accuracy?: number;
  /** How often the true class was among the first five; undefined where answers have no more classes than that. */
  readonly top5Accuracy?: number;
  /** Only pairs that occur. */
  readonly cells: readonly Cell[];
}

export interface Cell {
  readonly truth: string;
  readonly predicted: string;
  readonly count: number;
}

/** Some of the pictures behind a cell. */
export interface CellImages {
  readonly type: 'cellImages';
  readonly truth: string;
  readonly predicted: string;
  readonly count: number;
  readonly images: readonly {
    readonly name: string;
    /** That the page may show. */
    readonly source: string;
    /** A `file:` URL, to ask for it. */
    readonly url: string;
    readonly probability: number;
  }[];
}
