import '@vscode-elements/elements/dist/vscode-button/index.js';
import { type FromPage, longestLog, type RegexView, type ToPage } from '../../src/ui/panels/metricRegex.protocol.js';
import { chart } from '../shared/chart.js';
import { el } from '../shared/dom.js';
import { Page } from '../shared/page.js';
import { Parts } from '../shared/parts.js';
import { widthOf } from '../shared/width.js';
import './metricRegex.css';

const root = document.querySelector('#root')!;
/** Whether the chart is shown as a table: kept when the panel is hidden. */
interface State {
  readonly asTable: boolean;
}
let view: RegexView | undefined;
const page = new Page<FromPage, ToPage, State>((message) => {
  if (message.type === 'show') view = message.view;
  else fill(message);
  draw();
});
/** Of what is within the page's margins. */
const pageWidth = widthOf(root, draw);

const regex = el('input', { id: 'regex', type: 'text', spellcheck: 'false', autocomplete: 'off' });
const log = el('textarea', { id: 'log', spellcheck: 'false', rows: '10', maxlength: longestLog });
const from = el('p', { id: 'from', class: 'dim small', role: 'status' });
/** Made once: what is typed in stays as it is while what comes of it is drawn anew. */
const inputs = el(
  'section',
  { class: 'inputs' },
  el('label', { for: 'regex' }, 'Regex; its first group is the number'),
  regex,
  el(
    'div',
    { class: 'above' },
    el('label', { for: 'log' }, 'Log to try it on'),
    link('Log of a job…', 'openJob'),
    link('File…', 'openFile'),
  ),
  log,
  from,
);
const shown = new Parts(root);

const pauses = new Map<FromPage['type'], ReturnType<typeof setTimeout>>();
/** Tells what was typed last, a moment after it: a log may be long, a regex slow. */
function later(type: FromPage['type'], message: () => FromPage): void {
  clearTimeout(pauses.get(type));
  pauses.set(
    type,
    setTimeout(() => page.say(message()), 150),
  );
}
const use = (): void => page.say({ type: 'use', regex: regex.value });
regex.addEventListener('input', () => later('regex', () => ({ type: 'regex', regex: regex.value })));
regex.addEventListener('keydown', ({ key, ctrlKey, metaKey }) => {
  if (key === 'Enter' && (ctrlKey || metaKey)) use();
});
log.addEventListener('input', () => {
  from.textContent = '';
  later('log', () => ({ type: 'log', text: log.value }));
});

function fill(message: Extract<ToPage, { type: 'inputs' }>): void {
  if (regex.value !== message.regex) regex.value = message.regex;
  if (log.value !== message.log) log.value = message.log;
  from.textContent = message.from;
}

function draw(): void {
  const room = pageWidth();
  if (!view || room === 0) return;
  const { chart: data, matches, hidden, ...top } = view;
  const asTable = page.state?.asTable === true;
  shown.show([
    shown.part('head', top, () => head(top)),
    inputs,
    shown.part('chart', [data, room, asTable], () =>
      data
        ? el(
            'section',
            { id: 'chart' },
            chart(data, Math.max(280, room), asTable, () => {
              page.state = { asTable: !asTable };
              draw();
            }),
          )
        : el('section', { hidden: true }),
    ),
    shown.part('matches', [matches, hidden], () => table(matches, hidden)),
  ]);
}

function head({ context, state, headline, detail, warning, canUse }: Omit<RegexView, 'chart' | 'matches' | 'hidden'>) {
  const button = el('vscode-button' as 'button', { id: 'use', disabled: !canUse }, 'Use this regex');
  button.addEventListener('click', use);
  return el(
    'header',
    { class: 'head' },
    el(
      'div',
      { class: 'what' },
      el('p', { class: 'eyebrow' }, context),
      el('h1', { id: 'headline' }, headline),
      el('p', { id: 'verdict', role: 'status', class: state === 'wrong' ? 'err' : '' }, detail),
      warning !== undefined && el('p', { class: 'warn' }, warning),
    ),
    el('div', { class: 'do' }, button),
  );
}

/** The lines that match, with what matched in them. */
function table(matches: RegexView['matches'], hidden: number): HTMLElement {
  if (matches.length === 0) return el('section', { hidden: true });
  return el(
    'section',
    { class: 'rule' },
    el('h2', {}, hidden > 0 ? `The first ${matches.length} lines that match; ${hidden} more` : 'Lines that match'),
    el(
      'table',
      { id: 'matches' },
      el(
        'thead',
        {},
        el(
          'tr',
          {},
          el('th', { scope: 'col', class: 'num' }, 'Line'),
          el('th', { scope: 'col' }, 'Text'),
          el('th', { scope: 'col', class: 'num' }, 'Value'),
        ),
      ),
      el(
        'tbody',
        {},
        ...matches.map(({ line, before, match, after, value, isNumber }) =>
          el(
            'tr',
            {},
            el('td', { class: 'num dim' }, String(line)),
            el('td', { class: 'mono' }, before, el('mark', {}, match), after),
            el('td', { class: isNumber ? 'num' : 'num err' }, isNumber ? value : `${value}: no number`),
          ),
        ),
      ),
    ),
  );
}

function link(text: string, type: 'openJob' | 'openFile'): HTMLElement {
  const made = el('button', { class: 'link', id: type }, text);
  made.addEventListener('click', () => page.say({ type }));
  return made;
}
