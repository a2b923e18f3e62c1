import { largestBody } from '../../src/ui/panels/testBench.protocol.js';
import { el } from '../shared/dom.js';
import { icon, note } from './answer.js';
import { count, jsonProblem, share, size } from './format.js';
import type { Kept } from './state.js';

export interface InputActions {
  choose(): void;
  fetch(url: string): void;
  changed(): void;
}

/** The picture that is sent, or where one is dropped. @param problem why the last one was not taken */
export function imageInput(kept: Kept, problem: string | undefined, actions: InputActions): HTMLElement[] {
  const { picture } = kept;
  const choose = (text: string) => {
    const button = el('button', { type: 'button', class: 'link' }, text);
    button.addEventListener('click', () => actions.choose());
    return button;
  };
  const refused = problem ? [note('error', problem, '')] : [];
  if (!picture) {
    return [
      ...refused,
      el(
        'div',
        { class: 'drop' },
        icon('file-media'),
        el('p', {}, 'Drop a picture, paste one, or ', choose('choose a file'), '.'),
        el('p', { class: 'small' }, 'From the Explorer, hold Shift while you drop it.'),
      ),
      urlForm(actions),
    ];
  }
  const { name, bytes, dimensions, preview } = picture;
  const pixels = dimensions ? `${count(dimensions.width)} × ${count(dimensions.height)} · ` : '';
  const image = preview
    ? el('img', { alt: `The picture: ${name}`, src: preview, class: isTiny(dimensions) && 'tiny' })
    : el('div', { class: 'unseen' }, icon('file-media'), el('span', {}, 'no preview'));
  const kind = name.includes('.') ? ` (${name.split('.').at(-1)?.toUpperCase()})` : '';
  const unseen = note(
    'warning',
    `This picture${kind} cannot be shown here: it is damaged, or of a kind that few models read.`,
    'So it was not sent at once. Send it if your model reads it.',
  );
  return [
    ...refused,
    ...(dimensions ? [] : [unseen]),
    el('div', { class: 'pic' }, image),
    el('p', { class: 'under', title: name }, name),
    el(
      'p',
      { class: 'small dim facts' },
      `${pixels}${size(bytes)}, ${share(bytes, largestBody)} of the 6 MB limit. Drop, paste or `,
      choose('choose another'),
      '.',
    ),
    el('div', { class: 'fields' }, imageType(kept, actions)),
    urlForm(actions),
  ];
}

/** A few pixels are shown as such, not smeared. */
function isTiny(dimensions: { width: number; height: number } | undefined): boolean {
  return dimensions !== undefined && Math.max(dimensions.width, dimensions.height) <= 96;
}

function imageType(kept: Kept, { changed }: InputActions): HTMLElement {
  const select = el(
    'select',
    {},
    ...[
      ['', 'its own type'],
      ['application/x-image', 'application/x-image'],
      ['application/octet-stream', 'application/octet-stream'],
    ].map(([value, text]) => el('option', { value, selected: value === kept.imageType }, text)),
  );
  select.addEventListener('change', () => {
    kept.imageType = select.value;
    changed();
  });
  return el('label', {}, el('span', {}, 'Sent as'), select);
}

function urlForm({ fetch }: InputActions): HTMLElement {
  const url = el('input', { type: 'url', required: true, placeholder: 'https://…', 'aria-label': 'URL of a picture' });
  const button = el('vscode-button', { secondary: true }, 'From URL');
  const form = el('form', { class: 'url' }, url, button);
  button.addEventListener('click', () => form.requestSubmit());
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    fetch(url.value);
  });
  return form;
}

/** A body to write, and the types of it and of its answer. */
export function textInput(kept: Kept, tab: 'json' | 'csv', { changed }: InputActions): HTMLElement[] {
  const area = el('textarea', {
    'aria-label': tab === 'json' ? 'JSON body' : 'CSV body',
    spellcheck: 'false',
    rows: '12',
    placeholder: tab === 'json' ? '{ "url": "https://…" }' : '5.1,3.5,1.4,0.2',
  });
  area.value = kept.text[tab];
  area.addEventListener('input', () => {
    kept.text[tab] = area.value;
    changed();
  });
  const field = (label: string, values: Record<'json' | 'csv', string>, choices: readonly string[]) => {
    const list = el('datalist', { id: label.replaceAll(' ', '-') }, ...choices.map((value) => el('option', { value })));
    const input = el('input', { type: 'text', list: list.id, value: values[tab] });
    input.addEventListener('input', () => {
      values[tab] = input.value;
      changed();
    });
    return el('label', {}, el('span', {}, label), input, list);
  };
  const types = ['application/json', 'application/jsonlines', 'text/csv', 'text/plain'];
  return [
    area,
    el(
      'div',
      { class: 'fields' },
      field('Content type', kept.contentType, types),
      field('Answer as', kept.accept, ['application/json', 'text/csv']),
    ),
    el('p', { class: 'small dim facts' }, 'Ctrl+Enter sends it.'),
  ];
}

/** The mistake where it is. */
export function textProblem(kept: Kept, tab: 'json' | 'csv'): HTMLElement | undefined {
  if (kept.contentType[tab] !== 'application/json') return undefined;
  const problem = jsonProblem(kept.text[tab]);
  if (!problem) return undefined;
  // A long line is shown around its mistake.
  const from = Math.max(0, problem.column - 40);
  const line = problem.line.slice(from, from + 80);
  return el(
    'div',
    { class: 'mistake', role: 'alert' },
    el('pre', {}, `${line}\n${' '.repeat(problem.column - from)}^`),
    el('p', { class: 'small err' }, problem.message),
  );
}
