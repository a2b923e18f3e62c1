import { el } from '../shared/dom.js';

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

/** A button that reads as a link. */
export function link(text: string, act: () => void): HTMLButtonElement {
  const button = el('button', { type: 'button', class: 'link' }, text);
  button.addEventListener('click', act);
  return button;
}
