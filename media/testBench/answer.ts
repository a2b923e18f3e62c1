import type { Answer, ClassesContent, ClassRow, Failure } from '../../src/ui/panels/testBench.protocol.js';
import { el } from '../shared/dom.js';
import { count, digitsFor, percent, pretty, size } from './format.js';

export interface AnswerActions {
  copy(text: string): void;
  showLog(target: string): void;
  deploy(): void;
}

/** Characters of the raw answer that are shown. */
const mostText = 20_000;
const top = 5;

/**
 * What an endpoint answered: the answer in large, then the evidence.
 * @param input what was sent, in a word or two: what stands beside may be the next input already
 */
export function showAnswer(answer: Answer, input: string, actions: AnswerActions): HTMLElement[] {
  const { content } = answer;
  if (content.kind === 'other') {
    return [
      el('div', { class: 'ah' }, facts(answer, input), el('h1', {}, content.heading)),
      ...(content.explanation === undefined ? [] : [note('warning', content.explanation, '')]),
      raw(answer, actions),
    ];
  }
  const { rows } = content;
  const [first] = rows;
  if (!first) return [raw(answer, actions)];
  const place = el('div', { class: 'row' });
  const show = (row: ClassRow) => place.replaceChildren(...showRow(answer, input, content, row));
  show(first);
  return [...(rows.length > 1 ? [chooseRow(content, show)] : []), place, raw(answer, actions)];
}

/** A batch has an answer for each of its inputs. */
function chooseRow({ rows, inputs }: ClassesContent, show: (row: ClassRow) => void): HTMLElement {
  const options = rows.map((_row, index) => el('option', { value: index }, `Input ${index + 1} of ${inputs}`));
  const select = el('select', { 'aria-label': 'Which input' }, ...options);
  select.addEventListener('change', () => show(rows[Number(select.value)] ?? rows[0]!));
  return el('p', { class: 'batch' }, select);
}

function showRow(answer: Answer, input: string, content: ClassesContent, row: ClassRow): HTMLElement[] {
  const [best] = row.classes;
  const digits = digitsFor(best?.probability ?? 1);
  const known = content.expected !== undefined;
  const truth = row.classes.find(({ correct }) => correct);
  const verdict = known && (best?.correct ? right() : truth ? wrong(truth.name) : undefined);
  const chart = el('div', { class: 'chart' }, bars(row, digits));
  const total = row.classes.length;
  const toggle = el('button', { type: 'button', class: 'link', 'aria-pressed': 'false' }, `Show all ${count(total)}`);
  toggle.addEventListener('click', () => {
    const all = toggle.getAttribute('aria-pressed') !== 'true';
    toggle.setAttribute('aria-pressed', String(all));
    toggle.textContent = all ? `Show the first ${Math.min(top, total)}` : `Show all ${count(total)}`;
    chart.replaceChildren(all ? table(row, digits) : bars(row, digits));
  });
  const rest = row.classes.slice(top).reduce((sum, { probability }) => sum + probability, 0);
  const more = total > top ? `${count(total - top)} more classes share ${percent(rest, digits)}. ` : '';
  return [
    el(
      'div',
      { class: 'ah' },
      facts(answer, input, verdict || undefined),
      el('h1', {}, best?.name ?? '', ' ', el('span', {}, percent(best?.probability ?? 0, digits))),
    ),
    ...(row.flat ? [flatNote(row, digits)] : []),
    chart,
    el('p', { class: 'foot' }, `${more}${row.looks} ${content.names.join(' ')} `, toggle),
  ];
}

function flatNote({ classes }: ClassRow, digits: number): HTMLElement {
  const first = classes.slice(0, 3).map(({ name, probability }) => `${name} ${percent(probability, digits)}`);
  const guess = percent(1 / classes.length, 2);
  return note(
    'warning',
    `Nearly uniform: ${first.join(', ')}`,
    `A guess among ${count(classes.length)} classes is ${guess}. The model has hardly learned; check its training.`,
  );
}

/** The dim line above the answer. */
function facts(answer: Answer, input: string, verdict?: readonly HTMLElement[]): HTMLElement {
  const { target, milliseconds, variant, id } = answer;
  const parts = [
    `${count(Math.round(milliseconds))} ms`,
    input,
    target,
    // The name that an only variant has.
    ...(variant === undefined || variant === 'AllTraffic' ? [] : [`variant ${variant}`]),
    new Date(id).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit' }),
  ];
  return el(
    'p',
    { class: 'eyebrow' },
    ...(verdict ?? []),
    el('span', {}, `${verdict ? '· ' : ''}${parts.join(' · ')}`),
  );
}

const right = () => [icon('pass-filled', 'ok'), el('span', { class: 'verdict' }, 'Correct')];
const wrong = (truth: string) => [icon('error', 'bad'), el('span', { class: 'verdict' }, `Wrong: it is ${truth}`)];

function bars({ classes }: ClassRow, digits: number): HTMLElement {
  const shown = classes.slice(0, top);
  const heading = `Top ${shown.length} of ${count(classes.length)} classes`;
  const truth = classes.find(({ correct }) => correct);
  // The true class is shown wherever it stands.
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

function table({ classes }: ClassRow, digits: number): HTMLElement {
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

function raw({ text, contentType, bytes }: Answer, { copy }: AnswerActions): HTMLElement {
  const shown = formatted(text);
  const cut = shown.length > mostText;
  const copyAll = el('button', { type: 'button', class: 'link' }, cut ? 'Copy all' : 'Copy');
  copyAll.addEventListener('click', () => {
    copy(text);
    copyAll.textContent = 'Copied';
  });
  const end = cut ? `\n… ${count(shown.length - mostText)} more characters` : '';
  return el(
    'section',
    { class: 'raw' },
    el(
      'div',
      { class: 'sub' },
      el('h2', {}, 'Raw answer'),
      el('span', { class: 'dim small' }, `${contentType || 'no content type'}, ${size(bytes)}`),
      copyAll,
    ),
    el('pre', { tabindex: '0', 'aria-label': 'Raw answer' }, shown.slice(0, mostText) + end),
  );
}

function formatted(text: string): string {
  try {
    return pretty(JSON.parse(text));
  } catch {
    return text;
  }
}

/** What went wrong: who, what, why, and one action. */
export function showFailure(failure: Failure, actions: AnswerActions): HTMLElement[] {
  const { message, evidence, said, log, gone, target } = failure;
  const link = (text: string, act: () => void) => {
    const button = el('button', { type: 'button', class: 'link' }, text);
    button.addEventListener('click', act);
    return el('p', { class: 'small' }, button);
  };
  const do_ = gone
    ? link('Deploy an endpoint', () => actions.deploy())
    : log && link(`Open the log of ${target}`, () => actions.showLog(target));
  const whole = said !== undefined && !message.endsWith(said) && said;
  return [
    note('error', message, evidence ?? '', do_ || undefined),
    ...(whole
      ? [
          el(
            'section',
            { class: 'raw' },
            el('div', { class: 'sub' }, el('h2', {}, 'What the container said')),
            el('pre', { tabindex: '0', 'aria-label': 'What the container said' }, whole),
          ),
        ]
      : []),
  ];
}

/** One bold sentence, one dim sentence of evidence, one action. */
export function note(
  kind: 'warning' | 'error' | 'info',
  bold: string,
  evidence: string,
  action?: HTMLElement,
): HTMLElement {
  const colour = { warning: 'warn', error: 'bad', info: 'dim' }[kind];
  return el(
    'div',
    { class: 'note', role: kind === 'error' && 'alert' },
    icon(kind, colour),
    el('div', {}, el('b', {}, bold), evidence !== '' && el('p', { class: 'small dim' }, evidence), action),
  );
}

export function icon(name: string, colour = ''): HTMLElement {
  return el('span', { class: `codicon codicon-${name} ${colour}`, 'aria-hidden': 'true' });
}
