import { el } from '../shared/dom.js';
import { count, digitsFor, percent } from './format.js';
import type { HistoryEntry, Sent } from './state.js';

/** The last sends; a click shows one again. */
export function historyTable(
  entries: readonly HistoryEntry[],
  current: number | undefined,
  show: (index: number) => void,
  clear: () => void,
): HTMLElement[] {
  const forget = el('button', { type: 'button', class: 'link' }, 'Clear');
  forget.addEventListener('click', clear);
  const rows = entries.map((entry, index) => {
    const { picture, outcome } = entry;
    const open = el('button', { type: 'button', class: 'link' }, sentence(outcome));
    open.addEventListener('click', () => show(index));
    return el(
      'tr',
      { class: outcome.id === current && 'cur' },
      el('td', { class: 'mono' }, new Date(outcome.id).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })),
      el('td', { class: 'in' }, picture?.preview && el('img', { src: picture.preview, alt: '' }), inputName(entry)),
      el('td', {}, open),
      el('td', { class: 'dim where' }, `${outcome.target}, ${outcome.connection}`),
      el('td', { class: 'num' }, outcome.type === 'answer' ? count(Math.round(outcome.milliseconds)) : ''),
    );
  });
  const head = ['Sent', 'Input', 'Answer', 'Endpoint', 'ms'].map((name) =>
    el('th', { scope: 'col', class: name === 'ms' ? 'num' : name === 'Endpoint' && 'where' }, name),
  );
  return [
    el('div', { class: 'sub' }, el('h2', {}, 'History'), forget),
    el('table', {}, el('thead', {}, el('tr', {}, ...head)), el('tbody', {}, ...rows)),
  ];
}

function sentence(outcome: HistoryEntry['outcome']): string {
  if (outcome.type === 'failure') return outcome.message.slice(0, 80);
  const { content } = outcome;
  if (content.kind === 'other') return content.heading;
  const [row] = content.rows;
  const [best] = row?.classes ?? [];
  if (!best) return '';
  return `${best.name} ${percent(best.probability, digitsFor(best.probability))}${row?.flat ? ', nearly uniform' : ''}`;
}

/** What was sent, in a word or two. */
export function inputName({ picture, text }: Sent): string {
  return picture ? picture.name : (text ?? '').replace(/\s+/g, ' ').slice(0, 40);
}
