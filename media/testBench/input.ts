import { largestBody, type Place, type Targets } from '../../src/ui/panels/testBench.protocol.js';
import { el } from '../shared/dom.js';
import { type EventTemplates, sentBytes } from './event.js';
import { eventChoice } from './eventChoice.js';
import { count, jsonProblem, share, size } from './format.js';
import { icon, link, note } from './note.js';
import type { Kept } from './state.js';

export interface InputActions {
  choose(): void;
  fetch(url: string): void;
  browse(folder: string, index: number): void;
  /** The event of this template, to be written in JSON. */
  edit(template: string): void;
  changed(): void;
  /** Something changed that is drawn here. */
  redraw(): void;
}

/** Why the last picture was not taken, and where it is. */
export interface Refusal {
  readonly message: string;
  readonly url?: string;
}

/**
 * The picture that is sent, or where one is dropped.
 * @param events how the target takes a picture; undefined where that is its body
 */
export function imageInput(
  kept: Kept,
  targets: Targets,
  events: EventTemplates | undefined,
  refusal: Refusal | undefined,
  actions: InputActions,
): HTMLElement[] {
  const { picture } = kept;
  const choose = (text: string) => link(text, () => actions.choose());
  const refused = refusal ? [refusedNote(refusal, events, actions)] : [];
  if (!picture) {
    return [
      ...refused,
      el(
        'div',
        { class: 'drop' },
        icon('file-media'),
        el('p', {}, 'Drop a picture, paste one, or ', choose('choose a file'), '.'),
        el('p', { class: 'small' }, 'From the Explorer, hold Shift while you drop it.'),
        ...browseFolders(targets, actions),
      ),
      urlForm(actions),
    ];
  }
  const { name, bytes, dimensions, preview, expected } = picture;
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
  const sent = sentBytes(kept, events);
  const asEvent = sent > bytes ? `, ${size(sent)} as an event` : '';
  return [
    ...refused,
    ...(dimensions ? [] : [unseen]),
    el('div', { class: 'pic' }, image),
    el('p', { class: 'under', title: name }, name),
    ...(kept.place ? [browsing(kept.place, actions)] : []),
    el(
      'p',
      { class: 'small dim facts' },
      ...(expected === undefined ? [] : [`Its folder says: ${expected}. `]),
      `${pixels}${size(bytes)}${asEvent}, ${share(sent, largestBody)} of the 6 MB limit. Drop, paste or `,
      choose('choose another'),
      '.',
    ),
    el('div', { class: 'fields' }, events ? eventChoice(kept, events, actions) : imageType(kept, actions)),
    urlForm(actions),
  ];
}

/** A function may reach what this window may not, or must not. */
function refusedNote(refusal: Refusal, events: EventTemplates | undefined, actions: InputActions): HTMLElement {
  const { message, url } = refusal;
  const template = url === undefined ? undefined : events?.all.find(({ text }) => text.includes('${url}'));
  const act =
    template && link('Write it into an event', () => actions.edit(template.text.replace('${url}', () => url ?? '')));
  return note('error', message, '', act && el('p', { class: 'small' }, act));
}

/** The folders of data whose pictures can be looked through. */
function browseFolders({ folders }: Targets, { browse }: InputActions): HTMLElement[] {
  if (folders.length === 0) return [];
  const shown = folders.slice(0, 3).map(({ path, label }) => link(label, () => browse(path, 0)));
  return [el('p', { class: 'small folders' }, 'Or look through ', ...shown)];
}

function browsing({ folder, index, count: all }: Place, { browse }: InputActions): HTMLElement {
  const step = (name: string, symbol: string, to: number) => {
    const label = `${name} picture of ${folder.split(/[\\/]/).at(-1)}`;
    const button = el('button', { type: 'button', class: 'step', 'aria-label': label, title: label }, icon(symbol));
    button.disabled = to < 0 || to >= all;
    button.addEventListener('click', () => browse(folder, to));
    return button;
  };
  return el(
    'p',
    { class: 'browse small' },
    step('Previous', 'chevron-left', index - 1),
    el('span', {}, `${count(index + 1)} of ${count(all)}`),
    step('Next', 'chevron-right', index + 1),
  );
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
export function textInput(
  kept: Kept,
  tab: 'json' | 'csv',
  events: EventTemplates | undefined,
  { changed, edit }: InputActions,
): HTMLElement[] {
  const area = el('textarea', {
    'aria-label': tab === 'csv' ? 'CSV body' : events ? 'Event' : 'JSON body',
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
  if (events) return [area, templates(events, edit)];
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

function templates({ all, because }: EventTemplates, edit: (template: string) => void): HTMLElement {
  return el(
    'p',
    { class: 'small dim facts both' },
    'From a template:',
    ...all.map(({ label, text }) => link(label, () => edit(text))),
    el(
      'span',
      {},
      `${because ?? ''} "\${image}" becomes the picture as base64, "\${url}" its URL. Ctrl+Enter sends it.`,
    ),
  );
}

/** The mistake where it is. */
export function textProblem(kept: Kept, tab: 'json' | 'csv'): HTMLElement | undefined {
  if (tab === 'csv' && kept.contentType.csv !== 'application/json') return undefined;
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
