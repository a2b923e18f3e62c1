import { scaleLinear, scaleLog } from 'd3-scale';
import type { TrialView, TuningView } from '../../src/ui/panels/tuning.protocol.js';
import { el, svg } from '../shared/dom.js';
import { number } from '../shared/number.js';

const height = 220;
const margin = { top: 12, right: 16, bottom: 26, left: 52 };

/** Each trial's objective as a dot, and the best so far as a line. Marks of trials are classes: `markTrials`. */
export function curve({ trials, objective, progress, curveTitle }: TuningView, width: number): SVGElement {
  const image = svg('svg', { width, height, viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': curveTitle });
  const valued = trials.filter((trial) => trial.objective !== undefined);
  const values = valued.map((trial) => trial.objective!);
  if (values.length === 0) return image;
  const most = Math.max(2, trials.at(-1)?.number ?? 0, progress.total ?? 0);
  const x = scaleLinear()
    .domain([1, most])
    .range([margin.left, width - margin.right]);
  const foot = height - margin.bottom;
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const y = (objective.logarithmic ? scaleLog() : scaleLinear())
    .domain(low < high ? [low, high] : [low - 0.5, high + 0.5])
    .nice(5)
    .range([foot, margin.top]);
  const ticks = y.ticks(5);
  for (const tick of ticks.filter((_, index) => index % Math.ceil(ticks.length / 7) === 0)) {
    image.append(
      svg('line', { class: 'grid', x1: margin.left, x2: width - margin.right, y1: y(tick), y2: y(tick) }),
      svg('text', { class: 'axis', x: margin.left - 8, y: y(tick) + 4, 'text-anchor': 'end' }, number(tick)),
    );
  }
  const last = trials.at(-1)?.number ?? 1;
  if (last < most) {
    image.append(
      svg('rect', { class: 'to-come', x: x(last), y: margin.top, width: x(most) - x(last), height: foot - margin.top }),
      svg('text', { class: 'axis', x: Math.min(x(last) + 6, width - 64), y: margin.top + 12 }, 'to come'),
    );
  }
  const whole = x.ticks(6).filter(Number.isInteger);
  whole.forEach((tick, index) =>
    image.append(
      svg(
        'text',
        { class: 'axis', x: x(tick), y: height - 6, 'text-anchor': tick === most ? 'end' : 'middle' },
        index === 0 ? `trial ${tick}` : String(tick),
      ),
    ),
  );
  const { line, best } = bestLine(valued, objective.minimize, last, x, y);
  for (const { name, number: at, objective: value } of valued) {
    const title = svg('title', {}, `trial ${at}: ${objective.metric} ${number(value!)}`);
    image.append(svg('circle', { class: 'trial', 'data-trial': name, cx: x(at), cy: y(value!), r: 3 }, title));
  }
  for (const { number: at, name, failure } of trials.filter(({ state }) => state === 'Failed')) {
    const cross = `M${x(at) - 3} ${foot - 7}l6 6m0 -6l-6 6`;
    const title = svg('title', {}, `trial ${at} failed: ${failure ?? 'no reason was given'}`);
    image.append(svg('path', { class: 'failed', 'data-trial': name, d: cross }, title));
  }
  const isRight = x(best.number) > width / 2;
  const label = { x: x(best.number) + (isRight ? -8 : 8), 'text-anchor': isRight ? 'end' : 'start' };
  const isHigh = y(best.objective!) < margin.top + 24;
  image.append(
    svg('path', { class: 'line tone0', d: line }),
    svg('circle', { class: 'best', cx: x(best.number), cy: y(best.objective!), r: 4 }),
    svg('text', { class: 'label', y: y(best.objective!) + (isHigh ? 18 : -8), ...label }, number(best.objective!)),
  );
  return image;
}

function bestLine(
  valued: readonly TrialView[],
  minimize: boolean,
  last: number,
  x: (value: number) => number,
  y: (value: number) => number,
): { readonly line: string; readonly best: TrialView } {
  let best = valued[0]!;
  let line = `M${x(best.number)} ${y(best.objective!)}`;
  for (const trial of valued) {
    if (minimize ? trial.objective! >= best.objective! : trial.objective! <= best.objective!) continue;
    best = trial;
    line += `H${x(best.number)}V${y(best.objective!)}`;
  }
  return { line: `${line}H${x(last)}`, best };
}

/** The same in figures. */
export function curveTable({ trials, objective }: TuningView): HTMLElement {
  let best: number | undefined;
  const rows = trials.flatMap((trial) => {
    if (trial.objective === undefined) return [];
    best = best === undefined ? trial.objective : (objective.minimize ? Math.min : Math.max)(best, trial.objective);
    return [[String(trial.number), number(trial.objective), number(best)]];
  });
  const cells = (tag: 'td' | 'th', row: readonly string[]) =>
    row.map((text) => el(tag, { class: 'num', ...(tag === 'th' ? { scope: 'col' } : {}) }, text));
  return el(
    'div',
    { class: 'scroll', tabindex: 0 },
    el(
      'table',
      {},
      el('thead', {}, el('tr', {}, ...cells('th', ['Trial', objective.metric, 'Best so far']))),
      el('tbody', {}, ...rows.map((row) => el('tr', {}, ...cells('td', row)))),
    ),
  );
}
