import { expect, test } from 'vitest';
import { Bodies } from '../../../media/testBench/bodies.js';
import { batchSays, confusionOf, topConfusions } from '../../../media/testBench/confusion.js';
import { sentBytes, shownEvent } from '../../../media/testBench/event.js';
import { latencyOf, titleOf } from '../../../media/testBench/latency.js';
import { kept, type Kept, restored, withEntry } from '../../../media/testBench/state.js';
import { choices, isSame, nameOf } from '../../../media/testBench/targets.js';
import { whyNot } from '../../../media/testBench/whyNot.js';
import type { Outcome, Targets } from '../../../src/ui/panels/testBench.protocol.js';
import type { BatchProgress } from '../../../src/ui/panels/testBenchBatch.protocol.js';

const breeds = { kind: 'endpoint', name: 'breeds' } as const;
const predict = { kind: 'function', name: 'predict', qualifier: 'live' } as const;
const script = { kind: 'script', file: '/w/inference.py', entry: 'endpoints.breeds' } as const;
const targets: Targets = {
  ...{ type: 'targets', endpoints: ['breeds'], functions: ['predict'], status: 'read', connection: 'the sandbox' },
  ...{ scripts: [{ target: script, label: 'inference.py' }], folders: [] },
};
const now = (change: Partial<Kept>): Kept => ({ ...restored(undefined), ...change });
const picture = { key: 1, name: 'dog.jpg', bytes: 3_000_000, dimensions: undefined, preview: undefined };
const outcome = (change: Partial<Outcome>): Outcome =>
  ({
    ...{
      type: 'answer',
      id: 1,
      target: predict,
      connection: '',
      milliseconds: 150,
      sent: { contentType: '', bytes: 1 },
    },
    ...{ latency: [], steps: [], contentType: '', bytes: 1, text: '', content: { kind: 'other', heading: 'A text' } },
    ...change,
  }) as Outcome;

test('targets are named with their parts, and are the same whatever part is chosen', () => {
  expect([breeds, { ...breeds, variant: 'B' }, predict, script].map(nameOf)).toEqual([
    'breeds',
    'breeds, variant B',
    'predict:live',
    'inference.py',
  ]);
  expect(choices(targets)).toEqual([breeds, { kind: 'function', name: 'predict' }, script]);
  expect(isSame(predict, { ...predict, qualifier: '3' })).toBe(true);
  expect(isSame(script, { ...script, entry: 'endpoints.other' })).toBe(false);
});

test('a target that went away is named, and a script is asked also where no cloud can be', () => {
  expect(whyNot(now({ target: breeds, picture }), targets)).toBeUndefined();
  expect(whyNot(now({ target: breeds }), targets)).toBe('');
  const gone = { ...targets, endpoints: [] };
  expect(whyNot(now({ target: breeds, picture }), gone)).toBe(
    'breeds is not in service on the sandbox: choose another target.',
  );
  expect(whyNot(now({ target: predict, other: breeds, picture }), gone)).toMatch(/^breeds is not in service/);
  const offline: Targets = { ...targets, endpoints: [], functions: [], status: 'failed' };
  expect(whyNot(now({ target: breeds, picture }), offline)).toBe('Endpoints and functions cannot be read.');
  expect(whyNot(now({ target: script, picture }), offline)).toBeUndefined();
  expect(whyNot(now({ target: script, picture }), { ...targets, scripts: [] })).toMatch(
    /not in the workspace any more/,
  );
});

test('an event shows its picture by its length, and counts it a third larger against the limit', () => {
  const events = { all: [{ label: 'Picture', text: '{"image": "${image}"}' }, { label: 'URL', text: '{"url": "${url}"}' }], because: undefined }; // prettier-ignore
  expect(shownEvent(events.all[0]!.text, picture)).toBe('{"image": "… 4,000,000 characters of base64 …"}');
  expect(shownEvent(events.all[1]!.text, { ...picture, url: 'https://a/$&.jpg' })).toBe('{"url": "https://a/$&.jpg"}');
  expect(sentBytes(now({ picture }), events)).toBe(4_000_000 + events.all[0]!.text.length);
  expect(sentBytes(now({ picture, template: 'URL' }), events)).toBe(events.all[1]!.text.length);
  expect(sentBytes(now({ picture }), undefined)).toBe(3_000_000);
});

test('what is sent is the picture, the text, or an event with the picture that it names', () => {
  const bodies = new Bodies({ ...picture, base64: 'AQI=' });
  const events = { all: [{ label: 'Picture', text: '{"image": "${image}"}' }], because: undefined };
  const body = new Uint8Array([1, 2]);
  const given = { key: 1, name: 'dog.jpg', body };
  expect(bodies.input(now({ picture }), undefined)).toEqual({
    contentType: '',
    accept: 'application/json',
    picture: given,
  });
  expect(bodies.input(now({ picture }), events)).toMatchObject({ event: '{"image": "${image}"}', picture: given });
  const text = { json: '{"a": 1}', csv: '1,2' };
  expect(bodies.input(now({ tab: 'json', text, picture }), events)).not.toHaveProperty('picture');
  expect(bodies.input(now({ tab: 'json', text, picture }), undefined)).toMatchObject({ text: '{"a": 1}' });
  const named = { json: '{"url": "${url}", "k": 3}', csv: '' };
  expect(bodies.input(now({ tab: 'json', text: named, picture }), events)).toMatchObject({
    event: named.json,
    picture: given,
  });
  expect(bodies.input(now({ tab: 'csv', text }), undefined)).toMatchObject({ contentType: 'text/csv', text: '1,2' });
});

test('latency is shown where its parts are known, beside the last cold start of the same target', () => {
  const warm = outcome({ cold: false, latency: [{ name: 'Function', milliseconds: 113 }, { name: 'Network', milliseconds: 37 }] }); // prettier-ignore
  const cold = outcome({ id: 0, cold: true, milliseconds: 1300, latency: [{ name: 'Init', milliseconds: 1100 }, { name: 'Function', milliseconds: 160 }, { name: 'Network', milliseconds: 40 }] }); // prettier-ignore
  const both = latencyOf(warm, cold)!;
  expect(both.names).toEqual(['Init', 'Function', 'Network']);
  expect(both.rows.map(({ title, parts }) => [title, ...parts])).toEqual([
    ['This request, warm', 0, 113, 37],
    ['The last cold one', 1100, 160, 40],
  ]);
  expect(titleOf(both)).toBe('Function: 113 of 150 ms; the last cold start took 1,300 ms');
  expect(latencyOf(cold, cold)?.rows).toHaveLength(1);
  expect(titleOf(latencyOf(cold, cold)!)).toBe('Init: 1,100 of 1,300 ms');
  expect(latencyOf(outcome({ latency: [{ name: 'All', milliseconds: 150 }] }), cold)).toBeUndefined();
});

test('a confusion matrix has the classes that occur, and names what is confused most', () => {
  const cells = [
    { truth: 'owl', predicted: 'owl', count: 4 },
    { truth: 'cat', predicted: 'dog', count: 2 },
    { truth: 'owl', predicted: 'dog', count: 3 },
  ];
  expect(confusionOf(cells)).toEqual({ classes: ['cat', 'dog', 'owl'], counts: [[0, 2, 0], [0, 0, 0], [0, 3, 4]], largest: 4 }); // prettier-ignore
  expect(topConfusions(cells, 1)).toEqual([cells[2]]);
  const batch = { state: 'done', done: 9, total: 9, failed: 0, judged: 0 } as unknown as BatchProgress;
  expect(batchSays({ ...batch, accuracy: 4 / 9 })).toBe('44.4 % right');
  expect(batchSays({ ...batch, accuracy: 4 / 9, state: 'cancelled', total: 20 })).toBe(
    '44.4 % right, cancelled after 9 of 20',
  );
  expect(batchSays(batch)).toBe('No class is known by its folder');
});

test('what is kept is small, and what an older version has kept is forgotten', () => {
  const large = outcome({ text: 'x'.repeat(1e6), steps: [{ title: 'Payload', detail: '', text: 'y'.repeat(1e6) }] });
  expect(JSON.stringify(kept(large)).length).toBeLessThan(30_000);
  const entry = { tab: 'image', picture: { ...picture, base64: 'AQI=' }, outcome: large } as const;
  const history = Array.from({ length: 20 }).reduce<Kept['history']>((all) => withEntry(all, entry), []);
  expect(history).toHaveLength(8);
  expect(history[0]?.picture).not.toMatchObject({ base64: 'AQI=' });
  expect(restored({ version: 1, target: 'breeds', tab: 'csv' } as unknown as Kept)).toEqual(restored(undefined));
  expect(restored({ ...restored(undefined), tab: 'csv' }).tab).toBe('csv');
});
