import { expect, test } from 'vitest';
import type { Cloud } from '../../../src/aws/cloud.js';
import { Connections } from '../../../src/aws/connections.js';
import { persist } from '../../../src/logs/persist.js';

const never = new AbortController().signal;

function connections(endpoint = 'https://sts.eu-west-1.amazonaws.com/'): Connections {
  const connection = { endpoint, account: '1', region: 'eu-west-1', profile: 'dev' };
  const cloud = { connection, close: () => undefined } as unknown as Cloud;
  return new Connections({ kind: 'profile', profile: 'dev' }, async () => cloud);
}

test('a network that is away for a moment is told at once, and then the work goes on over the same connection', async () => {
  const failures = [Object.assign(new Error('no answer in time'), { name: 'TimeoutError' })];
  const told: (string | undefined)[] = [];
  const open = connections();
  const work = async (cloud: Cloud) => {
    expect(open.state).toEqual({ status: 'connected', cloud });
    const failure = failures.pop();
    if (failure) throw failure;
  };
  await persist(open, work, (problem) => told.push(problem), never);
  expect(told).toEqual([undefined, 'no answer in time', undefined]);
});

test('what waiting does not mend ends the work, and leaves the connection', async () => {
  const open = connections();
  const denied = Object.assign(new Error('not allowed'), { name: 'AccessDeniedException' });
  const work = () => Promise.reject(denied);
  await expect(persist(open, work, () => undefined, never)).rejects.toBe(denied);
  expect(open.state.status).toBe('connected');
});
