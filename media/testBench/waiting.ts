import type { Sending } from '../../src/ui/panels/testBench.protocol.js';
import { el } from '../shared/dom.js';
import { nameOf } from './targets.js';

/** A send that is under way. */
export interface Pending extends Pick<Sending, 'id' | 'phase' | 'target'> {
  /** Seconds that the target may take; undefined where they are not known. */
  readonly timeout: number | undefined;
  /** When it was sent, on the page's own clock (ms). */
  readonly since: number;
}

export interface Waiting {
  readonly shown: readonly HTMLElement[];
  stop(): void;
}

/** How long it takes already, and how to end it. Without a send, a picture is being fetched. */
export function showWaiting(pending: Pending | undefined, url: string, cancelled: () => void): Waiting {
  const cancel = el('vscode-button', { secondary: true, id: 'cancel' }, 'Cancel');
  cancel.addEventListener('click', cancelled);
  // It changes ten times a second: not to be read out.
  const elapsed = el('b', { 'aria-live': 'off' });
  const tick = () => {
    elapsed.textContent = `${((performance.now() - (pending?.since ?? 0)) / 1000).toFixed(1)} s`;
  };
  tick();
  const clock = pending && setInterval(tick, 100);
  const words =
    pending?.phase === 'answer'
      ? [elapsed, el('span', { class: 'dim' }, longest(pending))]
      : [pending ? 'The answer is here. Reading class names from the model’s archive…' : `Fetching ${url}`];
  const what = pending ? 'Waiting for the answer' : 'Fetching';
  return {
    shown: [
      el('div', { class: 'running', role: 'progressbar', 'aria-label': what }),
      el('p', { class: 'wait' }, ...words),
      cancel,
    ],
    stop: () => clearInterval(clock),
  };
}

function longest({ target, timeout }: Pending): string {
  if (timeout === undefined) return ` of ${nameOf(target)}`;
  const who = { endpoint: 'a model', function: 'this function', script: 'this script' }[target.kind];
  return ` of ${timeout} s, the most that ${who} may take`;
}
