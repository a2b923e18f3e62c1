import { expect, test } from 'vitest';
import { Emitter } from '../../../src/core/event.js';

test('every listener hears, each until it is disposed of, also when it was added twice', () => {
  const emitter = new Emitter<number>();
  const heard: number[] = [];
  const listener = (value: number) => void heard.push(value);
  const first = emitter.event(listener);
  emitter.event(listener);
  emitter.fire(1);
  first.dispose();
  emitter.fire(2);
  emitter.dispose();
  emitter.fire(3);
  expect(heard).toEqual([1, 1, 2]);
});

test('a listener that throws is reported and keeps nobody else from hearing', () => {
  const emitter = new Emitter<void>();
  let heard = false;
  emitter.event(() => {
    throw new Error('first');
  });
  emitter.event(() => (heard = true));
  expect(() => emitter.fire()).toThrow(AggregateError);
  expect(heard).toBe(true);
});
