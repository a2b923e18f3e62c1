import type { TrialView, TuningView } from '../../src/ui/panels/tuning.protocol.js';
import { el } from '../shared/dom.js';
import { number, time } from '../shared/number.js';
import { brushed, cell, type Choices, isBrushed, objectiveKey, rowsOf } from './choices.js';

export interface TableEvents {
  sort(column: string): void;
  /** Marks a trial, or takes its mark away. */
  select(name: string): void;
  /** Marks a trial, also one that is marked. */
  mark(name: string): void;
  open(name: string): void;
  more(): void;
}

interface Column {
  readonly key: string;
  readonly title: string;
  readonly isNumeric: boolean;
}

const icons = {
  InProgress: ['sync', 'running'],
  Stopping: ['sync', 'running'],
  Completed: ['pass', 'ok'],
  Failed: ['error', 'bad'],
  Stopped: ['circle-slash', 'dim'],
} as const;

/** Every trial: sorted, filtered, brushed ones first. Arrows go from row to row, Enter opens the training job. */
export function table(view: TuningView, choices: Choices, events: TableEvents): HTMLElement {
  const columns = columnsOf(view);
  const rows = rowsOf(view, choices);
  const chosen = brushed(view, choices);
  const shown = rows.slice(0, choices.rows);
  // One row is in the order of the Tab key: the marked one, else the first.
  const reached = shown.find(({ name }) => name === choices.selected) ?? shown[0];
  const body = el(
    'tbody',
    {},
    ...shown.map((trial) => {
      const isSelected = trial.name === choices.selected;
      const dim = isBrushed(choices) && !chosen.has(trial.name) ? 'off' : undefined;
      return el(
        'tr',
        {
          ...{ id: `row-${trial.name}`, 'data-trial': trial.name, tabindex: trial === reached ? 0 : -1 },
          ...{ class: isSelected ? 'selected' : dim, 'aria-selected': isSelected },
        },
        ...columns.map(({ key, isNumeric }) =>
          el('td', { class: isNumeric ? 'num' : undefined }, inCell(view, trial, key)),
        ),
      );
    }),
  );
  body.addEventListener('click', ({ target }) => {
    const name = (target as Element).closest('tr')?.dataset['trial'];
    if (name === undefined) return;
    if ((target as Element).closest('button')) events.open(name);
    else events.select(name);
  });
  body.addEventListener('keydown', (event) => {
    const row = (event.target as Element).closest('tr');
    if (!row || event.target !== row) return;
    const next = { ArrowDown: row.nextElementSibling, ArrowUp: row.previousElementSibling }[event.key];
    if (next) {
      (next as HTMLElement).focus();
      events.mark((next as HTMLElement).dataset['trial']!);
    } else if (event.key === 'Enter') events.open(row.dataset['trial']!);
    else if (event.key === ' ') events.select(row.dataset['trial']!);
    else return;
    event.preventDefault();
  });
  const heads = columns.map((column) => head(column, choices, events));
  const more = rows.length - shown.length;
  const button = el('button', { class: 'link', id: 'more' }, `Show more of ${more} further trials`);
  button.addEventListener('click', () => events.more());
  return el(
    'div',
    {},
    el(
      'div',
      { class: 'wide' },
      el(
        'table',
        { id: 'trials', role: 'grid', 'aria-label': 'Trials' },
        el('thead', {}, el('tr', {}, ...heads)),
        body,
      ),
    ),
    more > 0 && button,
    rows.length === 0 && el('p', { class: 'dim' }, view.trials.length === 0 ? 'No trial yet' : 'No trial matches'),
  );
}

function columnsOf({ axes, objective }: TuningView): readonly Column[] {
  return [
    { key: 'number', title: 'Trial', isNumeric: false },
    { key: 'state', title: 'Status', isNumeric: false },
    { key: objectiveKey(), title: objective.metric, isNumeric: true },
    ...axes.map(({ name, kind }) => ({ key: `axis ${name}`, title: name, isNumeric: kind === 'numeric' })),
    { key: 'seconds', title: 'Time', isNumeric: true },
    { key: 'usd', title: 'Cost', isNumeric: true },
  ];
}

function head({ key, title, isNumeric }: Column, { sort }: Choices, events: TableEvents): HTMLElement {
  const isSorted = sort.column === key;
  const mark = isSorted ? (sort.descending ? ' ↓' : ' ↑') : '';
  const button = el('button', { class: 'sort', id: `sort-${key.replaceAll(' ', '-')}` }, title, mark);
  button.addEventListener('click', () => events.sort(key));
  const order = isSorted ? (sort.descending ? 'descending' : 'ascending') : 'none';
  return el('th', { scope: 'col', class: isNumeric ? 'num' : undefined, 'aria-sort': order }, button);
}

function inCell(view: TuningView, trial: TrialView, key: string): Node | string {
  if (key === 'number') {
    return el('button', { class: 'link', tabindex: -1, title: `Show ${trial.name}` }, String(trial.number));
  }
  if (key === 'state') {
    const [icon, tone] = icons[trial.state];
    const mark = el('span', { class: `codicon codicon-${icon} ${tone}`, 'aria-hidden': 'true' });
    return el('span', { class: 'state', title: trial.failure }, mark, trial.state);
  }
  const value = cell(view, trial, key);
  if (key === objectiveKey() && value === undefined) return noValue(trial);
  if (value === undefined) return '';
  if (key === 'seconds') return time(Number(value));
  if (key === 'usd') return dollars(Number(value));
  return typeof value === 'number' ? number(value) : value;
}

function dollars(amount: number): string {
  if (amount > 0 && amount < 0.0001) return '< $0.0001';
  return `$${amount.toFixed(amount < 1 ? 4 : 2)}`;
}

function noValue({ state, failure }: TrialView): HTMLElement {
  const why = state === 'InProgress' || state === 'Stopping' ? 'not yet' : (failure ?? 'no value');
  return el('span', { class: 'dim why', title: why }, why);
}
