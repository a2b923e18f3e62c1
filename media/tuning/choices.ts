import type { TrialView, TuningView } from '../../src/ui/panels/tuning.protocol.js';

/** What a brush on an axis lets through: a span of numbers, or some of the categories. */
export type Brush = { readonly from: number; readonly to: number } | { readonly values: readonly string[] };

/** What the person has chosen; kept while the page is hidden, and over every new view. */
export interface Choices {
  /** By the axis' key (`axes.ts`). Brushes are in values and not in places: axes grow while a search runs. */
  readonly brushes: Readonly<Record<string, Brush>>;
  /** Only so many of the best; undefined: all. */
  readonly top: number | undefined;
  /** Of the table. */
  readonly text: string;
  readonly status: 'all' | TrialView['state'];
  readonly sort: { readonly column: string; readonly descending: boolean };
  /** How many rows of the table are shown. */
  readonly rows: number;
  /** Name of the trial that is marked in every chart. */
  readonly selected: string | undefined;
  /** Which charts are shown as tables. */
  readonly tables: readonly string[];
}

/** Rows that are shown at first, and more at each wish. */
export const rowsAtOnce = 50;

export const initial: Choices = {
  ...{ brushes: {}, top: undefined, text: '', status: 'all', rows: rowsAtOnce, selected: undefined, tables: [] },
  sort: { column: objectiveKey(), descending: false },
};

/** Key of the objective among the axes and columns: no hyperparameter's name has a space at its end. */
export function objectiveKey(): string {
  return 'objective ';
}

/** What stands in a column for a trial; undefined is last in either direction. */
export function cell(view: Pick<TuningView, 'axes'>, trial: TrialView, column: string): number | string | undefined {
  if (column === objectiveKey()) return trial.objective;
  const index = view.axes.findIndex(({ name }) => `axis ${name}` === column);
  if (index >= 0) return trial.values[index];
  if (column === 'number' || column === 'state' || column === 'seconds' || column === 'usd') return trial[column];
  return undefined;
}

type Data = Pick<TuningView, 'axes' | 'trials' | 'objective'>;

/** The trials with a value, best first. */
export function ranked({ trials, objective }: Data): readonly TrialView[] {
  const sign = objective.minimize ? 1 : -1;
  return trials
    .filter((trial) => trial.objective !== undefined)
    .sort((a, b) => sign * (a.objective! - b.objective!) || a.number - b.number);
}

/** Whether something is chosen by brushes or "top". */
export function isBrushed({ brushes, top }: Choices): boolean {
  return top !== undefined || Object.keys(brushes).length > 0;
}

/** The names of the trials that brushes and "top" let through: all while nothing is chosen. */
export function brushed(view: Data, choices: Choices): ReadonlySet<string> {
  const { brushes, top } = choices;
  const from = top === undefined ? view.trials : ranked(view).slice(0, top);
  const passes = (trial: TrialView): boolean =>
    Object.entries(brushes).every(([key, brush]) => isIn(brush, cell(view, trial, key)));
  return new Set(from.filter(passes).map(({ name }) => name));
}

function isIn(brush: Brush, value: number | string | undefined): boolean {
  if ('values' in brush) return typeof value === 'string' && brush.values.includes(value);
  return typeof value === 'number' && value >= brush.from && value <= brush.to;
}

/** The rows of the table: what the filter lets through, brushed ones first, each part in the order that was asked for. */
export function rowsOf(view: Data, choices: Choices): readonly TrialView[] {
  const { sort, text, status } = choices;
  const chosen = brushed(view, choices);
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const matches = (trial: TrialView): boolean => {
    if (status !== 'all' && trial.state !== status) return false;
    if (words.length === 0) return true;
    const said = [trial.name, trial.state, trial.failure ?? '', ...trial.values.map(String)].join(' ').toLowerCase();
    return words.every((word) => said.includes(word));
  };
  // The better value is the smaller one of a loss and the larger one of an accuracy: "ascending" is best first.
  const sign = (sort.descending ? -1 : 1) * (sort.column === objectiveKey() && !view.objective.minimize ? -1 : 1);
  return view.trials.filter(matches).sort((a, b) => {
    const first = Number(chosen.has(b.name)) - Number(chosen.has(a.name));
    return first || compare(cell(view, a, sort.column), cell(view, b, sort.column), sign) || a.number - b.number;
  });
}

function compare(a: number | string | undefined, b: number | string | undefined, sign: number): number {
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined);
  if (typeof a === 'number' && typeof b === 'number') return sign * (a - b);
  return sign * String(a).localeCompare(String(b), 'en', { numeric: true });
}
