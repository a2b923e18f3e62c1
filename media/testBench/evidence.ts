import type { Outcome, Step } from '../../src/ui/panels/testBench.protocol.js';
import { el } from '../shared/dom.js';
import { count } from './format.js';
import { type Latency, latencyOf, titleOf } from './latency.js';
import { link } from './note.js';

/** Characters of a step that are shown. */
const mostStep = 2000;

/** What stands below an answer or a failure: how it was unwrapped, where the time went, and what was logged. */
export function evidence(outcome: Outcome, cold: Outcome | undefined, showLog: () => void): HTMLElement[] {
  const latency = latencyOf(outcome, cold);
  return [
    ...(outcome.steps.length > 1 ? [unwrapping(outcome.steps)] : []),
    ...(latency ? [latencyFigure(latency)] : []),
    ...(outcome.log === undefined ? [] : [logOf(outcome.log, showLog)]),
  ];
}

function unwrapping(steps: readonly Step[]): HTMLElement {
  const shown = steps.map(({ title, detail, text }, index) => {
    const rest = text.length - mostStep;
    const cut = rest > 0 ? `\n… ${count(rest)} more characters` : '';
    return el(
      'li',
      {},
      el('p', { class: 'small' }, el('b', {}, `${index + 1} ${title}`), el('span', { class: 'dim' }, ` ${detail}`)),
      el('pre', { tabindex: '0', 'aria-label': title }, text.slice(0, mostStep) + cut),
    );
  });
  return el(
    'details',
    { class: 'rule steps', open: true },
    el('summary', {}, 'How the answer was unwrapped'),
    el('ol', {}, ...shown),
  );
}

function latencyFigure(latency: Latency): HTMLElement {
  const place = el('div');
  const toggle = link('Show as table', () => {
    const asTable = toggle.getAttribute('aria-pressed') !== 'true';
    toggle.setAttribute('aria-pressed', String(asTable));
    toggle.textContent = asTable ? 'Show as chart' : 'Show as table';
    place.replaceChildren(asTable ? latencyTable(latency) : latencyBars(latency));
  });
  toggle.setAttribute('aria-pressed', 'false');
  place.append(latencyBars(latency));
  const unit = latency.rows.length > 1 ? 'Both requests on one scale, in milliseconds' : 'In milliseconds';
  return el(
    'figure',
    { class: 'latency rule' },
    el('figcaption', {}, el('div', {}, el('h2', {}, titleOf(latency)), el('p', { class: 'dim small' }, unit)), toggle),
    place,
  );
}

function latencyBars({ names, rows }: Latency): HTMLElement {
  const longest = Math.max(...rows.map(({ total }) => total));
  const bars = rows.map(({ title, parts, total }) => {
    const bar = el('div', { class: 'stack', role: 'img', 'aria-label': describe(names, parts) });
    bar.style.setProperty('--share', String(total / longest));
    parts.forEach((milliseconds, index) => {
      if (milliseconds === 0) return;
      const part = el('i', { class: `part${index}` });
      part.style.setProperty('flex-grow', String(milliseconds));
      bar.append(part);
    });
    return el(
      'div',
      { class: 'r' },
      el('span', {}, title),
      el('div', { class: 't' }, bar, el('b', { class: 'num' }, `${count(Math.round(total))} ms`)),
    );
  });
  const keys = names.map((name, index) => {
    const [first = 0] = rows.map(({ parts }) => parts[index] ?? 0);
    return el('span', {}, el('i', { class: `part${index}` }), `${name} `, el('b', {}, milliseconds(first)));
  });
  return el('div', { class: 'stacks' }, ...bars, el('p', { class: 'keys small' }, ...keys));
}

function describe(names: readonly string[], parts: readonly number[]): string {
  return names.map((name, index) => `${name} ${milliseconds(parts[index] ?? 0)}`).join(', ');
}

function latencyTable({ names, rows }: Latency): HTMLElement {
  const head = ['', ...names, 'Total'].map((name, column) =>
    el('th', { scope: 'col', class: column > 0 && 'num' }, name === '' ? 'Request' : name),
  );
  const body = rows.map(({ title, parts, total }) =>
    el(
      'tr',
      {},
      el('th', { scope: 'row' }, title),
      ...[...parts, total].map((each) => el('td', { class: 'num' }, milliseconds(each))),
    ),
  );
  return el(
    'div',
    { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Latency' },
    el('table', {}, el('thead', {}, el('tr', {}, ...head)), el('tbody', {}, ...body)),
  );
}

function milliseconds(value: number): string {
  if (value === 0) return 'none';
  return `${value < 10 ? value.toFixed(1) : count(Math.round(value))} ms`;
}

/** Lambda's report is what a person looks for: it stands out. */
function logOf(log: string, showLog: () => void): HTMLElement {
  const lines = log.trimEnd().split('\n');
  return el(
    'section',
    { class: 'rule raw' },
    el('div', { class: 'sub' }, el('h2', {}, 'Log of this request'), link('Open full log', showLog)),
    el(
      'pre',
      { tabindex: '0', 'aria-label': 'Log of this request' },
      ...lines.flatMap((line, index) => [
        line.startsWith('REPORT ') ? el('b', {}, line.replaceAll('\t', '  ').trimEnd()) : line.trimEnd(),
        index < lines.length - 1 && '\n',
      ]),
    ),
  );
}
