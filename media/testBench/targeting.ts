import type { About, FromPage, Target, Targets } from '../../src/ui/panels/testBench.protocol.js';
import { el } from '../shared/dom.js';
import { type EventTemplates, templatesOf } from './event.js';
import type { Kept } from './state.js';
import { TargetPicker } from './targetPicker.js';
import { choices, isSame, keyOf, takesEvent } from './targets.js';

/** Who is asked, and with whom that is compared: what there is to choose, and what is known of what was chosen. */
export class Targeting {
  targets: Targets = {
    ...{ type: 'targets', status: 'reading', connection: '' },
    ...{ endpoints: [], functions: [], scripts: [], folders: [] },
  };
  /** By the key of their targets. */
  private readonly abouts = new Map<string, About>();
  /** Functions of which no alias and no version was chosen: the target, what it is compared with. */
  private readonly unchosen = { target: false, other: false };
  readonly target = new TargetPicker('target', 'Target', (target, part) => this.aim(target, part));
  readonly other = new TargetPicker('other', 'Compared with', (target, part) => this.compareWith(target, part), 'with');
  readonly compare = el('button', { type: 'button', class: 'link compare', 'aria-pressed': 'false' }, 'Compare');

  /** @param changed told when somebody has chosen; what is shown of it is drawn by `draw` */
  constructor(
    private readonly now: Kept,
    private readonly say: (message: FromPage) => void,
    private readonly changed: () => void,
  ) {
    this.compare.addEventListener('click', () => this.compareWith(now.other ? undefined : this.likelyOther()));
  }

  /** To a page that has come back. */
  askAgain(): void {
    for (const target of [this.now.target, this.now.other]) if (target) this.say({ type: 'describe', target });
  }

  know(about: About): void {
    const { target, usual } = about;
    const { now } = this;
    this.abouts.set(keyOf(target), about);
    if (usual === undefined) return;
    // Callers of a function use its alias, so that is what is tested unless somebody wants another part of it.
    for (const place of ['target', 'other'] as const) {
      const asked = now[place];
      if (this.unchosen[place] && asked?.kind === 'function' && isSame(target, asked))
        now[place] = { ...asked, qualifier: asked.qualifier ?? usual };
    }
  }

  /** @param part whether its variant, alias or version was chosen, if only `$LATEST` */
  aim(target: Target, part = false): void {
    this.unchosen.target = !part;
    this.now.target = target;
    if (isSame(target, this.now.other)) this.now.other = undefined;
    this.say({ type: 'select', target });
    this.changed();
  }

  about(target: Target | undefined): About | undefined {
    return target && this.abouts.get(keyOf(target));
  }

  /** How the target takes a picture; undefined where that is its body. */
  events(): EventTemplates | undefined {
    const { target } = this.now;
    return takesEvent(target) ? templatesOf(this.about(target)) : undefined;
  }

  draw(): void {
    const [first] = choices(this.targets);
    if (!this.now.target && first && this.targets.status !== 'reading') return this.aim(first);
    const { target, other, tab } = this.now;
    this.target.show(target, this.targets, this.about(target));
    this.other.show(other, this.targets, this.about(other));
    this.other.element.hidden = !other || tab === 'folder';
    this.compare.hidden = tab === 'folder' || !(other ?? this.likelyOther());
    this.compare.setAttribute('aria-pressed', String(other !== undefined));
    this.compare.textContent = other ? 'Compare no more' : 'Compare';
  }

  private compareWith(target: Target | undefined, part = false): void {
    this.unchosen.other = !part;
    this.now.other = target;
    if (target) this.say({ type: 'describe', target });
    this.changed();
  }

  /** The first that is not the target itself. */
  private likelyOther(): Target | undefined {
    return choices(this.targets).find((one) => !isSame(one, this.now.target));
  }
}
