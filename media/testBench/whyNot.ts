import type { Targets } from '../../src/ui/panels/testBench.protocol.js';
import { el } from '../shared/dom.js';
import { note } from './answer.js';
import type { Kept } from './state.js';

/** Why nothing can be sent now; undefined when something can. Empty where the page shows it anyway. */
export function whyNot(
  { target, tab, picture, text }: Kept,
  { status, targets, connection }: Targets,
): string | undefined {
  if (status === 'reading') return 'Reading the endpoints…';
  if (status === 'failed') return 'The endpoints cannot be read.';
  if (targets.length === 0) return `No endpoint is in service on ${connection}.`;
  if (!targets.includes(target)) return `${target} is not in service on ${connection}: choose another endpoint.`;
  if (tab === 'image' ? !picture : text[tab].trim() === '') return '';
  return undefined;
}

/** The reason in words, with the one thing to do about it. */
export function showWhyNot(
  why: string | undefined,
  { status, targets, problem }: Targets,
  say: (message: { readonly type: 'connect' } | { readonly type: 'deploy' }) => void,
): HTMLElement[] {
  if (!why) return [];
  const link = (text: string, type: 'connect' | 'deploy') => {
    const button = el('button', { type: 'button', class: 'link' }, text);
    button.addEventListener('click', () => say({ type }));
    return el('p', { class: 'small' }, button);
  };
  if (status === 'reading') return [el('p', { class: 'small dim' }, why)];
  if (status === 'failed') return [note('error', why, problem ?? '', link('Connect again', 'connect'))];
  if (targets.length > 0) return [note('warning', why, '')];
  return [note('info', why, 'A model answers once it is deployed.', link('Deploy an endpoint', 'deploy'))];
}
