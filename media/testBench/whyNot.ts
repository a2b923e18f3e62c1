import type { Target, Targets } from '../../src/ui/panels/testBench.protocol.js';
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
