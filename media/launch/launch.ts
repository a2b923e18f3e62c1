import '@vscode-elements/elements/dist/vscode-button/index.js';
import '@vscode-elements/elements/dist/vscode-progress-bar/index.js';
import '@vscode-elements/elements/dist/vscode-textfield/index.js';
import type { FromPage, GateView, LaunchView, ToPage } from '../../src/ui/panels/launch.protocol.js';
import { el } from '../shared/dom.js';
import { Page } from '../shared/page.js';
import './launch.css';

const root = document.querySelector('#root')!;
let typed = '';
const page = new Page<FromPage, ToPage, undefined>(({ view }) => show(view));

const icons = { green: 'pass', amber: 'warning', red: 'error' } as const;
const words = { green: 'passed', amber: 'worth a look', red: 'stops the launch' } as const;

function show(view: LaunchView): void {
  const button = primary(view);
  root.replaceChildren(
    el(
      'header',
      { class: 'head' },
      el(
        'div',
        { class: 'what' },
        el('p', { class: 'eyebrow' }, view.context),
        el('h1', {}, view.title),
        el('p', { id: 'verdict', role: 'status' }, verdict(view)),
        view.confirm && view.state === 'ready' && el('p', { class: 'confirm' }, view.confirm.reason),
        view.confirm && view.state === 'ready' && confirmField(view, button),
      ),
      el('div', { class: 'do' }, button, secondary('Check again', { type: 'check' })),
    ),
    view.state === 'checking' ? el('vscode-progress-bar' as 'div', { 'aria-label': 'Checking' }) : '',
    el(
      'div',
      { class: 'cols' },
      el('section', {}, el('h2', {}, 'Gates'), el('ul', { class: 'gates' }, ...view.gates.map(gate))),
      el(
        'section',
        {},
        el('h2', {}, 'Price'),
        el(
          'dl',
          {},
          ...view.price.flatMap(({ name, value }) => [el('dt', {}, name), el('dd', { class: 'num' }, value)]),
        ),
        el('p', { class: 'dim small' }, view.priceNote),
      ),
    ),
    view.changes.length > 0 ? changes(view) : '',
    view.differences.length > 0 ? differences(view) : '',
    view.hasRequest
      ? el(
          'section',
          { class: 'rule' },
          el('span', { class: 'dim' }, 'The same request as '),
          link('JSON', { type: 'showRequest' }),
        )
      : '',
  );
  if (view.state === 'ready' && !view.confirm && document.activeElement === document.body) button.focus();
}

function primary({ action, state, confirm }: LaunchView): HTMLElement {
  const allowed = state === 'ready' && (!confirm || typed === confirm.text);
  const button = el('vscode-button' as 'button', { id: 'launch', disabled: !allowed }, action);
  button.addEventListener('click', () => page.say({ type: 'launch', typed }));
  return button;
}

function confirmField({ confirm }: LaunchView, button: HTMLElement): HTMLElement {
  const field = el('vscode-textfield' as 'input', {
    placeholder: confirm?.text,
    'aria-label': confirm?.reason,
    value: typed,
  });
  field.addEventListener('input', () => {
    typed = field.value;
    button.toggleAttribute('disabled', typed !== confirm?.text);
  });
  return field;
}

function verdict({ state, gates, error }: LaunchView): string {
  if (state === 'failed') return error ?? '';
  if (state === 'checking') return 'Checking…';
  const count = (level: GateView['level']) => gates.filter((one) => one.level === level).length;
  const [red, amber] = [count('red'), count('amber')];
  if (red > 0) return `${red === 1 ? 'One gate is' : `${red} gates are`} red, so launching is off.`;
  if (amber > 0) return `${amber === 1 ? 'One gate is' : `${amber} gates are`} worth a look; the others are green.`;
  return `All ${gates.length} gates are green.`;
}

function gate({ id, level, evidence, fix }: GateView): HTMLElement {
  const tone = { green: 'ok', amber: 'warn', red: 'bad' }[level];
  return el(
    'li',
    { class: level },
    el('span', { class: `codicon codicon-${icons[level]} ${tone}`, role: 'img', 'aria-label': words[level] }),
    el('strong', {}, id),
    el(
      'div',
      {},
      el('p', { class: level === 'green' ? 'dim' : '' }, evidence),
      fix === undefined ? '' : el('p', { class: 'dim' }, fix),
    ),
  );
}

function changes({ changes: rows }: LaunchView): HTMLElement {
  return section(
    'What will be made',
    ['What', 'Name', 'Afterwards'],
    rows.map(({ what, name, afterwards }) => [
      el('td', {}, what),
      el('td', { class: 'mono' }, name),
      el('td', { class: 'dim' }, afterwards),
    ]),
  );
}

function differences({ differences: rows }: LaunchView): HTMLElement {
  const value = (text: string | undefined) =>
    text === undefined ? el('td', { class: 'dim nothing' }, 'none') : el('td', { class: 'mono' }, text);
  return section(
    'What changes',
    ['What', 'Now', 'Then'],
    rows.map(({ what, now, then }) => [el('td', {}, what), value(now), value(then)]),
  );
}

function section(title: string, columns: readonly string[], rows: readonly HTMLElement[][]): HTMLElement {
  const head = columns.map((column) => el('th', { scope: 'col' }, column));
  return el(
    'section',
    { class: 'rule' },
    el('h2', {}, title),
    el(
      'table',
      {},
      el('thead', {}, el('tr', {}, ...head)),
      el('tbody', {}, ...rows.map((cells) => el('tr', {}, ...cells))),
    ),
  );
}

function secondary(text: string, message: FromPage): HTMLElement {
  const button = el('vscode-button' as 'button', { secondary: true }, text);
  button.addEventListener('click', () => page.say(message));
  return button;
}

function link(text: string, message: FromPage): HTMLElement {
  const button = el('button', { class: 'link' }, text);
  button.addEventListener('click', () => page.say(message));
  return button;
}
