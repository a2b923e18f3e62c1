import { el } from '../shared/dom.js';
import { summary } from './answer.js';
import { count } from './format.js';
import { link } from './note.js';
import type { HistoryEntry, Sent } from './state.js';
import { nameOf } from './targets.js';

export interface HistoryActions {
  show(index: number): void;
  /** Sends it once more, to the target that is chosen now. */
  replay(index: number): void;
  clear(): void;
}

/** The last sends; a click shows one again. */
export function historyTable(
  entries: readonly HistoryEntry[],
  current: number | undefined,
  actions: HistoryActions,
): HTMLElement[] {
  const rows = entries.map((entry, index) => {
    const { picture, outcome } = entry;
    const again = link('Replay', () => actions.replay(index));
    again.setAttribute('aria-label', `Replay ${inputName(entry)} with the target that is chosen`);
    return el(
      'tr',
      { class: outcome.id === current && 'cur' },
      el('td', { class: 'mono' }, new Date(outcome.id).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })),
      el('td', { class: 'in' }, picture?.preview && el('img', { src: picture.preview, alt: '' }), inputName(entry)),
      el(
        'td',
        {},
        link(summary(outcome), () => actions.show(index)),
      ),
      el('td', { class: 'dim where' }, `${nameOf(outcome.target)}, ${outcome.connection}`),
      el('td', { class: 'num' }, count(Math.round(outcome.milliseconds))),
      el('td', { class: 'num' }, again),
    );
  });
  const head = ['Sent', 'Input', 'Answer', 'Target', 'ms'].map((name) =>
    el('th', { scope: 'col', class: name === 'ms' ? 'num' : name === 'Target' && 'where' }, name),
  );
  return [
    el(
      'div',
      { class: 'sub' },
      el('h2', {}, 'History'),
      link('Clear', () => actions.clear()),
    ),
    el('table', {}, el('thead', {}, el('tr', {}, ...head, el('td', {}))), el('tbody', {}, ...rows)),
  ];
}

/** What was sent, in a word or two. */
export function inputName({ picture, text }: Sent): string {
  return picture ? picture.name : (text ?? '').replace(/\s+/g, ' ').slice(0, 40);
}
