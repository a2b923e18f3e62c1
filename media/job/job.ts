import '@vscode-elements/elements/dist/vscode-button/index.js';
import type { FactView, FromPage, JobView, ToPage } from '../../src/ui/panels/job.protocol.js';
import { chart } from '../shared/chart.js';
import { el, svg } from '../shared/dom.js';
import { time } from '../shared/number.js';
import { Page } from '../shared/page.js';
import { Parts } from '../shared/parts.js';
import { widthOf } from '../shared/width.js';
import { hosts } from './hosts.js';
import './job.css';

const root = document.querySelector('#root')!;
/** Which charts are shown as tables: kept when the panel is hidden or drawn anew. */
interface State {
  readonly tables: readonly string[];
}
let view: JobView | undefined;
const page = new Page<FromPage, ToPage, State>((message) => {
  view = message.view;
  draw();
});
/** Of what is within the page's margins. */
const pageWidth = widthOf(root, draw);

const icons = {
  waiting: 'watch',
  running: 'sync',
  completed: 'pass-filled',
  failed: 'error',
  stopped: 'circle-slash',
} as const;
const tones = { waiting: 'dim', running: 'running', completed: 'ok', failed: 'bad', stopped: 'dim' } as const;
const shown = new Parts(root);

function draw(): void {
  const room = pageWidth();
  if (!view || room === 0) return;
  const { phases: all, charts, noCurve, facts, hosts: together, log: lines, ...top } = view;
  // Beside the facts where there is room for both (job.css).
  const wide = room > 812;
  const width = Math.max(280, wide ? (room - 32) * 0.68 : room);
  const tables = page.state?.tables ?? [];
  shown.show([
    shown.part('head', top, () => head(top)),
    shown.part('phases', [all, top.state, tables], () => phases(all, top.state, tables)),
    shown.part('body', [charts, noCurve, facts, width, tables], () => body({ charts, noCurve, facts }, width, tables)),
    shown.part('hosts', together, () => (together ? hosts(together) : el('section', { hidden: true }))),
    shown.part('log', lines, () => log(lines)),
  ]);
}

type Top = Omit<JobView, 'phases' | 'charts' | 'noCurve' | 'facts' | 'hosts' | 'log'>;

function head({ context, state, headline, detail, problem, place, canDeploy, canStop }: Top): HTMLElement {
  return el(
    'header',
    { class: 'head' },
    el(
      'div',
      { class: 'what' },
      el(
        'p',
        { class: 'eyebrow' },
        el('span', { class: `codicon codicon-${icons[state]} ${tones[state]}`, 'aria-hidden': 'true' }),
        el('span', {}, context),
      ),
      el('h1', { id: 'headline' }, headline),
      el(
        'p',
        { role: 'status' },
        detail,
        place === undefined ? '' : ' ',
        place === undefined ? '' : link(place, 'openPlace'),
      ),
      problem === undefined ? '' : el('p', { class: 'warn' }, problem),
    ),
    el(
      'div',
      { class: 'do' },
      canDeploy && button('Deploy…', 'deploy', true),
      canStop && button('Stop…', 'stop', false),
      button('Show log', 'showLog', false),
      (canDeploy || state === 'stopped') && button('Open S3 output', 'openOutput', false),
    ),
  );
}

/** Each phase as long as it took, in one bar; short ones keep a sliver. */
function phases(all: JobView['phases'], state: JobView['state'], tables: readonly string[]): HTMLElement {
  if (all.length === 0) return el('section', { hidden: true });
  const total = all.reduce((sum, { seconds }) => sum + seconds, 0) || 1;
  const training = all.filter(({ name }) => name === 'Training').reduce((sum, { seconds }) => sum + seconds, 0);
  const title =
    state === 'running'
      ? `${all.at(-1)?.name ?? ''} now`
      : `Training itself took ${Math.round((100 * training) / total)} % of the time`;
  const asTable = tables.includes('phases');
  const toggle = el(
    'button',
    { class: 'link', id: 'toggle-phases', 'aria-pressed': asTable },
    asTable ? 'Show as bar' : 'Show as table',
  );
  toggle.addEventListener('click', () => flip('phases'));
  return el(
    'section',
    {},
    el(
      'figure',
      {},
      el(
        'figcaption',
        {},
        el('div', {}, el('h2', {}, title), el('p', { class: 'dim small' }, 'Phases by SecondaryStatusTransitions')),
        toggle,
      ),
      asTable ? phaseTable(all) : phaseBar(all, total, title),
    ),
  );
}

function phaseBar(all: JobView['phases'], total: number, title: string): HTMLElement {
  const bar = svg('svg', {
    class: 'phases',
    width: '100%',
    height: 14,
    viewBox: '0 0 1000 14',
    preserveAspectRatio: 'none',
    role: 'img',
    'aria-label': title,
  });
  let at = 0;
  all.forEach(({ name, seconds }, index) => {
    const width = Math.max(3, (1000 * seconds) / total);
    bar.append(
      svg('rect', {
        class: `phase ${name === 'Training' ? 'training' : `other${index % 3}`}`,
        x: at,
        y: 0,
        width: Math.max(1, width - 1),
        height: 14,
      }),
    );
    at += width;
  });
  const legend = all.map(({ name, seconds }, index) =>
    el(
      'li',
      {},
      el('span', { class: `swatch ${name === 'Training' ? 'training' : `other${index % 3}`}`, 'aria-hidden': 'true' }),
      el('span', {}, name),
      el('span', { class: 'dim' }, time(seconds)),
    ),
  );
  return el('div', {}, bar, el('ul', { class: 'legend small' }, ...legend));
}

function phaseTable(all: JobView['phases']): HTMLElement {
  return el(
    'table',
    {},
    el(
      'thead',
      {},
      el('tr', {}, el('th', { scope: 'col' }, 'Phase'), el('th', { scope: 'col', class: 'num' }, 'Time')),
    ),
    el(
      'tbody',
      {},
      ...all.map(({ name, seconds }) => el('tr', {}, el('td', {}, name), el('td', { class: 'num' }, time(seconds)))),
    ),
  );
}

function body(
  { charts, noCurve, facts }: Pick<JobView, 'charts' | 'noCurve' | 'facts'>,
  width: number,
  tables: readonly string[],
): HTMLElement {
  return el(
    'div',
    { class: 'cols rule' },
    el(
      'div',
      {},
      ...charts.map((data) =>
        el(
          'section',
          {},
          chart(data, width, tables.includes(key(data)), () => flip(key(data))),
        ),
      ),
      noCurve === undefined ? '' : el('section', {}, el('h2', {}, 'No curve'), el('p', { class: 'dim' }, noCurve)),
    ),
    el(
      'section',
      { class: 'facts' },
      el('h2', {}, 'What ran'),
      ...facts.map((group) => el('dl', {}, ...group.flatMap(fact))),
    ),
  );
}

function key({ lines }: { readonly lines: readonly { readonly name: string }[] }): string {
  return lines.map(({ name }) => name).join();
}

function fact({ name, value, link: target }: FactView): HTMLElement[] {
  return [
    el('dt', { class: 'dim' }, name),
    el('dd', { title: value }, target === undefined ? value : link(value, target)),
  ];
}

function log(lines: JobView['log']): HTMLElement {
  return el(
    'section',
    { class: 'rule' },
    el('figcaption', {}, el('h2', {}, 'Log, last lines'), link('Open full log', 'showLog')),
    el(
      'pre',
      { id: 'log', tabindex: 0, 'aria-label': 'Last lines of the log' },
      lines.length > 0 ? lines.join('\n') : 'No output yet',
    ),
  );
}

function flip(name: string): void {
  const tables = page.state?.tables ?? [];
  page.state = { tables: tables.includes(name) ? tables.filter((one) => one !== name) : [...tables, name] };
  draw();
}

function button(text: string, type: FromPage['type'], isPrimary: boolean): HTMLElement {
  const made = el('vscode-button' as 'button', { id: type, secondary: !isPrimary }, text);
  made.addEventListener('click', () => page.say({ type }));
  return made;
}

function link(text: string, type: FromPage['type']): HTMLElement {
  const made = el('button', { class: 'link', id: `link-${type}` }, text);
  made.addEventListener('click', () => page.say({ type }));
  return made;
}
