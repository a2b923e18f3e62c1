import { expect, test } from 'vitest';
import { RenewableKeys } from '../../../src/aws/keys.js';

/** Keys of a profile that hands out what `next` makes of how often it was asked. */
function handedOut(next: (times: number) => { readonly accessKeyId: string; readonly expiration?: Date } | Error) {
  const asked = { times: 0 };
  const keys = new RenewableKeys(async () => {
    const found = next(++asked.times);
    if (found instanceof Error) throw found;
    return { secretAccessKey: 's', ...found };
  });
  return { asked, keys };
}

test('are looked for once, however many calls need them', async () => {
  const { asked, keys } = handedOut((times) => ({ accessKeyId: `k${times}` }));
  await Promise.all([keys.provider(), keys.provider(), keys.provider()]);
  await keys.provider();
  expect(asked.times).toBe(1);
});

test('that were refused are looked for once, for all the calls that were signed with them', async () => {
  const { asked, keys } = handedOut((times) => ({ accessKeyId: `k${times}` }));
  const signed = await Promise.all([keys.provider(), keys.provider(), keys.provider()]);
  const renewed = signed.map((old) => {
    keys.refused(old);
    return keys.provider();
  });
  expect((await Promise.all(renewed)).map(({ accessKeyId }) => accessKeyId)).toEqual(['k2', 'k2', 'k2']);
  expect(asked.times).toBe(2);
});

test('that are new stay, though a call that was signed with the old ones is refused late', async () => {
  const { asked, keys } = handedOut((times) => ({ accessKeyId: `k${times}` }));
  const [early, late] = [await keys.provider(), await keys.provider()];
  keys.refused(early);
  const renewed = await keys.provider();
  keys.refused(late);
  expect((await keys.provider()).accessKeyId).toBe('k2');
  keys.refused(renewed);
  expect((await keys.provider()).accessKeyId).toBe('k3');
  expect(asked.times).toBe(3);
});

test('that stay the same are not looked for again by each call that the same keys were refused to', async () => {
  const { asked, keys } = handedOut(() => ({ accessKeyId: 'frozen' }));
  const signed = await Promise.all([keys.provider(), keys.provider(), keys.provider()]);
  for (const old of signed) {
    keys.refused(old);
    await keys.provider();
  }
  expect(asked.times).toBe(2);
});

test('are renewed five minutes before they end', async () => {
  const minutes = (count: number) => new Date(Date.now() + count * 60_000);
  const { asked, keys } = handedOut((times) => ({
    accessKeyId: `k${times}`,
    expiration: minutes(times === 1 ? 4 : 60),
  }));
  expect((await keys.provider()).accessKeyId).toBe('k1');
  expect((await keys.provider()).accessKeyId).toBe('k2');
  await keys.provider();
  expect(asked.times).toBe(2);
});

test('that cannot be found are looked for again by the next call, not by those that waited', async () => {
  const { asked, keys } = handedOut((times) =>
    times === 1 ? new Error('not signed in') : { accessKeyId: `k${times}` },
  );
  const waiting = [keys.provider(), keys.provider()];
  for (const one of waiting) await expect(one).rejects.toThrow('not signed in');
  expect((await keys.provider()).accessKeyId).toBe('k2');
  expect(asked.times).toBe(2);
});
