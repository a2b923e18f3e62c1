import { el } from '../shared/dom.js';
import { chosenTemplate, type EventTemplates, shownEvent } from './event.js';
import { link } from './note.js';
import type { Kept } from './state.js';

/** The event that a picture becomes, and how: what is long stands for itself. */
export function eventChoice(
  kept: Kept,
  events: EventTemplates,
  { edit, redraw }: { edit(template: string): void; redraw(): void },
): HTMLElement {
  const chosen = chosenTemplate(kept, events);
  const options = events.all.map(({ label }) =>
    el('option', { value: label, selected: label === chosen?.label }, label),
  );
  const select = el('select', {}, ...options);
  select.addEventListener('change', () => {
    kept.template = select.value;
    redraw();
  });
  return el(
    'div',
    { class: 'event' },
    el('label', {}, el('span', {}, 'Sent as'), select),
    ...(chosen && kept.picture
      ? [
          el('pre', { tabindex: '0', 'aria-label': 'Event' }, shownEvent(chosen.text, kept.picture)),
          el(
            'p',
            { class: 'small dim' },
            `${events.because ?? ''} `,
            link('Edit as JSON', () => edit(chosen.text)),
          ),
        ]
      : []),
  );
}
