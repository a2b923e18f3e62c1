import type {
  Answer,
  ClassesContent,
  ClassRow,
  Failure,
  Outcome,
  Target,
} from '../../src/ui/panels/testBench.protocol.js';
import { el } from '../shared/dom.js';
import { classBars, classTable } from './classes.js';
import { count, digitsFor, percent, pretty, size } from './format.js';
import { icon, link, note } from './note.js';
import { nameOf } from './targets.js';

export interface AnswerActions {
  copy(text: string): void;
  showLog(target: Target): void;
  deploy(): void;
  /** How many classes are shown as bars. */
  showTop(top: number): void;
}

/** Characters of the raw answer that are shown. */
const mostText = 20_000;
const tops = [3, 5, 10, 20];

/**
 * What an endpoint answered: the answer in large, then the evidence.
 * @param input what was sent, in a word or two: what stands beside may be the next input already
 */
export function showAnswer(answer: Answer, input: string, top: number, actions: AnswerActions): HTMLElement[] {
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
  const show = (row: ClassRow) => place.replaceChildren(...showRow(answer, input, content, row, top, actions));
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

function showRow(
  answer: Answer,
  input: string,
  content: ClassesContent,
  row: ClassRow,
  top: number,
  actions: AnswerActions,
): HTMLElement[] {
  const [best] = row.classes;
  const digits = digitsFor(best?.probability ?? 1);
  const known = content.expected !== undefined;
  const truth = row.classes.find(({ correct }) => correct);
  const verdict = known && (best?.correct ? right() : truth ? wrong(truth.name) : undefined);
  const chart = el('div', { class: 'chart' }, classBars(row, top, digits));
  const total = row.classes.length;
  const toggle = link(`Show all ${count(total)}`, () => {
    const all = toggle.getAttribute('aria-pressed') !== 'true';
    toggle.setAttribute('aria-pressed', String(all));
    toggle.textContent = all ? 'Show as bars' : `Show all ${count(total)}`;
    chart.replaceChildren(all ? classTable(row, digits) : classBars(row, top, digits));
  });
  toggle.setAttribute('aria-pressed', 'false');
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
    el(
      'p',
      { class: 'foot' },
      `${more}${row.looks} ${[...content.names, ...(answer.remarks ?? [])].join(' ')} `,
      toggle,
    ),
    ...(total > Math.min(...tops) ? [chooseTop(total, top, actions)] : []),
  ];
}

function chooseTop(total: number, top: number, { showTop }: AnswerActions): HTMLElement {
  const options = tops
    .filter((each, index) => index === 0 || each < total || (tops[index - 1] ?? 0) < total)
    .map((each) => el('option', { value: each, selected: each === top }, `the first ${each}`));
  const select = el('select', { class: 'top' }, ...options);
  select.addEventListener('change', () => showTop(Number(select.value)));
  return el('label', { class: 'small dim foot' }, 'As bars: ', select);
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
  const { target, milliseconds, ran, cold, id } = answer;
  const parts = [
    `${count(Math.round(milliseconds))} ms`,
    input,
    nameOf(target),
    ...(ran === undefined ? [] : [ran]),
    ...(cold === undefined ? [] : [cold ? 'cold start' : 'warm']),
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
  const { message, evidence, advice, said, logged, gone, target, denial } = failure;
  const act = gone
    ? link('Deploy an endpoint', () => actions.deploy())
    : denial
      ? link('Copy a policy statement that allows it', () => actions.copy(denial.statement))
      : logged && link(`Open the log of ${nameOf(target)}`, () => actions.showLog(target));
  const whole = said !== undefined && !message.endsWith(said) && said;
  return [
    note(
      'error',
      message,
      [evidence, advice, ...(failure.remarks ?? [])].filter(Boolean).join(' '),
      act ? el('p', { class: 'small' }, act) : undefined,
    ),
    ...(denial ? [denied(denial)] : []),
    ...(whole
      ? [
          el(
            'section',
            { class: 'raw' },
            el('div', { class: 'sub' }, el('h2', {}, `What the ${speaker(target)} said`)),
            el('pre', { tabindex: '0', 'aria-label': `What the ${speaker(target)} said` }, whole),
          ),
        ]
      : []),
  ];
}

function denied({ principal, action, resource }: NonNullable<Failure['denial']>): HTMLElement {
  const row = (name: string, value: string) => [el('dt', {}, name), el('dd', { class: 'mono' }, value)];
  return el(
    'dl',
    { class: 'denial' },
    ...row('Principal', principal),
    ...row('Action', action),
    ...(resource === undefined ? [] : row('Resource', resource)),
  );
}

function speaker({ kind }: Target): string {
  return kind === 'endpoint' ? 'container' : kind;
}

/** As long as a row of the history has room for. */
function shortened(text: string): string {
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

/** What an answer says, in a few words. */
export function summary(outcome: Outcome): string {
  if (outcome.type === 'failure') return shortened(outcome.message);
  const { content } = outcome;
  if (content.kind === 'other') return content.heading;
  const [row] = content.rows;
  const [best] = row?.classes ?? [];
  if (!best) return '';
  return `${best.name} ${percent(best.probability, digitsFor(best.probability))}${row?.flat ? ', nearly uniform' : ''}`;
}
