import type { Targets } from '../../src/ui/panels/testBench.protocol.js';
import { el } from '../shared/dom.js';
import { note } from './note.js';
import { choices } from './targets.js';

/** The reason in words, with the one thing to do about it. */
export function showWhyNot(
  why: string | undefined,
  targets: Targets,
  say: (message: { readonly type: 'connect' } | { readonly type: 'deploy' }) => void,
): HTMLElement[] {
  if (!why) return [];
  const { status, problem } = targets;
  const link = (text: string, type: 'connect' | 'deploy') => {
    const button = el('button', { type: 'button', class: 'link' }, text);
    button.addEventListener('click', () => say({ type }));
    return el('p', { class: 'small' }, button);
  };
  if (status === 'reading') return [el('p', { class: 'small dim' }, why)];
  if (status === 'failed') return [note('error', why, problem ?? '', link('Connect again', 'connect'))];
  if (choices(targets).length > 0) return [note('warning', why, '')];
  return [note('info', why, 'A model answers once it is deployed.', link('Deploy an endpoint', 'deploy'))];
}
