import '@vscode-elements/elements/dist/vscode-button/index.js';
import type { Action, FromPage, ToPage, TuningView } from '../../src/ui/panels/tuning.protocol.js';
import { el } from '../shared/dom.js';
import { number } from '../shared/number.js';
import { Page } from '../shared/page.js';
import { Parts } from '../shared/parts.js';
import { widthOf } from '../shared/width.js';
import { brushed, type Choices, initial, isBrushed, ranked, rowsAtOnce } from './choices.js';
import { curve, curveTable } from './curve.js';
import { importance } from './importance.js';
import { parallel, type Plot, trialWords } from './parallel.js';
import { table } from './table.js';
import './tuning.css';

const root = document.querySelector('#root')!;
const parts = new Parts(root);
let view: TuningView | undefined;
let plot: Plot | undefined;
/** While a brush is held, nothing under the pointer is drawn anew. */
let isBrushing = false;
const page = new Page<FromPage, ToPage, Choices>((message) => {
  view = message.view;
  draw();
});
/** Of what is within the page's margins. */
const pageWidth = widthOf(root, draw);

function choices(): Choices {
  return { ...initial, ...page.state };
}

function choose(change: Partial<Choices>): void {
  page.state = { ...choices(), ...change };
  draw();
}

const icons = {
  waiting: 'watch',
  running: 'sync',
  completed: 'pass-filled',
  failed: 'error',
  stopped: 'circle-slash',
} as const;
const tones = { waiting: 'dim', running: 'running', completed: 'ok', failed: 'bad', stopped: 'dim' } as const;

function draw(): void {
  if (!view || pageWidth() === 0) return;
  const now = view;
  const chosen = choices();
  if (!isBrushing) drawAll(now, chosen);
  plot?.update(chosen);
  markTrials(now, chosen);
  sayWhatIsHidden(now, chosen);
}

function drawAll(now: TuningView, chosen: Choices): void {
  const { trials, axes, objective, importance: shares, ...top } = now;
  const room = pageWidth();
  const isWide = room > 812;
  const width = Math.max(260, isWide ? (room - 32) * 0.62 : room);
  const drawn = trials.map(({ seconds: _, usd: __, ...rest }) => rest);
  const asTable = chosen.tables.includes('curve');
  parts.show([
    parts.part('head', [top, objective], () => head(now)),
    parts.part('charts', [drawn, top.progress, top.curveTitle, shares, objective, width, asTable], () =>
      el('div', { class: 'cols' }, curveSection(now, width, asTable), el('section', {}, importance(shares))),
    ),
    parts.part('parallel', [drawn, axes, objective, top.bestTrialsTitle, room], () => parallelSection(now)),
    parts.part('filter', [], filterRow),
    parts.part('trials', [trials, axes, objective, chosen], () => table(now, chosen, tableEvents)),
  ]);
}

const labels: Record<Action, string> = {
  trainBest: 'Train with the best parameters',
  deployBest: 'Deploy the best…',
  stop: 'Stop…',
  showLog: 'Show log',
};

function head({ context, state, headline, best, progress, detail, problem, warning, actions }: TuningView) {
  const order = (['trainBest', 'deployBest', 'stop', 'showLog'] as const).filter((action) => actions.includes(action));
  const buttons = order.map((type, index) => {
    const made = el(
      'vscode-button' as 'button',
      { id: type, secondary: index > 0 || type === 'showLog' },
      labels[type],
    );
    made.addEventListener('click', () => page.say({ type }));
    return made;
  });
  const icon = el('span', { class: `codicon codicon-${icons[state]} ${tones[state]}`, 'aria-hidden': 'true' });
  const values = (best?.values ?? []).map(([name, value]) =>
    el(
      'li',
      {},
      el('span', { class: 'dim' }, name),
      ' ',
      el('span', { class: 'mono' }, typeof value === 'number' ? number(value) : value),
    ),
  );
  return el(
    'header',
    {},
    el(
      'div',
      { class: 'head' },
      el(
        'div',
        { class: 'what' },
        el('p', { class: 'eyebrow' }, icon, el('span', {}, context)),
        el('h1', { id: 'headline' }, headline),
        values.length > 0 &&
          el('ul', { class: 'values small', 'aria-label': `Parameters of ${best?.trial}` }, ...values),
      ),
      el('div', { class: 'do' }, ...buttons),
    ),
    progress.total !== undefined && progressBar(progress, progress.total),
    el('p', { class: 'small', role: 'status' }, detail),
    problem !== undefined && el('p', { class: 'warn' }, problem),
    warning && warningBox(warning),
  );
}

function progressBar({ ended, running }: TuningView['progress'], total: number): HTMLElement {
  const part = (kind: string, count: number): HTMLElement => {
    const bar = el('span', { class: kind });
    bar.style.width = `${(100 * count) / Math.max(total, ended + running, 1)}%`;
    return bar;
  };
  return el('div', { class: 'progress', 'aria-hidden': 'true' }, part('ended', ended), part('now', running));
}

function warningBox({ title, text, evidence }: NonNullable<TuningView['warning']>): HTMLElement {
  return el(
    'section',
    { class: 'warning', id: 'warning' },
    el('span', { class: 'codicon codicon-warning warn', 'aria-hidden': 'true' }),
    el(
      'div',
      {},
      el('h2', {}, title),
      text !== '' && el('p', {}, text),
      el('ul', { class: 'small dim' }, ...evidence.map((line) => el('li', {}, line))),
    ),
  );
}

function curveSection(now: TuningView, width: number, asTable: boolean): HTMLElement {
  const button = el(
    'button',
    { class: 'link', id: 'toggle-curve', 'aria-pressed': asTable },
    asTable ? 'Show as chart' : 'Show as table',
  );
  button.addEventListener('click', () => {
    const { tables } = choices();
    choose({ tables: tables.includes('curve') ? tables.filter((name) => name !== 'curve') : [...tables, 'curve'] });
  });
  const hidden = now.trials.filter(({ objective }) => objective === undefined).length;
  const scale = now.objective.logarithmic ? ', logarithmic' : '';
  const says = `${now.objective.metric} by trial${scale}; the line is the best so far${
    hidden > 0 ? `; ${hidden} without a value` : ''
  }`;
  const made = asTable ? curveTable(now) : curve(now, width);
  made.addEventListener('click', (event) => {
    const name = (event.target as Element).closest('[data-trial]')?.getAttribute('data-trial');
    if (name) select(name);
  });
  return el(
    'section',
    { id: 'curve' },
    el(
      'figure',
      { class: 'chart' },
      el('figcaption', {}, el('div', {}, el('h2', {}, now.curveTitle), el('p', { class: 'dim small' }, says)), button),
      made,
    ),
  );
}

function parallelSection(now: TuningView): HTMLElement {
  const readout = el('p', { class: 'small mono', id: 'pointed', 'aria-hidden': 'true' });
  plot = parallel(now, pageWidth(), {
    brush: (key, brush, isDone) => {
      isBrushing = !isDone;
      const { [key]: _, ...others } = choices().brushes;
      choose({ brushes: brush ? { ...others, [key]: brush } : others });
    },
    select,
    point: (trial) => (readout.textContent = trial ? trialWords(now, trial) : ''),
  });
  const clear = el('button', { class: 'link', id: 'clear' }, 'Clear brush');
  clear.addEventListener('click', () => choose({ brushes: {}, top: undefined }));
  const toTable = el('button', { class: 'link', id: 'to-table' }, 'Go to the table');
  toTable.addEventListener('click', () => {
    document.getElementById('trials')?.scrollIntoView({ block: 'start' });
    document.querySelector<HTMLElement>('#trials tr[tabindex="0"]')?.focus();
  });
  return el(
    'section',
    { class: 'rule', id: 'parallel' },
    el(
      'figure',
      { class: 'chart' },
      el(
        'figcaption',
        {},
        el('div', {}, el('h2', {}, now.bestTrialsTitle), el('p', { class: 'dim small', id: 'hidden' })),
        el('div', { class: 'tools' }, topSlider(ranked(now).length), clear, toTable),
      ),
      plot.element,
      readout,
    ),
  );
}

/** From the best one to all, finer where there are few: a thousand trials have a "best 5" too. */
function topSlider(count: number): HTMLElement {
  const steps = 100;
  const slider = el('input', { type: 'range', id: 'top', min: 0, max: steps, 'aria-label': 'Only the best trials' });
  slider.addEventListener('input', () => {
    const at = Number(slider.value);
    choose({ top: at === steps ? undefined : Math.max(1, Math.round(count ** (at / steps))) });
  });
  const { top } = choices();
  slider.value = String(top === undefined || count < 2 ? steps : (steps * Math.log(top)) / Math.log(count));
  return el('label', { class: 'small top' }, el('span', { id: 'top-words' }), slider);
}

function sayWhatIsHidden(now: TuningView, chosen: Choices): void {
  const chosenNames = brushed(now, chosen);
  const all = ranked(now);
  const valued = all.length;
  const shown = all.filter(({ name }) => chosenNames.has(name)).length;
  const parts = [
    'One line a trial, bluer is better',
    isBrushed(chosen) ? `${shown} of ${valued} are chosen, ${valued - shown} dimmed` : `${valued} trials`,
    ...(now.trials.length > valued ? [`${now.trials.length - valued} without a value left out`] : []),
  ];
  document.getElementById('hidden')!.textContent = `${parts.join('. ')}.`;
  const words = chosen.top === undefined ? 'All' : `Best ${chosen.top}`;
  document.getElementById('top-words')!.textContent = words;
  const slider = document.getElementById('top') as HTMLInputElement;
  slider.setAttribute('aria-valuetext', words);
  if (chosen.top === undefined && document.activeElement !== slider) slider.value = slider.max;
  document.getElementById('clear')!.toggleAttribute('disabled', !isBrushed(chosen));
}

function filterRow(): HTMLElement {
  const { text, status } = choices();
  const find = el('input', { type: 'search', id: 'find', placeholder: 'Filter trials', 'aria-label': 'Filter trials' });
  find.value = text;
  find.addEventListener('input', () => choose({ text: find.value, rows: rowsAtOnce }));
  const states = ['all', 'InProgress', 'Completed', 'Failed', 'Stopped'] as const;
  const pick = el(
    'select',
    { id: 'status', 'aria-label': 'Status of trials' },
    ...states.map((state) => el('option', { value: state }, state === 'all' ? 'Any status' : state)),
  );
  pick.value = status;
  pick.addEventListener('change', () => choose({ status: pick.value as Choices['status'], rows: rowsAtOnce }));
  return el('section', { class: 'rule filter' }, el('h2', {}, 'Trials'), el('div', { class: 'tools' }, find, pick));
}

const tableEvents = {
  sort: (column: string) => {
    const { sort } = choices();
    choose({ sort: { column, descending: sort.column === column && !sort.descending } });
  },
  select,
  mark: (name: string) => choose({ selected: name }),
  open: (name: string) => page.say({ type: 'openTrial', name }),
  more: () => choose({ rows: choices().rows + rowsAtOnce }),
};

/** Marks a trial everywhere; once more takes the mark away. */
function select(name: string): void {
  choose({ selected: choices().selected === name ? undefined : name });
}

function markTrials(now: TuningView, chosen: Choices): void {
  const some = isBrushed(chosen) ? brushed(now, chosen) : undefined;
  for (const dot of document.querySelectorAll<SVGElement>('#curve .trial')) {
    const { trial } = dot.dataset;
    dot.classList.toggle('chosen', some?.has(trial!) ?? false);
    dot.classList.toggle('selected', trial === chosen.selected);
    const radius = trial === chosen.selected ? '5' : '3';
    if (dot.getAttribute('r') !== radius) dot.setAttribute('r', radius);
  }
}
