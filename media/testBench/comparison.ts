import type { Comparison, Outcome } from '../../src/ui/panels/testBench.protocol.js';
import { el } from '../shared/dom.js';
import { summary } from './answer.js';
import { count, digitsFor, percent } from './format.js';
import { icon, link } from './note.js';
import { nameOf } from './targets.js';

/** The same input asked of two targets: class by class, what differs in bold. @param top classes at first */
export function showComparison(comparison: Comparison, top: number, show: (outcome: Outcome) => void): HTMLElement[] {
  const { outcomes, verdict, evidence } = comparison;
  const place = el('div', { class: 'scroll compare', tabindex: '0', role: 'region', 'aria-label': 'Comparison' });
  const total = comparison.rows.length;
  const draw = (all: boolean) => place.replaceChildren(table(comparison, all ? total : top));
  const toggle = link(`Show all ${count(total)}`, () => {
    const all = toggle.getAttribute('aria-pressed') !== 'true';
    toggle.setAttribute('aria-pressed', String(all));
    toggle.textContent = all ? `Show the first ${top}` : `Show all ${count(total)}`;
    draw(all);
  });
  toggle.setAttribute('aria-pressed', 'false');
  draw(false);
  return [
    el('div', { class: 'ah' }, el('h1', { class: 'sentence' }, verdict)),
    ...(evidence === undefined ? [] : [el('p', { class: 'small dim' }, evidence)]),
    place,
    ...(total > top ? [el('p', { class: 'small' }, toggle)] : []),
    el(
      'p',
      { class: 'small both' },
      ...outcomes.map((outcome) => link(`Whole answer of ${nameOf(outcome.target)}`, () => show(outcome))),
    ),
  ];
}

function table({ outcomes, rows }: Comparison, top: number): HTMLElement {
  const digits = digitsFor(rows[0]?.cells[0]?.probability ?? 1);
  const head = outcomes.map(({ target }) => el('th', { scope: 'colgroup', colspan: 2, class: 'num' }, nameOf(target)));
  // What differs is shown wherever it stands, up to as many again.
  const first = rows.slice(0, top);
  const later = rows
    .slice(top)
    .filter(({ differs }) => differs)
    .slice(0, top);
  const body = [...first, ...later].map(({ name, cells, differs }) =>
    el(
      'tr',
      { class: differs && 'differs' },
      el('th', { scope: 'row' }, name, differs && el('span', { class: 'unseen-title' }, ' (differs)')),
      ...cells.flatMap((cell) => [
        el('td', { class: 'num' }, cell ? percent(cell.probability, digits) : '–'),
        el('td', { class: 'num mono' }, cell?.score ?? '–'),
      ]),
    ),
  );
  const whole = rows.length === 0;
  return el(
    'table',
    {},
    el('thead', {}, el('tr', {}, el('td', {}), ...head)),
    el(
      'tbody',
      {},
      ...(whole
        ? [el('tr', {}, el('th', { scope: 'row' }, 'Answer'), ...outcomes.map((one) => spanned(answerOf(one))))]
        : body),
      el(
        'tr',
        { class: 'total' },
        el('th', { scope: 'row' }, 'Latency'),
        ...outcomes.map(({ milliseconds, cold }) =>
          spanned([`${count(Math.round(milliseconds))} ms${cold ? ', cold start' : ''}`]),
        ),
      ),
    ),
  );
}

function answerOf(outcome: Outcome): (string | HTMLElement)[] {
  return outcome.type === 'failure' ? [icon('error', 'bad'), ` ${summary(outcome)}`] : [summary(outcome)];
}

function spanned(content: readonly (string | HTMLElement)[]): HTMLElement {
  return el('td', { colspan: 2, class: 'num' }, ...content);
}
