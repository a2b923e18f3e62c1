import { expect, test } from 'vitest';
import type { Cloud } from '../../../src/aws/cloud.js';
import { type ConnectionChoice, Connections, type ConnectionState } from '../../../src/aws/connections.js';

const sandbox: ConnectionChoice = { kind: 'sandbox' };
const dev: ConnectionChoice = { kind: 'profile', profile: 'dev' };

/** Connections whose clouds are named after the choice, opened when the test says so. */
function opened() {
  const opening: { choice: ConnectionChoice; succeed(): void; fail(error: Error): void; signal: AbortSignal }[] = [];
  const closed: string[] = [];
  const connections = new Connections(sandbox, (choice, signal) => {
    const name = choice.kind === 'profile' ? choice.profile : 'sandbox';
    return new Promise<Cloud>((resolve, reject) => {
      const cloud = { name, close: () => void closed.push(name) } as unknown as Cloud;
      opening.push({ choice, succeed: () => resolve(cloud), fail: reject, signal });
    });
  });
  const states: ConnectionState['status'][] = [];
  connections.onDidChange(({ status }) => states.push(status));
  return { connections, opening, closed, states };
}

test('nothing is opened before the first use, and all who ask meanwhile get the same cloud', async () => {
  const { connections, opening, states } = opened();
  expect(opening).toHaveLength(0);
  const [first, second] = [connections.cloud(), connections.cloud()];
  expect(opening).toHaveLength(1);
  opening[0]?.succeed();
  expect(await first).toBe(await second);
  expect(await connections.cloud()).toBe(await first);
  expect(states).toEqual(['connecting', 'connected']);
});

test('a switch while connecting: the late cloud is closed, and nobody hears of it', async () => {
  const { connections, opening, closed, states } = opened();
  const late = connections.cloud();
  connections.switchTo(dev);
  expect(opening[0]?.signal.aborted).toBe(true);
  opening[0]?.succeed();
  await expect(late).rejects.toMatchObject({ name: 'AbortError' });
  expect(closed).toEqual(['sandbox']);
  const now = connections.cloud();
  opening[1]?.succeed();
  expect(await now).toMatchObject({ name: 'dev' });
  expect(states).toEqual(['connecting', 'idle', 'connecting', 'connected']);
});

test('a failure is kept until the next try', async () => {
  const { connections, opening } = opened();
  const first = connections.cloud();
  opening[0]?.fail(new Error('no keys'));
  await expect(first).rejects.toThrow('no keys');
  expect(connections.state).toMatchObject({ status: 'failed' });
  const again = connections.cloud();
  opening[1]?.succeed();
  await again;
  expect(connections.state.status).toBe('connected');
});

test('only the cloud that is there can be lost: what an old one still says is nothing', async () => {
  const { connections, opening, closed } = opened();
  const first = connections.cloud();
  opening[0]?.succeed();
  const old = await first;
  connections.reset();
  const second = connections.cloud();
  opening[1]?.succeed();
  const now = await second;
  connections.lost(old, new Error('late'));
  expect(connections.state.status).toBe('connected');
  connections.lost(now, new Error('expired'));
  expect(connections.state).toMatchObject({ status: 'failed' });
  expect(closed).toEqual(['sandbox', 'sandbox']);
});

test('everybody hears of the states in their order, also when a listener connects as soon as there is nothing', async () => {
  const { connections, opening } = opened();
  const early = connections.onDidChange(({ status }) => {
    if (status === 'idle') connections.cloud().catch(() => undefined);
  });
  const late: string[] = [];
  connections.onDidChange(({ status }) => late.push(status));
  connections.switchTo(dev);
  expect(late).toEqual(['idle', 'connecting']);
  expect(opening.map(({ choice }) => choice)).toEqual([dev]);
  early.dispose();
});

test('a reset while connecting opens with what the files say then', async () => {
  const { connections, opening, closed, states } = opened();
  const before = connections.cloud();
  connections.reset();
  const now = connections.cloud();
  opening[1]?.succeed();
  const cloud = await now;
  opening[0]?.succeed();
  await expect(before).rejects.toMatchObject({ name: 'AbortError' });
  expect(connections.state).toEqual({ status: 'connected', cloud });
  expect(closed).toEqual(['sandbox']);
  expect(states).toEqual(['connecting', 'idle', 'connecting', 'connected']);
});

test('a listener that fails takes no connection away', async () => {
  const { connections, opening } = opened();
  connections.onDidChange(({ status }) => {
    if (status === 'connected') throw new Error('a fault of ours');
  });
  const connecting = connections.cloud();
  opening[0]?.succeed();
  await expect(connecting).rejects.toThrow('Listeners failed');
  expect(connections.state.status).toBe('connected');
});

test('after its disposal nothing is opened, and what was being opened is closed', async () => {
  const { connections, opening, closed } = opened();
  connections.onDidChange(({ status }) => {
    if (status === 'idle') connections.cloud().catch(() => undefined);
  });
  const connecting = connections.cloud();
  connections.dispose();
  opening[0]?.succeed();
  await expect(connecting).rejects.toMatchObject({ name: 'AbortError' });
  await expect(connections.cloud()).rejects.toMatchObject({ name: 'AbortError' });
  expect(opening).toHaveLength(1);
  expect(closed).toEqual(['sandbox']);
});
