import '@vscode-elements/elements/dist/vscode-button/index.js';
import {
  type FromPage,
  type Outcome,
  type Picture,
  type Targets,
  type ToPage,
} from '../../src/ui/panels/testBench.protocol.js';
import { el } from '../shared/dom.js';
import { Page } from '../shared/page.js';
import { showAnswer, showFailure } from './answer.js';
import { onBrought } from './bringing.js';
import { historyTable, inputName } from './history.js';
import { imageInput, textInput, textProblem } from './input.js';
import { readGiven } from './picture.js';
import { fromBase64, kept, type Kept, type KeptPicture, nothingYet, type Tab, toBase64, withEntry } from './state.js';
import { type Pending, showWaiting, type Waiting } from './waiting.js';
import { showWhyNot, whyNot } from './whyNot.js';
import '../shared/base.css';
import './testBench.css';

const tabs: readonly [Tab, string][] = [['image', 'Image'], ['json', 'JSON'], ['csv', 'CSV']]; // prettier-ignore

/** Pictures whose bytes are kept for the history: 6 MB each at most. */
const mostBodies = 8;

class Bench {
  private readonly page = new Page<FromPage, ToPage, Kept>((message) => this.hear(message));
  private readonly now: Kept = { ...structuredClone(nothingYet), ...this.page.state };
  private targets: Targets = { type: 'targets', targets: [], status: 'reading', connection: '' };
  /** Bytes by the key of their picture. */
  private readonly bodies = new Map<number, Uint8Array<ArrayBuffer>>();
  private pending: Pending | undefined;
  /** A picture is being read or fetched. */
  private fetching: string | undefined;
  private problem: string | undefined;
  /** The whole of what `now.outcome` keeps a part of. */
  private outcome: Outcome | undefined = this.now.outcome;
  private waiting: Waiting | undefined;

  private readonly target = el('select', { id: 'target', 'aria-label': 'Endpoint' });
  private readonly tabs = tabs.map(([tab, name]) => {
    const button = el('button', { type: 'button', role: 'tab', id: `tab-${tab}`, 'aria-controls': 'input' }, name);
    button.addEventListener('click', () => this.choose(tab));
    return button;
  });
  private readonly sendButton = el('vscode-button', { id: 'send', title: 'Enter, or Ctrl+Enter in a text' }, 'Send');
  private readonly reason = el('div', { class: 'reason', 'aria-live': 'polite' });
  private readonly input = el('div', { class: 'left', id: 'input', role: 'tabpanel' });
  private readonly mistake = el('div');
  private readonly answer = el('div', { class: 'ans', 'aria-live': 'polite' });
  private readonly history = el('section', { class: 'rule' });

  constructor(root: Element) {
    const { picture } = this.now;
    if (picture?.base64 !== undefined) this.bodies.set(picture.key, fromBase64(picture.base64));
    const seg = el('div', { class: 'seg', role: 'tablist', 'aria-label': 'Input' }, ...this.tabs);
    const end = el('div', { class: 'end' }, this.sendButton);
    root.append(
      el('h1', { class: 'unseen-title' }, 'Test bench'),
      el('div', { class: 'bar' }, this.target, seg, end),
      this.reason,
      el('div', { class: 'result' }, this.input, this.answer),
      this.history,
    );
    this.target.addEventListener('change', () => {
      this.now.target = this.target.value;
      this.page.say({ type: 'select', target: this.now.target });
      this.keep();
      this.showReason();
    });
    seg.addEventListener('keydown', (event) => this.moveTab(event));
    this.sendButton.addEventListener('click', () => this.send());
    addEventListener('keydown', (event) => this.key(event));
    onBrought((found) => (found instanceof File ? void this.take(found) : this.fetch(found.url)));
    this.showTargets();
    this.showInput();
    this.showOutcome();
    this.showHistory();
  }

  private hear(message: ToPage): void {
    switch (message.type) {
      case 'targets':
        this.targets = message;
        return this.showTargets();
      case 'target':
        this.now.target = message.name;
        this.keep();
        return this.showTargets();
      case 'picture':
        return void this.take(message);
      case 'noPicture':
        this.fetching = undefined;
        this.problem = message.message || undefined;
        this.showOutcome();
        return this.showInput();
      case 'sending':
        this.pending = { id: message.id, phase: message.phase, since: performance.now() - message.elapsed };
        return this.showOutcome();
      case 'cancelled':
        if (this.pending?.id === message.id) this.finish(undefined);
        return;
      case 'answer':
      case 'failure':
        // A page that comes back is told again what it may know already; and what was overtaken is not waited for.
        if (message.id !== this.now.outcome?.id && (this.pending ?? message).id === message.id) this.finish(message);
    }
  }

  /** The end of a send; a cancelled one has no outcome, and what was shown before is shown again. */
  private finish(outcome: Outcome | undefined): void {
    if (outcome) {
      const { sent } = this.now;
      this.outcome = outcome;
      this.now.outcome = kept(outcome);
      this.now.input = inputName(sent);
      this.now.history = withEntry(this.now.history, { ...sent, outcome });
    }
    this.pending = undefined;
    this.keep();
    this.showOutcome();
    this.showHistory();
  }

  /** A picture was given: it is sent at once, unless nobody can see what it is. */
  private async take(given: File | Picture): Promise<void> {
    this.fetching = undefined;
    this.problem = undefined;
    try {
      const { body, ...shown } = await readGiven(given);
      const key = Date.now();
      this.bodies.set(key, body);
      for (const old of [...this.bodies.keys()].slice(0, -mostBodies)) this.bodies.delete(old);
      const base64 = toBase64(body);
      this.now.picture = { ...shown, key, ...(base64 !== undefined && { base64 }) };
      this.now.outcome = this.outcome = undefined;
      this.choose('image');
      // What still runs is overtaken.
      this.pending = undefined;
      if (shown.dimensions) this.send();
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error);
      this.choose('image');
    }
    this.showOutcome();
  }

  /** A picture of the history, as one that outlives the page where its bytes are few. */
  private withBytes(picture: KeptPicture): KeptPicture {
    const body = this.bodies.get(picture.key);
    const base64 = body && toBase64(body);
    return { ...picture, ...(base64 !== undefined && { base64 }) };
  }

  private fetch(url: string): void {
    this.fetching = url;
    this.problem = undefined;
    this.page.say({ type: 'fetch', url });
    this.showOutcome();
  }

  private send(): void {
    if (whyNot(this.now, this.targets) !== undefined || this.pending) return;
    const { tab, target, picture, imageType } = this.now;
    const id = Date.now();
    if (tab === 'image') {
      if (!picture) return;
      const body = this.bodies.get(picture.key);
      const known = picture.expected === undefined ? {} : { expected: picture.expected };
      const accept = 'application/json';
      const input = { contentType: imageType, accept, key: picture.key, ...(body && { body }), ...known };
      this.page.say({ type: 'send', id, target, ...input });
    } else {
      const mistake = textProblem(this.now, tab);
      this.mistake.replaceChildren(...(mistake ? [mistake] : []));
      if (mistake) return;
      const body = new TextEncoder().encode(this.now.text[tab]);
      const { contentType, accept } = this.now;
      this.page.say({ type: 'send', id, target, contentType: contentType[tab], accept: accept[tab], body });
    }
    this.now.sent = tab === 'image' ? { tab, picture } : { tab, text: this.now.text[tab].slice(0, 20_000) };
    this.keep();
    this.pending = { id, phase: 'answer', since: performance.now() };
    this.showOutcome();
  }

  private choose(tab: Tab): void {
    this.now.tab = tab;
    this.keep();
    this.showInput();
  }

  private moveTab(event: KeyboardEvent): void {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step === undefined) return;
    const index = tabs.findIndex(([tab]) => tab === this.now.tab);
    const next = (index + step + tabs.length) % tabs.length;
    this.choose(tabs[next]![0]);
    this.tabs[next]?.focus();
  }

  private key(event: KeyboardEvent): void {
    if (event.key === 'Escape' && (this.pending || this.fetching !== undefined)) return this.cancel();
    if (event.key !== 'Enter' || event.defaultPrevented) return;
    const acts =
      event.target instanceof Element && event.target.closest('button, a, select, input, textarea, vscode-button');
    if (!acts || event.ctrlKey || event.metaKey) this.send();
  }

  private cancel(): void {
    this.page.say({ type: 'cancel' });
  }

  private keep(): void {
    this.page.state = this.now;
  }

  private showTargets(): void {
    const { targets, status } = this.targets;
    if (this.now.target === '' && targets[0] !== undefined) {
      this.now.target = targets[0];
      this.page.say({ type: 'select', target: targets[0] });
    }
    const { target } = this.now;
    // A target that has gone stays to be seen, but cannot be sent to.
    const names = targets.includes(target) || target === '' ? targets : [target, ...targets];
    const away = (name: string) => (status === 'read' && !targets.includes(name) ? `${name} (not in service)` : name);
    const options = names.map((name) => el('option', { value: name, selected: name === target }, away(name)));
    this.target.replaceChildren(...(options.length > 0 ? options : [el('option', { value: '' }, 'No endpoint')]));
    this.target.disabled = names.length === 0;
    this.showReason();
  }

  private showReason(): void {
    const why = whyNot(this.now, this.targets);
    this.sendButton.toggleAttribute('disabled', why !== undefined || this.pending !== undefined);
    this.reason.replaceChildren(...(this.pending ? [] : showWhyNot(why, this.targets, (it) => this.page.say(it))));
  }

  private showInput(): void {
    const { tab } = this.now;
    this.tabs.forEach((button, index) => {
      const selected = tabs[index]?.[0] === tab;
      button.setAttribute('aria-selected', String(selected));
      button.tabIndex = selected ? 0 : -1;
    });
    this.input.setAttribute('aria-labelledby', `tab-${tab}`);
    this.mistake.replaceChildren();
    const actions = {
      choose: () => this.page.say({ type: 'choose' }),
      fetch: (url: string) => this.fetch(url),
      changed: () => {
        this.mistake.replaceChildren();
        this.keep();
        this.showReason();
      },
    };
    this.input.classList.toggle('text', tab !== 'image');
    this.input.replaceChildren(
      ...(tab === 'image' ? imageInput(this.now, this.problem, actions) : textInput(this.now, tab, actions)),
      this.mistake,
    );
    this.showReason();
  }

  private showOutcome(): void {
    this.waiting?.stop();
    this.waiting = undefined;
    this.showReason();
    const waits = this.pending !== undefined || this.fetching !== undefined;
    this.answer.setAttribute('aria-busy', String(waits));
    if (waits) {
      this.waiting = showWaiting(this.pending, this.fetching ?? '', () => this.cancel());
      return this.answer.replaceChildren(...this.waiting.shown);
    }
    const actions = {
      copy: (text: string) => this.page.say({ type: 'copy', text }),
      showLog: (target: string) => this.page.say({ type: 'showLog', target }),
      deploy: () => this.page.say({ type: 'deploy' }),
    };
    const { outcome } = this;
    const empty = el('p', { class: 'dim empty' }, 'The answer appears here.');
    this.answer.replaceChildren(
      ...(!outcome
        ? [empty]
        : outcome.type === 'answer'
          ? showAnswer(outcome, this.now.input, actions)
          : showFailure(outcome, actions)),
    );
  }

  private showHistory(): void {
    this.history.hidden = this.now.history.length === 0;
    const show = (index: number) => {
      const entry = this.now.history[index];
      if (!entry || this.pending) return;
      this.outcome = this.now.outcome = entry.outcome;
      this.now.input = inputName(entry);
      if (entry.tab === 'image') this.now.picture = entry.picture && this.withBytes(entry.picture);
      else this.now.text[entry.tab] = entry.text ?? '';
      this.problem = undefined;
      this.choose(entry.tab);
      this.showOutcome();
      this.showHistory();
    };
    const clear = () => {
      this.now.history = [];
      this.keep();
      this.showHistory();
    };
    this.history.replaceChildren(...historyTable(this.now.history, this.now.outcome?.id, show, clear));
  }
}

const root = document.querySelector('#root');
if (root) new Bench(root);
