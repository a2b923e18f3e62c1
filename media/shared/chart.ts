import { scaleLinear, scaleLog } from 'd3-scale';
import { line as path } from 'd3-shape';
import { el, svg } from './dom.js';

export interface ChartData {
  readonly title: string;
  readonly lines: readonly {
    readonly name: string;
    readonly points: readonly { readonly x: number; readonly value: number }[];
  }[];
  readonly x: string;
  readonly logarithmic: boolean;
  readonly mark: { readonly line: string; readonly x: number; readonly value: number } | undefined;
}

const height = 180;
const margin = { top: 12, right: 120, bottom: 24, left: 48 };

/** Curves with their message as title, labelled at their ends, and the same as a table. */
export function chart(data: ChartData, width: number, asTable: boolean, toggle: () => void): HTMLElement {
  const button = el('button', { class: 'link', 'aria-pressed': asTable }, asTable ? 'Show as chart' : 'Show as table');
  button.addEventListener('click', toggle);
  const names = data.lines.map(({ name }) => name).join(', ');
  const scale = data.logarithmic ? ', logarithmic' : '';
  return el(
    'figure',
    { class: 'chart' },
    el(
      'figcaption',
      {},
      el('div', {}, el('h2', {}, data.title), el('p', { class: 'dim small' }, `${names} by ${data.x}${scale}`)),
      button,
    ),
    asTable ? table(data) : drawing(data, width),
  );
}

function drawing({ title, lines, x: xName, logarithmic, mark }: ChartData, width: number): SVGElement {
  const narrow = width < 480;
  const right = narrow ? 16 : margin.right;
  const xs = lines.flatMap(({ points }) => points.map(({ x }) => x));
  const values = lines.flatMap(({ points }) => points.map(({ value }) => value)).filter(Number.isFinite);
  const x = scaleLinear()
    .domain([Math.min(...xs), Math.max(...xs)])
    .range([margin.left, width - right]);
  const domain = [Math.min(...values), Math.max(...values)];
  const y = (logarithmic ? scaleLog() : scaleLinear())
    .domain(domain)
    .nice()
    .range([height - margin.bottom, margin.top]);
  const draw = path<{ x: number; value: number }>()
    .defined(({ value }) => Number.isFinite(value))
    .x((point) => x(point.x))
    .y((point) => y(point.value));
  const image = svg('svg', { width, height, viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': title });
  for (const tick of y.ticks(5).slice(0, 8)) {
    image.append(
      svg('line', { class: 'grid', x1: margin.left, x2: width - right, y1: y(tick), y2: y(tick) }),
      svg('text', { class: 'axis', x: margin.left - 8, y: y(tick) + 4, 'text-anchor': 'end' }, y.tickFormat(5)(tick)),
    );
  }
  for (const tick of x.ticks(6).filter(Number.isInteger)) {
    const text = tick === x.ticks(6).filter(Number.isInteger)[0] ? `${xName} ${tick}` : String(tick);
    image.append(svg('text', { class: 'axis', x: x(tick), y: height - 6, 'text-anchor': 'middle' }, text));
  }
  if (mark)
    image.append(
      svg('line', { class: 'mark', x1: x(mark.x), x2: x(mark.x), y1: margin.top, y2: height - margin.bottom }),
    );
  const labels = spread(lines.map(({ points }) => y(points.at(-1)?.value ?? 0)));
  lines.forEach(({ name, points }, index) => {
    const last = points.at(-1);
    image.append(svg('path', { class: `line tone${index % 4}`, d: draw([...points]) ?? '' }));
    if (points.length === 1 && last)
      image.append(svg('circle', { class: `dot tone${index % 4}`, cx: x(last.x), cy: y(last.value), r: 3 }));
    if (narrow || !last) return;
    const at = labels[index] ?? 0;
    const start = width - right + 8;
    image.append(
      svg('line', { class: `line tone${index % 4}`, x1: start, x2: start + 8, y1: at, y2: at }),
      svg('text', { class: 'label', x: start + 12, y: at + 4 }, name),
    );
  });
  if (mark)
    image.append(
      svg('circle', { class: 'best', cx: x(mark.x), cy: y(mark.value), r: 3.5 }),
      bestLabel(mark, x(mark.x), y(mark.value), width),
    );
  return image;
}

function bestLabel(mark: { readonly value: number }, x: number, y: number, width: number): SVGElement {
  const left = x > width / 2;
  const below = y < margin.top + 16;
  return svg(
    'text',
    { class: 'label', x: x + (left ? -8 : 8), y: y + (below ? 18 : -8), 'text-anchor': left ? 'end' : 'start' },
    mark.value.toPrecision(3),
  );
}

/** Labels that would lie on each other are moved apart. */
function spread(places: readonly number[]): number[] {
  const order = places.map((place, index) => ({ place, index })).sort((a, b) => a.place - b.place);
  let last = -Infinity;
  const moved: number[] = [];
  for (const { place, index } of order) {
    last = Math.max(place, last + 14);
    moved[index] = last;
  }
  return moved;
}

function table({ lines, x }: ChartData): HTMLElement {
  const rows = [...new Set(lines.flatMap(({ points }) => points.map((point) => point.x)))].sort((a, b) => a - b);
  return el(
    'div',
    { class: 'scroll', tabindex: 0 },
    el(
      'table',
      {},
      el(
        'thead',
        {},
        el(
          'tr',
          {},
          ...[x, ...lines.map(({ name }) => name)].map((title) => el('th', { scope: 'col', class: 'num' }, title)),
        ),
      ),
      el(
        'tbody',
        {},
        ...rows.map((at) =>
          el(
            'tr',
            {},
            el('td', { class: 'num' }, String(at)),
            ...lines.map(({ points }) =>
              el('td', { class: 'num' }, points.find((point) => point.x === at)?.value.toPrecision(4) ?? ''),
            ),
          ),
        ),
      ),
    ),
  );
}
