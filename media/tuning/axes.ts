import { scaleLinear, scaleLog } from 'd3-scale';
import type { AxisView, TrialView, TuningView } from '../../src/ui/panels/tuning.protocol.js';
import { number } from '../shared/number.js';
import { type Brush, cell, objectiveKey } from './choices.js';

/** An axis of the parallel coordinates; places go from 0 at its foot to 1 at its head. */
export interface Axis {
  readonly key: string;
  readonly title: string;
  place(value: number | string): number;
  readonly ticks: readonly { readonly at: number; readonly label: string }[];
  /** How far a key moves a brush, and how large the first one is. */
  readonly step: number;
  readonly first: number;
  /** What lies between two places. */
  brush(from: number, to: number): Brush;
  /** Between which places a brush is. */
  span(brush: Brush): readonly [from: number, to: number] | undefined;
  words(brush: Brush): string;
}

/** The parameters, and the objective, the best at its head. */
export function axesOf(view: TuningView): readonly Axis[] {
  const { minimize, metric, logarithmic } = view.objective;
  const values = view.trials.flatMap(({ objective }) => objective ?? []);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const domain: [number, number] = low < high ? [low, high] : [low - 0.5, low + 0.5];
  const scale = logarithmic ? 'log' : 'linear';
  return [
    ...view.axes.map((axis) => axisOf(axis)),
    ...(values.length > 0 ? [numeric(objectiveKey(), metric, scale, domain, minimize)] : []),
  ];
}

/** Where a trial crosses an axis; undefined where it has no value. */
export function placeOf(view: TuningView, axis: Axis, trial: TrialView): number | undefined {
  const value = cell(view, trial, axis.key);
  return value === undefined ? undefined : axis.place(value);
}

function axisOf(axis: AxisView): Axis {
  const key = `axis ${axis.name}`;
  if (axis.kind === 'categorical') return categorical(key, axis.name, axis.values);
  return numeric(key, axis.name, axis.scale, [axis.min, axis.max], false);
}

function numeric(
  key: string,
  title: string,
  scale: 'linear' | 'log' | 'reverse-log',
  domain: [number, number],
  isReversed: boolean,
): Axis {
  // 0.9, 0.99, 0.999 are as far from each other as 0.1, 0.01, 0.001.
  const turned = scale === 'reverse-log';
  // Without the last digits, which 1 - 0.9 has wrong: a bound is to be a tick.
  const turn = (value: number): number => (turned ? Number((1 - value).toPrecision(12)) : value);
  const ends = [turn(domain[0]), turn(domain[1])];
  const base = scale === 'linear' ? scaleLinear() : scaleLog();
  const placed = base.domain(ends).range(isReversed ? [1, 0] : [0, 1]);
  const limit = (at: number): number => Math.min(1, Math.max(0, at));
  const place = (value: number | string): number => limit(placed(turn(Number(value))));
  const value = (at: number): number => turn(placed.invert(at));
  const ticks = scale === 'linear' ? placed.ticks(6) : powers(placed.ticks(6));
  return {
    key,
    title,
    place,
    ticks: ticks.map((tick) => ({ at: placed(tick), label: number(turn(tick)) })),
    ...{ step: 0.05, first: 0.2 },
    brush: (from, to) => {
      const [a, b] = [value(from), value(to)];
      return { from: Math.min(a, b), to: Math.max(a, b) };
    },
    span: (brush) => {
      if (!('from' in brush)) return undefined;
      const [a, b] = [place(brush.from), place(brush.to)];
      return [Math.min(a, b), Math.max(a, b)];
    },
    words: (brush) => ('from' in brush ? `${number(brush.from)} to ${number(brush.to)}` : ''),
  };
}

/** Of a logarithmic axis the powers of ten, where there are some; else as many as there is room for. */
function powers(ticks: readonly number[]): readonly number[] {
  const round = ticks.filter((tick) => Math.abs(Math.log10(tick) - Math.round(Math.log10(tick))) < 1e-9);
  if (round.length > 1) return round;
  return ticks.filter((_, index) => index % Math.ceil(ticks.length / 6) === 0);
}

function categorical(key: string, title: string, values: readonly string[]): Axis {
  const place = (value: number | string): number => (values.indexOf(String(value)) + 0.5) / values.length;
  return {
    key,
    title,
    place,
    ticks: values.map((value) => ({ at: place(value), label: value })),
    ...{ step: 1 / values.length, first: 1 / values.length },
    brush: (from, to) => ({ values: values.filter((value) => place(value) >= from && place(value) <= to) }),
    span: (brush) => {
      if (!('values' in brush) || brush.values.length === 0) return undefined;
      const places = brush.values.map(place);
      const room = 0.3 / values.length;
      return [Math.min(...places) - room, Math.max(...places) + room];
    },
    words: (brush) => ('values' in brush ? brush.values.join(' or ') : ''),
  };
}
