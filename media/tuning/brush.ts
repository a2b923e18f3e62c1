import { svg } from '../shared/dom.js';
import type { Axis } from './axes.js';
import type { Brush } from './choices.js';

type Told = (key: string, brush: Brush | undefined, isDone: boolean) => void;

/**
 * An axis that can be brushed. By pointer: drag over it, drag the brush, click beside it to take it away. By keyboard, as
 * a slider: arrows move the brush, with Shift they make it larger or smaller, Delete takes it away.
 */
export function brushable(axis: Axis, index: number, x: number, y: (place: number) => number, told: Told) {
  const bar = svg('rect', { class: 'brush', x: x - 8, width: 16, rx: 2 });
  const area = { x: x - 16, y: y(1) - 6, width: 32, height: y(0) - y(1) + 12 };
  const group = svg(
    'g',
    {
      ...{ id: `axis-${index}`, class: 'brushable', tabindex: 0, role: 'slider', 'aria-orientation': 'vertical' },
      ...{ 'aria-label': `Brush on ${axis.title}`, 'aria-valuemin': 0, 'aria-valuemax': 100 },
    },
    svg('rect', { class: 'area', ...area }),
    bar,
  );
  let current: readonly [number, number] | undefined;
  const set = (from: number, to: number, isDone: boolean): void => {
    const [low, high] = [Math.max(0, Math.min(from, to)), Math.min(1, Math.max(from, to))];
    const brush = axis.brush(low, high);
    // Between two categories there is none.
    told(axis.key, 'values' in brush && brush.values.length === 0 ? undefined : brush, isDone);
  };

  const placeAt = (event: PointerEvent): number => {
    const box = group.ownerSVGElement!.getBoundingClientRect();
    return (y(0) - (event.clientY - box.top)) / (y(0) - y(1));
  };
  group.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return;
    group.setPointerCapture(event.pointerId);
    const start = placeAt(event);
    const grabbed = current && start >= current[0] && start <= current[1] ? current : undefined;
    let last = start;
    const span = (at: number): readonly [number, number] => {
      if (!grabbed) return [start, at];
      const by = Math.min(1 - grabbed[1], Math.max(-grabbed[0], at - start));
      return [grabbed[0] + by, grabbed[1] + by];
    };
    const move = (moved: PointerEvent): void => {
      last = placeAt(moved);
      set(...span(last), false);
    };
    const end = (): void => {
      group.removeEventListener('pointermove', move);
      group.removeEventListener('pointerup', end);
      group.removeEventListener('pointercancel', end);
      if (Math.abs(last - start) > 0.01) set(...span(last), true);
      else told(axis.key, grabbed && current && axis.brush(...current), true);
    };
    group.addEventListener('pointermove', move);
    group.addEventListener('pointerup', end);
    group.addEventListener('pointercancel', end);
  });

  group.addEventListener('keydown', (event) => {
    const step = axis.step * ({ ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1 }[event.key] ?? 0);
    if (event.key === 'Delete' || event.key === 'Backspace') told(axis.key, undefined, true);
    else if (step === 0) return;
    else if (!current) set(1 - axis.first, 1, true);
    else if (event.shiftKey) set(current[0], Math.max(current[0], current[1] + step), true);
    else {
      const by = Math.min(1 - current[1], Math.max(-current[0], step));
      set(current[0] + by, current[1] + by, true);
    }
    event.preventDefault();
  });

  const show = (brush: Brush | undefined, shown: number, all: number): void => {
    current = brush && axis.span(brush);
    const [from, to] = current ?? [0, 0];
    bar.setAttribute('y', String(y(to)));
    bar.setAttribute('height', String(current ? Math.max(2, y(from) - y(to)) : 0));
    group.setAttribute('aria-valuenow', String(Math.round(50 * (from + to))));
    const words = brush ? axis.words(brush) : 'everything';
    group.setAttribute('aria-valuetext', `${words}: ${shown} of ${all} trials`);
  };
  return { group, show };
}
