import type { Targets } from '../../src/ui/panels/testBench.protocol.js';
import { el } from '../shared/dom.js';
import type { EventTemplates } from './event.js';
import { eventChoice } from './eventChoice.js';
import type { InputActions } from './input.js';
import { link } from './note.js';
import type { Kept } from './state.js';

/** A folder whose pictures are asked one by one. */
export function folderInput(
  kept: Kept,
  { folders }: Targets,
  events: EventTemplates | undefined,
  actions: Pick<InputActions, 'edit' | 'redraw' | 'changed'> & { chooseFolder(): void },
): HTMLElement[] {
  const { batch } = kept;
  const change = (to: Partial<Kept['batch']>) => {
    Object.assign(batch, to);
    actions.changed();
  };
  const choice = <T extends string | number>(
    label: string,
    options: readonly (readonly [T, string])[],
    current: T,
    chosen: (value: string) => void,
  ) => {
    const select = el(
      'select',
      {},
      ...options.map(([value, text]) => el('option', { value, selected: value === current }, text)),
    );
    select.addEventListener('change', () => chosen(select.value));
    return el('label', {}, el('span', {}, label), select);
  };
  const known = folders.some(({ path }) => path === batch.folder);
  if (!known) batch.folder = folders[0]?.path ?? '';
  const other = link('Choose a folder…', () => actions.chooseFolder());
  if (folders.length === 0) {
    return [el('div', { class: 'drop' }, el('p', {}, 'A folder with a folder of pictures for each class. ', other))];
  }
  return [
    el(
      'div',
      { class: 'fields' },
      choice(
        'Folder',
        folders.map(({ path, label }) => [path, label] as const),
        batch.folder,
        (folder) => change({ folder }),
      ),
      choice(
        'Pictures',
        [
          [0, 'all of them'],
          [20, '20, evenly taken'],
          [100, '100, evenly taken'],
          [200, '200, evenly taken'],
        ],
        batch.most,
        (most) => change({ most: Number(most) }),
      ),
      choice(
        'At a time',
        [1, 2, 4, 8].map((each) => [each, String(each)] as const),
        batch.parallel,
        (parallel) => change({ parallel: Number(parallel) }),
      ),
      ...(events ? [eventChoice({ ...kept, picture: undefined }, events, { ...actions, redraw: actions.redraw })] : []),
    ),
    el('p', { class: 'small dim facts' }, 'The true class of a picture is the name of its folder. ', other),
  ];
}
