import type { TrialView, TuningView } from '../../src/ui/panels/tuning.protocol.js';
import { svg } from '../shared/dom.js';
import { number } from '../shared/number.js';
import { type Axis, axesOf, placeOf } from './axes.js';
import { type Brush, type Choices, brushed, isBrushed, ranked } from './choices.js';
import { brushable } from './brush.js';

const height = 290;
const margin = { top: 34, right: 72, bottom: 14, left: 64 };
/** Lines of one tone are one path: a thousand of them are drawn anew in a few milliseconds while a brush moves. */
const tones = 5;

export interface Plot {
  readonly element: SVGElement;
  /** Draws what is chosen, in place: a brush that is being moved stays under the pointer. */
  update(choices: Choices): void;
}

export interface PlotEvents {
  /** Undefined takes the brush away. `isDone`: the pointer has let go. */
  brush(key: string, brush: Brush | undefined, isDone: boolean): void;
  select(name: string): void;
  /** The trial under the pointer. */
  point(trial: TrialView | undefined): void;
}

/** Parallel coordinates: a line a trial through its parameters to its objective. Trials without a value have none. */
export function parallel(view: TuningView, width: number, events: PlotEvents): Plot {
  const axes = axesOf(view);
  const trials = ranked(view);
  const narrow = width < 560;
  const [left, right] = narrow ? [40, 44] : [margin.left, margin.right];
  const x = (index: number): number => left + (index * (width - left - right)) / Math.max(1, axes.length - 1);
  const y = (place: number): number => height - margin.bottom - place * (height - margin.bottom - margin.top);
  const places = new Map(trials.map((trial) => [trial.name, axes.map((axis) => placeOf(view, axis, trial))]));
  const lines = new Map(trials.map(({ name }) => [name, lineThrough(places.get(name)!, x, y)]));
  const element = svg('svg', {
    ...{ width, height, viewBox: `0 0 ${width} ${height}`, role: 'group', class: 'parallel' },
    'aria-label': `${trials.length} trials in parallel coordinates`,
  });
  const path = (name: string) => svg('path', { class: `line ${name}` });
  const dim = path('dimmed');
  const coloured = Array.from({ length: tones }, (_, tone) => path(`shade${tone}`));
  const [marked, pointed] = [path('marked'), path('pointed')];
  element.append(dim, ...coloured.toReversed(), marked, pointed);
  const brushes = axes.map((axis, index) => {
    const head = { narrow, isFirst: index === 0, isLast: index === axes.length - 1 };
    const { group, show } = axisGroup(axis, index, x(index), y, head, events);
    element.append(group);
    return show;
  });

  const nearest = (event: PointerEvent): TrialView | undefined => {
    const box = element.getBoundingClientRect();
    const at = nearestLine(places, x, y, axes.length, event.clientX - box.left, event.clientY - box.top);
    return trials.find(({ name }) => name === at);
  };
  element.addEventListener('pointermove', (event) => {
    if (event.buttons > 0) return;
    const trial = nearest(event);
    pointed.setAttribute('d', (trial && lines.get(trial.name)) ?? '');
    events.point(trial);
  });
  element.addEventListener('pointerleave', () => {
    pointed.setAttribute('d', '');
    events.point(undefined);
  });
  element.addEventListener('click', (event) => {
    const trial = nearest(event);
    if (trial && !(event.target as Element).closest('.brushable')) events.select(trial.name);
  });

  const update = (choices: Choices): void => {
    const chosen = brushed(view, choices);
    const shown = trials.filter(({ name }) => chosen.has(name));
    const d = (some: readonly TrialView[]): string => some.map(({ name }) => lines.get(name)).join('');
    const set = (path: SVGElement, line: string): void => {
      // Drawing a thousand lines anew costs more than all the rest.
      if (path.getAttribute('d') !== line) path.setAttribute('d', line);
    };
    set(dim, isBrushed(choices) ? d(trials.filter(({ name }) => !chosen.has(name))) : '');
    coloured.forEach((each, tone) =>
      set(each, d(shown.filter((_, rank) => Math.floor((rank * tones) / shown.length) === tone))),
    );
    set(marked, (choices.selected !== undefined && lines.get(choices.selected)) || '');
    axes.forEach((axis, index) => brushes[index]!(choices.brushes[axis.key], shown.length, trials.length));
  };
  return { element, update };
}

function lineThrough(
  places: readonly (number | undefined)[],
  x: (index: number) => number,
  y: (place: number) => number,
): string {
  let line = '';
  places.forEach((place, index) => {
    if (place === undefined) return;
    const before = places[index - 1];
    const [at, to] = [x(index).toFixed(1), y(place).toFixed(1)];
    if (before === undefined) line += `M${at} ${to}`;
    else {
      const bend = (x(index) - x(index - 1)) * 0.4;
      line += `C${(x(index - 1) + bend).toFixed(1)} ${y(before).toFixed(1)} ${(x(index) - bend).toFixed(1)} ${to} ${at} ${to}`;
    }
  });
  return line;
}

/** The name of the line within eight pixels of a point. */
function nearestLine(
  places: ReadonlyMap<string, readonly (number | undefined)[]>,
  x: (index: number) => number,
  y: (place: number) => number,
  count: number,
  px: number,
  py: number,
): string | undefined {
  const step = Math.max(1, x(1) - x(0));
  const index = Math.min(count - 2, Math.max(0, Math.floor((px - x(0)) / step)));
  const t = Math.min(1, Math.max(0, (px - x(index)) / step));
  // Near enough to the curve that is drawn.
  const part = t * t * (3 - 2 * t);
  let best: { readonly name: string; readonly distance: number } | undefined;
  for (const [name, at] of places) {
    const [a, b] = [at[index], at[index + 1]];
    if (a === undefined || b === undefined) continue;
    const distance = Math.abs(y(a + (b - a) * part) - py);
    if (distance < (best?.distance ?? 8)) best = { name, distance };
  }
  return best?.name;
}

function axisGroup(
  axis: Axis,
  index: number,
  x: number,
  y: (place: number) => number,
  { narrow, isFirst, isLast }: { readonly narrow: boolean; readonly isFirst: boolean; readonly isLast: boolean },
  events: Pick<PlotEvents, 'brush'>,
) {
  const { group, show } = brushable(axis, index, x, y, events.brush);
  group.append(svg('line', { class: 'axis-line', x1: x, x2: x, y1: y(0), y2: y(1) }));
  for (const { at, label } of axis.ticks) {
    const side = isLast ? { x: x + 8, 'text-anchor': 'start' } : { x: x - 8, 'text-anchor': 'end' };
    group.append(
      svg('line', { class: 'axis-line', x1: x - 3, x2: x + 3, y1: y(at), y2: y(at) }),
      svg('text', { class: 'axis halo', y: y(at) + 4, ...side }, label.length > 12 ? `${label.slice(0, 11)}…` : label),
    );
  }
  const most = narrow ? 10 : 18;
  const title = axis.title.length > most ? `${axis.title.slice(0, most - 1)}…` : axis.title;
  // Names of neighbours would touch where there is little room: every other one stands higher.
  const rise = index % 2 === 1 ? 14 : 0;
  const anchor = narrow && isFirst ? 'start' : narrow && isLast ? 'end' : 'middle';
  const shift = { start: -32, end: 40, middle: 0 }[anchor];
  const place = { x: x + shift, y: margin.top - 8 - rise };
  group.append(svg('text', { class: 'label strong', 'text-anchor': anchor, ...place }, title));
  return { group, show };
}

/** `trial 14: valid_loss 0.482 · lr 0.00231 · batch-size 64`. */
export function trialWords({ axes, objective }: TuningView, trial: TrialView): string {
  const values = axes.map(({ name }, index) => {
    const value = trial.values[index];
    return `${name} ${typeof value === 'number' ? number(value) : (value ?? 'unknown')}`;
  });
  const reached = trial.objective === undefined ? trial.state : `${objective.metric} ${number(trial.objective)}`;
  return `trial ${trial.number}: ${[reached, ...values].join(' · ')}`;
}
