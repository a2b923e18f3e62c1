import '@vscode-elements/elements/dist/vscode-button/index.js';
import type { FromPage, Picture, Target, ToPage } from '../../src/ui/panels/testBench.protocol.js';
import { el } from '../shared/dom.js';
import { Page } from '../shared/page.js';
import { Bodies } from './bodies.js';
import { onBrought } from './bringing.js';
import { chosenTemplate } from './event.js';
import { folderInput } from './folder.js';
import { imageInput, type InputActions, type Refusal, textInput, textProblem } from './input.js';
import { readGiven } from './picture.js';
import { showWhyNot } from './reason.js';
import { Results } from './results.js';
import { type HistoryEntry, type Kept, restored, type Tab } from './state.js';
import { Tabs } from './tabs.js';
import { Targeting } from './targeting.js';
import { takesEvent } from './targets.js';
import type { Pending } from './waiting.js';
import { whyNot } from './whyNot.js';
import '../shared/base.css';
import '../shared/chart.css';
import './testBench.css';
import './evidence.css';

class Bench {
  private readonly page = new Page<FromPage, ToPage, Kept>((message) => this.hear(message));
  private readonly now: Kept = restored(this.page.state);
  private readonly bodies = new Bodies(this.now.picture);
  private pending: Pending | undefined;
  /** A picture is being read or fetched. */
  private fetching: string | undefined;
  private refusal: Refusal | undefined;
  private readonly results = new Results(this.now, {
    say: (message) => this.page.say(message),
    keep: () => this.keep(),
    fetch: (url) => this.fetch(url),
    recall: (entry) => this.recall(entry),
    send: () => this.send(),
  });

  private readonly targeting = new Targeting(
    this.now,
    (message) => this.page.say(message),
    () => this.retarget(),
  );
  private readonly tabs = new Tabs((tab) => this.choose(tab));
  private readonly sendButton = el('vscode-button', { id: 'send', title: 'Enter, or Ctrl+Enter in a text' }, 'Send');
  private readonly reason = el('div', { class: 'reason', 'aria-live': 'polite' });
  private readonly input = el('div', { class: 'left', id: 'input', role: 'tabpanel' });
  private readonly mistake = el('div');

  constructor(root: Element) {
    const { target, other } = this.targeting;
    const end = el('div', { class: 'end' }, this.targeting.compare, this.sendButton);
    root.append(
      el('h1', { class: 'unseen-title' }, 'Test bench'),
      el('div', { class: 'bar' }, target.element, other.element, this.tabs.element, end),
      this.reason,
      el('div', { class: 'result' }, this.input, this.results.answer),
      this.results.evidence,
      this.results.history,
    );
    this.sendButton.addEventListener('click', () => this.send());
    addEventListener('keydown', (event) => this.key(event));
    onBrought((found) => (found instanceof File ? void this.take(found) : this.fetch(found.url)));
    this.targeting.askAgain();
    this.showInput();
    this.showOutcome();
    this.results.drawHistory();
  }

  private hear(message: ToPage): void {
    switch (message.type) {
      case 'targets':
        this.targeting.targets = message;
        return this.showTargets();
      case 'about':
        this.targeting.know(message);
        this.keep();
        return this.showTargets();
      case 'target':
        return this.targeting.aim(message.target);
      case 'picture':
        return void this.take(message);
      case 'noPicture':
        this.refusal = message.message
          ? { message: message.message, ...(this.fetching && { url: this.fetching }) }
          : undefined;
        this.fetching = undefined;
        this.showOutcome();
        return this.showInput();
      case 'sending': {
        const { id, phase, target, elapsed } = message;
        this.pending = {
          id,
          phase,
          target,
          timeout: this.targeting.about(target)?.timeout,
          since: performance.now() - elapsed,
        };
        return this.showOutcome();
      }
      case 'batch':
        this.now.batchResult = message;
        this.keep();
        return this.now.tab === 'folder' ? this.showOutcome() : undefined;
      case 'cellImages':
        this.results.showCell(message);
        return this.showOutcome();
      case 'comparison':
      case 'answer':
      case 'failure':
        // What was overtaken is not waited for.
        if (this.results.knows(message.id) || (this.pending ?? message).id !== message.id) return;
        this.results.add(message);
        return this.finish();
      case 'cancelled':
        // What was shown before is shown again.
        if (this.pending?.id !== message.id) return;
        this.results.cancelled(this.pending.target);
        this.finish();
    }
  }

  private finish(): void {
    this.pending = undefined;
    this.showOutcome();
  }

  /** A picture was given: it is sent at once, unless nobody can see what it is. */
  private async take(given: File | Picture): Promise<void> {
    this.fetching = this.refusal = undefined;
    try {
      this.now.picture = this.bodies.add(await readGiven(given));
      this.now.place = given instanceof File ? undefined : given.place;
      this.results.clear();
      this.choose('image');
      // What still runs is overtaken.
      this.pending = undefined;
      if (this.now.picture.dimensions) this.send();
    } catch (error) {
      this.refusal = { message: error instanceof Error ? error.message : String(error) };
      this.choose('image');
    }
    this.showOutcome();
  }

  private fetch(url: string): void {
    this.fetching = url;
    this.refusal = undefined;
    this.page.say({ type: 'fetch', url });
    this.showOutcome();
  }

  private send(): void {
    const { tab, target, other, picture, text } = this.now;
    if (!target || whyNot(this.now, this.targeting.targets) !== undefined || this.pending) return;
    const id = Date.now();
    if (tab === 'folder') return this.sendFolder(id, target);
    if (tab === 'image' && !picture) return;
    if (tab !== 'image') {
      const mistake = textProblem(this.now, tab);
      this.mistake.replaceChildren(...(mistake ? [mistake] : []));
      if (mistake) return;
    }
    const input = this.bodies.input(this.now, this.targeting.events());
    this.page.say({ type: 'send', id, target, ...(other && { other }), input });
    this.now.sent = tab === 'image' ? { tab, picture } : { tab, text: text[tab].slice(0, 20_000) };
    this.keep();
    this.pending = {
      id,
      phase: 'answer',
      target,
      timeout: this.targeting.about(target)?.timeout,
      since: performance.now(),
    };
    this.showOutcome();
  }

  private sendFolder(id: number, target: Target): void {
    if (this.now.batchResult?.state === 'running') return;
    const events = this.targeting.events();
    const event = events && chosenTemplate(this.now, events)?.text;
    const { batch, imageType: contentType } = this.now;
    this.results.showCell(undefined);
    this.page.say({ type: 'batch', id, target, ...batch, contentType, ...(event !== undefined && { event }) });
  }

  private choose(tab: Tab): void {
    this.now.tab = tab;
    this.keep();
    this.showInput();
    this.showOutcome();
  }

  private key(event: KeyboardEvent): void {
    const running = this.pending ?? this.fetching ?? (this.now.batchResult?.state === 'running' || undefined);
    if (event.key === 'Escape' && running !== undefined) return this.page.say({ type: 'cancel' });
    const at = event.target instanceof Element ? event.target : undefined;
    const acts = at?.closest('button, a, select, input, textarea, vscode-button, [tabindex="0"]');
    const { place, tab } = this.now;
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step !== undefined && !acts && place && tab === 'image') return this.browse(place.folder, place.index + step);
    if (event.key !== 'Enter' || event.defaultPrevented) return;
    if (!acts || event.ctrlKey || event.metaKey) this.send();
  }

  private browse(folder: string, index: number): void {
    const { place } = this.now;
    if (index >= 0 && (place?.folder !== folder || index < place.count))
      this.page.say({ type: 'browse', folder, index });
  }

  private keep(): void {
    this.page.state = this.now;
  }

  /** Nothing is taken from under the hands of somebody who writes. */
  private showTargets(): void {
    const writes =
      this.input.contains(document.activeElement) && document.activeElement?.matches('textarea, input, select');
    if (writes) {
      this.targeting.draw();
      this.showReason();
    } else this.showInput();
  }

  private retarget(): void {
    this.keep();
    this.showInput();
  }

  private showReason(): void {
    const why = whyNot(this.now, this.targeting.targets);
    const busy = this.pending !== undefined || (this.now.tab === 'folder' && this.now.batchResult?.state === 'running');
    this.sendButton.toggleAttribute('disabled', why !== undefined || busy);
    this.reason.replaceChildren(...(busy ? [] : showWhyNot(why, this.targeting.targets, (it) => this.page.say(it))));
  }

  private showInput(): void {
    const { tab } = this.now;
    this.tabs.show(tab, takesEvent(this.now.target));
    this.input.setAttribute('aria-labelledby', `tab-${tab}`);
    this.mistake.replaceChildren();
    const events = this.targeting.events();
    const actions = this.inputActions();
    const shown = {
      image: () => imageInput(this.now, this.targeting.targets, events, this.refusal, actions),
      json: () => textInput(this.now, 'json', events, actions),
      csv: () => textInput(this.now, 'csv', undefined, actions),
      folder: () => folderInput(this.now, this.targeting.targets, events, actions),
    };
    this.input.classList.toggle('text', tab === 'json' || tab === 'csv');
    this.input.replaceChildren(...shown[tab](), this.mistake);
    this.targeting.draw();
    this.showReason();
  }

  private inputActions(): InputActions & { chooseFolder(): void } {
    return {
      choose: () => this.page.say({ type: 'choose' }),
      chooseFolder: () => this.page.say({ type: 'chooseFolder' }),
      fetch: (url) => this.fetch(url),
      browse: (folder, index) => this.browse(folder, index),
      edit: (template) => {
        this.now.text.json = template;
        this.refusal = undefined;
        this.choose('json');
        document.querySelector('textarea')?.focus();
      },
      changed: () => {
        this.mistake.replaceChildren();
        this.keep();
        this.showReason();
      },
      redraw: () => {
        this.keep();
        this.showInput();
      },
    };
  }

  private showOutcome(): void {
    this.showReason();
    this.results.draw(this.pending, this.fetching);
  }

  /** The input of an earlier send, once more. */
  private recall(entry: HistoryEntry): boolean {
    if (this.pending) return false;
    if (entry.tab === 'image') this.now.picture = entry.picture && this.bodies.withBytes(entry.picture);
    else this.now.text[entry.tab] = entry.text ?? '';
    this.now.place = this.refusal = undefined;
    this.choose(entry.tab);
    return true;
  }
}

const root = document.querySelector('#root');
if (root) new Bench(root);
