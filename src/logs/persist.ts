import { setTimeout as delay } from 'node:timers/promises';
import type { Cloud } from '../aws/cloud.js';
import type { Connections } from '../aws/connections.js';
import { isConnectionLoss, isTransient, messageOf } from '../aws/errors.js';
import { UserError } from '../core/errors.js';

/** Tries again after so many milliseconds, and twice as many each time, when a call failed for another reason. */
const firstPause = 2000;
const longestPause = 60_000;

/**
 * Goes on with `work` until it is done, whatever happens to the connection meanwhile: keys that expire, a sandbox that is
 * started anew, a network that is away. It waits for the connection to come back, and starts the work again, which goes
 * on where it was left.
 * @param told why it waits; undefined when it goes on
 * @throws {UserError} when the window works with another account or region now
 */
export async function persist(
  connections: Connections,
  work: (cloud: Cloud) => Promise<void>,
  told: (problem: string | undefined) => void,
  signal: AbortSignal,
): Promise<void> {
  let home: string | undefined;
  for (let pause = firstPause; ;) {
    const cloud = await connected(connections, signal);
    const { account, region, profile } = cloud.connection;
    const place = `${profile ?? 'default'}, account ${account}, ${region}`;
    home ??= place;
    if (place !== home) throw new UserError(`This is of ${home}; the window works with ${place} now.`);
    try {
      told(undefined);
      return await work(cloud);
    } catch (error) {
      signal.throwIfAborted();
      const goesOn = () => connections.state.status === 'connected' && connections.state.cloud === cloud;
      if (isConnectionLoss(error, cloud.connection)) connections.lost(cloud, error);
      else if (goesOn() && !isTransient(error)) throw error;
      told(messageOf(error));
      if (!goesOn()) continue;
      await delay(pause, undefined, { signal });
      pause = Math.min(pause * 2, longestPause);
    }
  }
}

/** The cloud as soon as there is one. Connects when nobody has yet; after a failure it is the person's turn. */
function connected(connections: Connections, signal: AbortSignal): Promise<Cloud> {
  const { state } = connections;
  if (state.status === 'connected') return Promise.resolve(state.cloud);
  return new Promise((resolve, reject) => {
    const listening = connections.onDidChange((now) => {
      if (now.status === 'connected') end(() => resolve(now.cloud));
    });
    const end = (settle: () => void): void => {
      listening.dispose();
      signal.removeEventListener('abort', aborted);
      settle();
    };
    const aborted = (): void => end(() => reject(signal.reason as Error));
    signal.addEventListener('abort', aborted, { once: true });
    if (signal.aborted) aborted();
    else if (state.status === 'idle') connections.cloud().catch(() => undefined);
  });
}
