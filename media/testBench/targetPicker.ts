import type { About, Target, Targets } from '../../src/ui/panels/testBench.protocol.js';
import { el } from '../shared/dom.js';
import { choices, isSame, nameOf, wholeOf } from './targets.js';

const groups: readonly [Target['kind'], string][] = [
  ['endpoint', 'Endpoints'],
  ['function', 'Functions'],
  ['script', 'Scripts, run here without any cloud'],
];

/** One list of all targets in groups, and beside it a list of its variants, or aliases and versions. */
export class TargetPicker {
  private readonly select: HTMLSelectElement;
  private readonly part: HTMLSelectElement;
  readonly element: HTMLElement;
  private listed: readonly Target[] = [];
  private current: Target | undefined;

  /** @param chosen told the target, and whether its part was chosen, too @param before a word in front of it */
  constructor(id: string, label: string, chosen: (target: Target, whole: boolean) => void, before?: string) {
    this.select = el('select', { id, 'aria-label': label });
    this.part = el('select', { id: `${id}-part` });
    this.element = el(
      'div',
      { class: 'target' },
      before && el('span', { class: 'with' }, before),
      this.select,
      this.part,
    );
    this.select.addEventListener('change', () => {
      const target = this.listed[Number(this.select.value)];
      if (target) chosen(target, false);
    });
    this.part.addEventListener('change', () => {
      const whole = this.current && wholeOf(this.current);
      const { value } = this.part;
      if (whole?.kind === 'endpoint') chosen(value === '' ? whole : { ...whole, variant: value }, true);
      if (whole?.kind === 'function') chosen(value === '' ? whole : { ...whole, qualifier: value }, true);
    });
  }

  show(current: Target | undefined, targets: Targets, about: About | undefined): void {
    this.current = current;
    const there = choices(targets);
    const away = current && !there.some((target) => isSame(target, current));
    // A target that has gone stays to be seen, but cannot be sent to.
    this.listed = away ? [wholeOf(current), ...there] : there;
    const label = (target: Target) => {
      const script = targets.scripts.find((one) => isSame(one.target, target))?.label;
      const isAway = away && isSame(target, current) && (target.kind === 'script' || targets.status === 'read');
      return `${script || nameOf(target)}${isAway ? (target.kind === 'script' ? ' (gone)' : ' (not in service)') : ''}`;
    };
    const grouped = groups.flatMap(([kind, title]) => {
      const options = this.listed.flatMap((target, index) =>
        target.kind === kind ? [el('option', { value: index, selected: isSame(target, current) }, label(target))] : [],
      );
      return options.length > 0 ? [el('optgroup', { label: title }, ...options)] : [];
    });
    this.select.replaceChildren(
      ...(current ? [] : [el('option', { value: '', selected: true }, 'Choose a target')]),
      ...grouped,
    );
    this.select.disabled = this.listed.length === 0;
    this.showPart(current, about);
  }

  private showPart(current: Target | undefined, about: About | undefined): void {
    const value = current?.kind === 'endpoint' ? current.variant : current?.kind === 'function' && current.qualifier;
    const known = about?.parts ?? [];
    // What is chosen stays to be seen while it is not known yet, or not any more.
    const parts = value && !known.some((part) => part.value === value) ? [{ value, label: value }, ...known] : known;
    const any = current?.kind === 'endpoint' ? 'by its weights' : '$LATEST';
    this.part.hidden = parts.length === 0;
    this.part.setAttribute('aria-label', current?.kind === 'endpoint' ? 'Variant' : 'Alias or version');
    this.part.replaceChildren(
      el('option', { value: '', selected: !value }, any),
      ...parts.map((part) => el('option', { value: part.value, selected: part.value === value }, part.label)),
    );
  }
}
