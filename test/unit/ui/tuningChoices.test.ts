import { expect, test } from 'vitest';
import { axesOf } from '../../../media/tuning/axes.js';
import { brushed, type Choices, initial, objectiveKey, ranked, rowsOf } from '../../../media/tuning/choices.js';
import type { TrialView, TuningView } from '../../../src/ui/panels/tuning.protocol.js';

const trial = (number: number, objective: number | undefined, lr: number, kind: string, more = {}): TrialView => ({
  ...{ number, name: `t-${number}`, state: 'Completed', objective, values: [lr, kind] },
  ...{ seconds: number, usd: undefined, failure: undefined },
  ...more,
});
const view = {
  objective: { metric: 'loss', minimize: true, logarithmic: false },
  axes: [
    { kind: 'numeric', name: 'lr', scale: 'log', min: 1e-4, max: 1e-1 },
    { kind: 'categorical', name: 'optimizer', values: ['sgd', 'adam', 'rmsprop'] },
  ],
  trials: [
    trial(1, 0.9, 1e-4, 'sgd'),
    trial(2, 0.2, 1e-3, 'adam'),
    trial(3, undefined, 1e-1, 'sgd', { state: 'Failed', failure: 'out of memory' }),
    trial(4, 0.5, 1e-2, 'adam'),
  ],
} as unknown as TuningView;
const numbers = (change: Partial<Choices>, of = view) =>
  rowsOf(of, { ...initial, ...change }).map(({ number }) => number);

test('at first the best are first and those without a value last, in either direction of the objective', () => {
  expect(numbers({})).toEqual([2, 4, 1, 3]);
  const larger = { ...view, objective: { ...view.objective, minimize: false } };
  expect(numbers({}, larger)).toEqual([1, 4, 2, 3]);
  expect(ranked(larger).map(({ number }) => number)).toEqual([1, 4, 2]);
});

test('any column sorts, up and down; what is missing stays last', () => {
  const by = (column: string, descending = false) => numbers({ sort: { column, descending } });
  expect(by('number', true)).toEqual([4, 3, 2, 1]);
  expect(by('axis lr')).toEqual([1, 2, 4, 3]);
  expect(by('axis optimizer')).toEqual([2, 4, 1, 3]);
  expect(by('state', true)).toEqual([3, 1, 2, 4]);
  expect(by(objectiveKey(), true)).toEqual([1, 4, 2, 3]);
});

test('the filter goes by status, and by words in name, state, reason and parameters', () => {
  expect(numbers({ status: 'Failed' })).toEqual([3]);
  expect(numbers({ text: 'ADAM' })).toEqual([2, 4]);
  expect(numbers({ text: 'sgd memory' })).toEqual([3]);
  expect(numbers({ text: 'nothing' })).toEqual([]);
});

test('brushes and "top" choose together; the rows that are chosen come first', () => {
  const names = (change: Partial<Choices>) => [...brushed(view, { ...initial, ...change })].sort();
  expect(names({ top: 2 })).toEqual(['t-2', 't-4']);
  const brushes = { 'axis lr': { from: 5e-4, to: 1 } };
  expect(names({ brushes })).toEqual(['t-2', 't-3', 't-4']);
  expect(names({ brushes, top: 1 })).toEqual(['t-2']);
  expect(names({ brushes: { ...brushes, 'axis optimizer': { values: ['sgd'] } } })).toEqual(['t-3']);
  expect(names({ brushes: { [objectiveKey()]: { from: 0.4, to: 1 } } })).toEqual(['t-1', 't-4']);
  expect(numbers({ brushes: { 'axis lr': { from: 0, to: 1e-4 } } })).toEqual([1, 2, 4, 3]);
});

test('an axis says what lies between two places, and where that is, in its own scale', () => {
  const [lr, optimizer, loss] = axesOf(view);
  expect(lr!.place(1e-3)).toBeCloseTo(1 / 3);
  const half = lr!.brush(0, 0.5);
  expect(half).toEqual({ from: expect.closeTo(1e-4) as number, to: expect.closeTo(10 ** -2.5) as number });
  expect(lr!.span(half)!.map((at) => Number(at.toFixed(6)))).toEqual([0, 0.5]);
  expect(optimizer!.brush(0.4, 1)).toEqual({ values: ['adam', 'rmsprop'] });
  expect(optimizer!.brush(0.2, 0.3)).toEqual({ values: [] });
  // The best is at the head.
  expect(loss!.place(0.2)).toBe(1);
  expect(loss!.brush(0.5, 1)).toEqual({ from: expect.closeTo(0.2) as number, to: expect.closeTo(0.55) as number });
});

test('a reverse-logarithmic axis makes room close to 1', () => {
  const axes = [{ kind: 'numeric', name: 'momentum', scale: 'reverse-log', min: 0.9, max: 0.999 }] as const;
  const [momentum] = axesOf({ ...view, axes, trials: [] });
  expect(momentum!.place(0.9)).toBeCloseTo(0);
  expect(momentum!.place(0.99)).toBeCloseTo(0.5);
  expect(momentum!.ticks.map(({ label }) => label)).toEqual(['0.9', '0.99', '0.999']);
});
