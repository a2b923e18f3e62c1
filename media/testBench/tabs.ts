import { el } from '../shared/dom.js';
import type { Tab } from './state.js';

const names: readonly [Tab, string][] = [['image', 'Image'], ['json', 'JSON'], ['csv', 'CSV'], ['folder', 'Folder']]; // prettier-ignore

/** What is sent: a tab list by ARIA's pattern. */
export class Tabs {
  private readonly buttons = names.map(([tab, name]) => {
    const button = el('button', { type: 'button', role: 'tab', id: `tab-${tab}`, 'aria-controls': 'input' }, name);
    button.addEventListener('click', () => this.chosen(tab));
    return button;
  });
  readonly element = el('div', { class: 'seg', role: 'tablist', 'aria-label': 'Input' }, ...this.buttons);

  constructor(private readonly chosen: (tab: Tab) => void) {
    this.element.addEventListener('keydown', (event) => this.move(event));
  }

  /** @param event whether what is written in JSON is an event: there is no CSV then */
  show(current: Tab, event: boolean): void {
    this.buttons.forEach((button, index) => {
      const [tab, name] = names[index]!;
      const selected = tab === current;
      button.setAttribute('aria-selected', String(selected));
      button.tabIndex = selected ? 0 : -1;
      button.hidden = tab === 'csv' && event && !selected;
      button.textContent = tab === 'json' && event ? 'Event' : name;
    });
  }

  private move(event: KeyboardEvent): void {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    const there = this.buttons.filter(({ hidden }) => !hidden);
    const index = there.findIndex((button) => button.getAttribute('aria-selected') === 'true');
    const next = there[(index + step + there.length) % there.length];
    next?.click();
    next?.focus();
  }
}
