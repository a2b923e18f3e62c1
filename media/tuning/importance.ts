import type { TuningView } from '../../src/ui/panels/tuning.protocol.js';
import { el } from '../shared/dom.js';

/** A bar a parameter, the most important one first. What is drawn is a table: there is no other twin to it. */
export function importance({ title, note, shares }: TuningView['importance']): HTMLElement {
  return el(
    'figure',
    {},
    el('figcaption', {}, el('div', {}, el('h2', {}, title), el('p', { class: 'dim small' }, note))),
    shares.length > 0 &&
      el(
        'table',
        { class: 'bars', 'aria-label': 'Importance' },
        el('tbody', {}, ...shares.map(({ name, share }, index) => row(name, share, share / shares[0]!.share, index))),
      ),
  );
}

function row(name: string, share: number, length: number, index: number): HTMLElement {
  const bar = el('span', { class: index === 0 ? 'bar chief' : 'bar', 'aria-hidden': 'true' });
  bar.style.width = `calc((100% - 48px) * ${length})`;
  const percent = share < 0.005 ? '< 1 %' : `${Math.round(share * 100)} %`;
  return el('tr', {}, el('th', { scope: 'row', title: name }, name), el('td', {}, bar, percent));
}
