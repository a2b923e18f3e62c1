/**
 * The parts of a page, each drawn from what it was told. A running job brings a view each second: a part that says the
 * same stays as it is, so that nobody loses the focus, the scroll position or a selection because a clock went on.
 */
export class Parts {
  private readonly drawn = new Map<string, { readonly from: string; readonly element: HTMLElement }>();

  constructor(private readonly root: Element) {}

  /** The part of this name: as it was when `from` says the same, made anew otherwise. */
  part(name: string, from: unknown, make: () => HTMLElement): HTMLElement {
    // What is not there is something to be drawn from as well: it has no JSON of its own.
    const text = JSON.stringify(from ?? null);
    const known = this.drawn.get(name);
    if (known && known.from === text) return known.element;
    const element = make();
    this.drawn.set(name, { from: text, element });
    return element;
  }

  /** Shows these, in this order. The element that had the focus has it again, by its id. */
  show(parts: readonly HTMLElement[]): void {
    const focused = document.activeElement?.id;
    // What stays is not moved: an element that is put in again loses its focus.
    parts.forEach((element, index) => {
      const there = this.root.children[index];
      if (!there) this.root.append(element);
      else if (there !== element) there.replaceWith(element);
    });
    if (focused) document.getElementById(focused)?.focus();
  }
}
