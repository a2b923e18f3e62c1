/** A hyperparameter and the range in which it is searched. */
export type SearchParameter =
  | {
      readonly name: string;
      readonly kind: 'continuous';
      readonly min: number;
      readonly max: number;
      readonly scaling: 'Linear' | 'Logarithmic' | 'ReverseLogarithmic';
    }
  | {
      readonly name: string;
      readonly kind: 'integer';
      readonly min: number;
      readonly max: number;
      readonly scaling: 'Linear' | 'Logarithmic';
    }
  | { readonly name: string; readonly kind: 'categorical'; readonly values: readonly string[] };

/** A trial that is known already when a search begins. */
export interface KnownTrial {
  /** Undefined for those of parent jobs (warm start). */
  readonly index?: number;
  /** Every value a string, as in the API. */
  readonly parameters: Readonly<Record<string, string>>;
  /** The objective; null when the trial gave none, undefined while it runs. */
  readonly value?: number | null;
}

export interface SearchSpec {
  readonly strategy: 'Bayesian' | 'Random' | 'Grid';
  readonly direction: 'Minimize' | 'Maximize';
  readonly seed: number;
  /** How many will be asked for: a small budget is searched otherwise than a large one. */
  readonly trials: number;
  readonly parameters: readonly SearchParameter[];
  readonly history: readonly KnownTrial[];
}

/** What a search says of itself when it is ready. */
export interface SearchDescription {
  /** The sampler and its settings, in words. */
  readonly sampler: string;
  /** How many trials of the history lie in the ranges, so that they could be used. */
  readonly used: number;
}

/** One search. Trials are known by their index, 0 and up. */
export interface Search {
  /** The Python and the Optuna that search. */
  readonly runtime: string;
  /** @throws {SearchEnded} */
  describe(): Promise<SearchDescription>;
  /** The hyperparameters of a trial, which runs from now on for the search. @throws {SearchEnded} */
  ask(index: number): Promise<Readonly<Record<string, string>>>;
  /** The objective of a trial that was asked for; null when it gave none. */
  tell(index: number, value: number | null): void;
  close(): void;
}

/** No search can be made on this machine; the message says what to install. */
export class NoOptunaError extends Error {
  override readonly name = 'NoOptunaError';
}

/** The search has ended before its time. */
export class SearchEnded extends Error {
  override readonly name = 'SearchEnded';
}

export interface TuningEngine {
  /** @throws {NoOptunaError} */
  start(spec: SearchSpec): Promise<Search>;
  /** Ends every search; resolves when no process is left. */
  close(): Promise<void>;
}
