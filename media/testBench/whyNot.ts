import type { Target, Targets } from '../../src/ui/panels/testBench.protocol.js';
import { el } from '../shared/dom.js';
import { note } from './note.js';
import type { Kept } from './state.js';
import { choices, isSame, nameOf } from './targets.js';

/** Why nothing can be sent now; undefined when something can. Empty where the page shows it anyway. */
export function whyNot({ target, other, tab, picture, text, batch }: Kept, targets: Targets): string | undefined {
  const missing = awayOf(target, targets) ?? (other && tab !== 'folder' ? awayOf(other, targets) : undefined);
  if (missing !== undefined) return missing;
  const filled = { image: picture, json: text.json.trim(), csv: text.csv.trim(), folder: batch.folder }[tab];
  return filled ? undefined : '';
}

/** Why this one cannot be asked. */
function awayOf(target: Target | undefined, targets: Targets): string | undefined {
  const { status, connection } = targets;
  if (target && choices(targets).some((one) => isSame(one, target))) return undefined;
  if (target?.kind === 'script') return `${nameOf(target)} is not in the workspace any more: choose another target.`;
  if (status === 'reading') return 'Reading endpoints and functions…';
  if (status === 'failed') return 'Endpoints and functions cannot be read.';
  if (target) return `${nameOf(target)} is not in service on ${connection}: choose another target.`;
  return choices(targets).length > 0 ? '' : `Nothing is in service on ${connection}, and no script can be run here.`;
}

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
