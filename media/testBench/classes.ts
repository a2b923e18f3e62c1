import type { ClassRow } from '../../src/ui/panels/testBench.protocol.js';
import { el } from '../shared/dom.js';
import { count, percent } from './format.js';
import { icon } from './note.js';

/** The likeliest classes, and the true one wherever it stands. */
export function classBars({ classes }: ClassRow, top: number, digits: number): HTMLElement {
  const shown = classes.slice(0, top);
  const heading = `Top ${shown.length} of ${count(classes.length)} classes`;
  const truth = classes.find(({ correct }) => correct);
  const rows = truth && !shown.includes(truth) ? [...shown, truth] : shown;
  return el(
    'div',
    { class: 'bars', role: 'table', 'aria-label': heading },
    el(
      'div',
      { class: 'r hd', role: 'row' },
      el('span', { role: 'columnheader' }, heading),
      el('span', { class: 't', 'aria-hidden': 'true' }),
      el('span', { class: 'num', role: 'columnheader' }, 'Probability'),
      el('span', { class: 'num', role: 'columnheader' }, 'Score'),
    ),
    ...rows.map((row) => {
      const fill = el('i');
      fill.style.setProperty('width', `${row.probability * 100}%`);
      return el(
        'div',
        { class: row.correct ? 'r true' : 'r', role: 'row' },
        el(
          'span',
          { class: 'nm', role: 'cell' },
          row.name,
          row.correct && el('small', {}, icon('check', 'ok'), 'true class'),
        ),
        el('span', { class: 't', 'aria-hidden': 'true' }, fill),
        el('span', { class: 'num p', role: 'cell' }, percent(row.probability, digits)),
        el('span', { class: 'num mono dim', role: 'cell' }, row.score),
      );
    }),
  );
}

/** All of them, with their positions in the answer. */
export function classTable({ classes }: ClassRow, digits: number): HTMLElement {
  const rows = classes.map(({ index, name, probability, score, correct }) =>
    el(
      'tr',
      {},
      el('td', {}, name, correct && el('small', {}, ' ', icon('check', 'ok'), 'true class')),
      el('td', { class: 'num' }, percent(probability, digits)),
      el('td', { class: 'num mono dim' }, score),
      el('td', { class: 'num mono dim' }, String(index)),
    ),
  );
  const head = ['Class', 'Probability', 'Score', 'Position'].map((name, column) =>
    el('th', { scope: 'col', class: column > 0 && 'num' }, name),
  );
  return el(
    'div',
    { class: 'all', tabindex: '0', role: 'region', 'aria-label': `All ${count(classes.length)} classes` },
    el('table', {}, el('thead', {}, el('tr', {}, ...head)), el('tbody', {}, ...rows)),
  );
}
